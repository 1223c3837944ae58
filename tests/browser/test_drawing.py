"""Drawing: strokes with mouse, pen and finger, what is sent of them, and taking them back."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import NewSheet
from tests.browser.sheet import CIRCLE, LINE, Sheet, sample

if TYPE_CHECKING:
    from playwright.sync_api import Request, Route

pytestmark = pytest.mark.real


def test_the_photos_change_with_every_stroke(sheet: Sheet) -> None:
    first = sheet.search(CIRCLE)
    sheet.draw(LINE)
    second = sheet.changes_from([found["id"] for found in first])

    assert len(first) == len(second) == 48
    sheet.page.locator("#status", has_text="60 photos").wait_for()


def test_a_drawn_giraffe_finds_a_giraffe(sheet: Sheet) -> None:
    results = sheet.search(*sample("giraffe"))

    assert any(found["name"].startswith("giraffe") for found in results[:5])


def test_photos_come_while_the_pen_is_still_down(sheet: Sheet) -> None:
    sheet.press(CIRCLE)

    sheet.page.locator(".tile").first.wait_for()
    sheet.has_strokes(1)


def test_what_is_sent_is_what_was_drawn_in_canvas_units(sheet: Sheet) -> None:
    sent_bodies: list[Any] = []
    sheet.page.on("request", lambda request: sent_bodies.append(request.post_data_json) if is_search(request) else None)

    sheet.search(LINE, CIRCLE)

    line, circle = sent_bodies[-1]["sketch"]["strokes"]
    side = (sheet.page.locator("#canvas").bounding_box() or {"width": 0})["width"]
    for sent, drawn in ((line, LINE), (circle, CIRCLE)):
        assert [point[:2] for point in sent] == [pytest.approx(point, abs=1000 / side + 0.1) for point in drawn]
        assert all(round(value, 1) == value for point in sent for value in point[:2])
        assert [point[2] for point in sent] == sorted(point[2] for point in sent)
    assert line[0][2] == 0
    assert circle[0][2] >= line[-1][2]


def test_undo_redo_clear_and_eraser_by_key(sheet: Sheet) -> None:
    keyboard = sheet.page.keyboard
    sheet.draw(LINE, CIRCLE)
    sheet.has_strokes(2)

    keyboard.press("Control+z")
    sheet.has_strokes(1)
    keyboard.press("Control+Shift+z")
    sheet.has_strokes(2)
    keyboard.press("e")
    sheet.draw([(500, 60), (500, 180)])  # across the line, above the circle
    sheet.has_strokes(1)
    keyboard.press("Control+z")
    sheet.has_strokes(2)
    keyboard.press("Delete")
    sheet.has_strokes(0)
    sheet.page.locator("#welcome").wait_for()
    assert sheet.ids() == []
    keyboard.press("Control+z")
    sheet.has_strokes(2)
    keyboard.press("Control+y")
    sheet.has_strokes(0)


def test_a_touch_beside_the_pen_is_a_palm(new_sheet: NewSheet, address: str) -> None:
    sheet = new_sheet(address, viewport={"width": 820, "height": 1180}, has_touch=True)
    device = sheet.page.context.new_cdp_session(sheet.page)

    def pen(kind: str, point: tuple[float, float]) -> None:
        x, y = sheet.at(point)
        event = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "pointerType": "pen", "force": 0.25}
        device.send("Input.dispatchMouseEvent", event)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": x, "y": y} for x, y in map(sheet.at, points)]
        device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    touch("touchStart", (800, 800))
    touch("touchMove", (820, 820))
    sheet.has_strokes(1)
    pen("mousePressed", (100, 100))
    pen("mouseMoved", (300, 300))
    touch("touchMove", (900, 900))
    sheet.has_strokes(1)  # the palm's mark has gone, the pen's is there
    pen("mouseReleased", (300, 300))
    touch("touchEnd")

    with sheet.page.expect_request(is_search) as last:
        sheet.page.keyboard.press("Control+z")
        sheet.page.keyboard.press("Control+Shift+z")
    (stroke,) = json.loads(last.value.post_data or "")["sketch"]["strokes"]
    assert stroke[0][:2] == pytest.approx([100, 100], abs=3)
    assert stroke[0][3] == pytest.approx(0.25, abs=0.01)


def test_one_search_at_a_time_and_the_newest_wins(sheet: Sheet) -> None:
    held = hold_searches(sheet)
    with sheet.page.expect_request(is_search):
        sheet.draw(LINE)
    sheet.draw(CIRCLE, [(50, 50), (60, 60)])
    sheet.has_strokes(3)
    assert len(held) == 1

    with sheet.page.expect_request(is_search) as newest:
        held[0].continue_()

    assert len(json.loads(newest.value.post_data or "")["sketch"]["strokes"]) == 3


def test_an_answer_to_a_drawing_that_was_cleared_is_dropped(sheet: Sheet) -> None:
    hold_searches(sheet)
    with sheet.page.expect_request(is_search):
        sheet.draw(LINE)
    sheet.page.keyboard.press("Delete")
    sheet.page.locator("#welcome").wait_for()

    assert sheet.ids() == []
    assert sheet.page.locator(".notice").count() == 0


def test_a_sample_is_drawn_and_searched_by_keyboard_alone(sheet: Sheet) -> None:
    sheet.page.locator(".sample", has_text="giraffe").focus()
    sheet.page.keyboard.press("Enter")

    sheet.page.locator(".tile").first.wait_for()
    assert sheet.strokes() > 5
    sheet.page.locator("#undo").click()  # one step, however many strokes
    sheet.has_strokes(0)


def is_search(request: "Request") -> bool:
    return "/v1/search" in request.url


def hold_searches(sheet: Sheet) -> list["Route"]:
    """Keep searches from the server; gives those that wait."""
    held: list[Route] = []

    def hold(route: "Route") -> None:
        held.append(route)

    sheet.page.route("**/v1/search", hold)
    return held
