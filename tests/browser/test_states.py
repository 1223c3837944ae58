"""Empty, busy, failing and offline: what the page says, and how it gets over it."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import NewSheet, inkseek
from tests.browser.sheet import CIRCLE, LINE, Sheet

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = pytest.mark.real

TOKEN = "a-token-of-twenty-four-ch"  # noqa: S105 - of a server of this test alone


def test_the_first_run_indexes_a_folder_that_the_owner_allowed(
    new_sheet: NewSheet, photos: Path, tmp_path: Path, pictures: Path
) -> None:
    with inkseek(tmp_path / "new.gallery", "--allow", photos) as address:
        sheet = new_sheet(address, loaded=False)
        sheet.page.get_by_role("button", name="Index photos").wait_for()
        sheet.page.screenshot(path=pictures / "first-run.png")

        sheet.page.get_by_role("button", name="Index photos").click()
        sheet.page.locator("#jobs progress").wait_for()
        sheet.page.screenshot(path=pictures / "first-run-progress.png")
        sheet.draw(CIRCLE)  # while it indexes

        sheet.notice("Done: 60 photos added from photos.")
        sheet.page.locator("#jobs li").wait_for(state="detached")
        sheet.page.locator("#grid > li").nth(47).wait_for()
        sheet.page.locator("#gallery-photos", has_text="60 photos").wait_for()


def test_without_an_allowed_folder_the_page_says_what_to_type(new_sheet: NewSheet, tmp_path: Path) -> None:
    with inkseek(tmp_path / "new.gallery") as address:
        sheet = new_sheet(address, loaded=False)

        sheet.page.get_by_text("inkseek serve GALLERY --allow FOLDER").wait_for()


def test_the_token_of_the_address_opens_the_page_and_a_wrong_one_asks(
    new_sheet: NewSheet, photos: Path, address: str, pictures: Path
) -> None:
    del address  # made the gallery
    with inkseek(photos.with_name("photos.gallery"), "--host", "0.0.0.0", INKSEEK_TOKEN=TOKEN) as printed:  # noqa: S104
        # The address that others reach, where browsers allow a page less; a machine without network has none.
        shown = printed.replace("//0.0.0.0", "//127.0.0.1")
        opened = new_sheet(shown)
        assert "token" not in opened.page.url
        opened.search(CIRCLE)

        asked = new_sheet(shown.partition("#")[0], loaded=False)
        asked.page.locator("#token[open]").wait_for()
        asked.page.keyboard.press("Escape")
        asked.page.locator("#token-input").fill("wrong")
        asked.page.keyboard.press("Enter")
        asked.page.locator("#token-message:not(:empty)").wait_for()
        asked.page.screenshot(path=pictures / "token.png")
        asked.page.locator("#token-input").fill(TOKEN)
        asked.page.keyboard.press("Enter")
        asked.page.locator(".sample").first.wait_for()
        asked.page.locator("#token").wait_for(state="hidden")


def test_a_server_that_is_gone_is_asked_again_until_it_is_back(sheet: Sheet, pictures: Path) -> None:
    page = sheet.page
    page.route("**/v1/search", lambda route: route.abort("connectionrefused"))
    page.route("**/healthz", lambda route: route.abort("connectionrefused"))
    sheet.draw(CIRCLE)
    page.locator("#offline").wait_for()
    page.get_by_text("Trying again in 2 seconds").wait_for()  # the first attempt failed, the wait has grown
    page.screenshot(path=pictures / "offline.png")

    page.unroute("**/v1/search")
    page.unroute("**/healthz")
    page.locator("#offline-now").click()

    page.locator(".tile").first.wait_for()
    page.locator("#offline").wait_for(state="hidden")


def test_a_busy_server_is_asked_again_after_the_wait_that_it_names(sheet: Sheet) -> None:
    page = sheet.page

    def busy(route: "Route") -> None:
        error = {"code": "busy", "message": "too many searches at once; try again"}
        route.fulfill(status=503, headers={"Retry-After": "1"}, json={"error": error})

    page.route("**/v1/search", busy)
    sheet.draw(CIRCLE)

    page.locator("#status", has_text="The server is busy; trying again…").wait_for()
    page.unroute("**/v1/search")
    page.locator(".tile").first.wait_for()


@pytest.mark.parametrize(
    ("status", "code"), [(500, "internal"), (400, "invalid_request"), (413, "too_large"), (409, "conflict")]
)
def test_a_refusal_is_said_in_the_servers_words(sheet: Sheet, status: int, code: str) -> None:
    error = {"error": {"code": code, "message": "this went wrong; do that"}}
    sheet.page.route("**/v1/search", lambda route: route.fulfill(status=status, json=error))

    sheet.draw(CIRCLE)

    sheet.notice("This went wrong; do that.")
    sheet.page.unroute("**/v1/search")
    sheet.draw(LINE)  # the page goes on
    sheet.page.locator(".tile").first.wait_for()


def test_an_answer_that_is_no_json_is_named_by_its_status(sheet: Sheet) -> None:
    sheet.page.route("**/v1/search", lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"))

    sheet.draw(CIRCLE)

    sheet.notice("The server answered 502")
