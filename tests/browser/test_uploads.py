"""A person's own pictures: as photo, as sketch, dropped, refused."""

import base64
import io
import json
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageDraw

from tests.browser.sheet import CIRCLE, LINE, Sheet

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload

pytestmark = pytest.mark.real

DROP = """([name, type, base64]) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], name, { type }));
    for (const kind of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
}"""

PASTE = """([name, type, base64]) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([bytes], name, { type }));
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""


def photo(side: int = 300) -> "FilePayload":
    """A green hill under a blue sky."""
    picture = Image.new("RGB", (side, side), "#4a7fc9")
    ImageDraw.Draw(picture).ellipse((0, side // 2, side, 2 * side), fill="#3f7d2f")
    return {"name": "hill.jpg", "mimeType": "image/jpeg", "buffer": encoded(picture, "JPEG")}


def scan() -> "FilePayload":
    """Dark lines on white paper."""
    picture = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(picture).ellipse((60, 60, 240, 240), outline="black", width=5)
    return {"name": "scan.png", "mimeType": "image/png", "buffer": encoded(picture, "PNG")}


def encoded(picture: Image.Image, kind: str) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind)
    return stream.getvalue()


def test_a_photo_is_searched_with_and_may_be_taken_for_a_sketch(sheet: Sheet) -> None:
    page = sheet.page
    with page.expect_request("**/v1/search") as first:
        page.locator("#file").set_input_files(photo())
    body = json.loads(first.value.post_data or "")
    assert base64.b64decode(body["photo"]["picture"]) == photo()["buffer"]
    page.locator(".tile").first.wait_for()

    with page.expect_request("**/v1/search") as second:
        page.locator(".segments").get_by_role("button", name="Sketch").click()
    body = json.loads(second.value.post_data or "")
    assert "photo" not in body
    assert body["sketch"]["picture"]


def test_a_scan_is_guessed_to_be_a_sketch_and_strokes_take_its_place(sheet: Sheet) -> None:
    page = sheet.page
    sheet.draw(LINE)
    with page.expect_request(lambda request: "picture" in (request.post_data or "")) as scanned:
        page.locator("#file").set_input_files(scan())
    body = json.loads(scanned.value.post_data or "")
    assert list(body["sketch"]) == ["picture"]
    sheet.has_strokes(0)
    page.locator("#backing:not(.faint)").wait_for()

    with page.expect_request(lambda request: "strokes" in (request.post_data or "")):
        sheet.draw(CIRCLE)
    page.locator("#backing.faint").wait_for()
    page.get_by_text("Tracing paper").wait_for()


def test_a_big_photo_is_made_small_before_it_goes_with_every_stroke(sheet: Sheet) -> None:
    noisy = Image.effect_noise((2400, 1600), 80).convert("RGB")

    with sheet.page.expect_request("**/v1/search") as sent:
        file: FilePayload = {"name": "big.jpg", "mimeType": "image/jpeg", "buffer": encoded(noisy, "JPEG")}
        sheet.page.locator("#file").set_input_files(file)

    picture = Image.open(io.BytesIO(base64.b64decode(json.loads(sent.value.post_data or "")["photo"]["picture"])))
    assert picture.size == (1024, 683)


@pytest.mark.parametrize("way", [DROP, PASTE], ids=["dropped", "pasted"])
def test_a_picture_comes_by_drag_and_drop_or_from_the_clipboard(sheet: Sheet, way: str) -> None:
    file = photo()
    with sheet.page.expect_request("**/v1/search") as sent:
        sheet.page.evaluate(way, [file["name"], file["mimeType"], base64.b64encode(file["buffer"]).decode()])

    assert base64.b64decode(json.loads(sent.value.post_data or "")["photo"]["picture"]) == file["buffer"]
    sheet.page.locator(".part", has_text="hill.jpg").wait_for()
    sheet.page.locator("#drop").wait_for(state="hidden")
    sheet.page.locator(".tile").first.wait_for()


def test_a_file_that_is_no_picture_is_refused_before_it_is_sent(sheet: Sheet) -> None:
    file: FilePayload = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}
    sheet.page.locator("#file").set_input_files(file)

    sheet.notice("letter.pdf is no picture; add a JPEG, PNG or WebP file.")
    sheet.page.locator(".part").wait_for(state="detached")


def test_a_file_over_the_limit_is_refused_before_it_is_sent(sheet: Sheet, address: str) -> None:
    page = sheet.page
    served = page.request.get(f"{address}v1/galleries").json()
    served["limits"]["body_bytes"] = 70_000
    page.route("**/v1/galleries", lambda route: route.fulfill(json=served))
    page.reload()
    page.locator(".sample").first.wait_for()

    page.locator("#file").set_input_files(photo(1500))

    sheet.notice("at most 3 kB can be sent; add a smaller copy.")
    page.locator(".part").wait_for(state="detached")


def test_a_picture_that_the_server_cannot_read_is_taken_out_again(sheet: Sheet) -> None:
    broken: FilePayload = {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": photo()["buffer"][:200]}
    with sheet.page.expect_response("**/v1/search") as answer:
        sheet.page.locator("#file").set_input_files(broken)
    assert answer.value.json()["error"]["code"] == "bad_picture"

    sheet.notice("")
    sheet.page.locator(".part").wait_for(state="detached")
    sheet.page.locator("#welcome").wait_for()
