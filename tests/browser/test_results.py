"""Found photos: one large, more like it, drawing over it, filters, more of them."""

import pytest

from tests.browser.conftest import NewSheet
from tests.browser.sheet import CIRCLE, LINE, Sheet, body_of

pytestmark = pytest.mark.real


def test_a_photo_opens_large_and_its_neighbours_follow_the_arrow_keys(sheet: Sheet) -> None:
    page = sheet.page
    results = sheet.search(CIRCLE)

    page.locator(".tile").nth(1).click()
    page.locator("#detail[open] #detail-name", has_text=results[1]["name"]).wait_for()
    page.locator("#detail-facts dt", has_text="Size").wait_for()
    page.locator("#detail-photo.loaded").wait_for()
    page.keyboard.press("ArrowRight")
    page.locator("#detail-name", has_text=results[2]["name"]).wait_for()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.locator("#detail-previous:disabled").wait_for(state="attached")
    page.keyboard.press("Tab")
    page.wait_for_function("document.activeElement.closest('dialog')?.id === 'detail'")
    page.keyboard.press("Escape")

    # The browser first gives the focus back to the tile that was clicked; the page moves it in a later task.
    focused = "id => document.activeElement.closest('li')?.dataset.id === String(id)"
    page.wait_for_function(focused, arg=results[0]["id"])


def test_more_like_this_joins_the_drawing_and_leaves_it(sheet: Sheet) -> None:
    page = sheet.page
    drawn = [found["id"] for found in sheet.search(CIRCLE)]
    page.locator(".tile").nth(5).click()

    with page.expect_request(lambda request: "photo" in body_of(request)) as mixed:
        page.locator("#detail-similar").click()
    body = body_of(mixed.value)
    assert body["photo"] == {"id": drawn[5]}
    assert body["weights"] == {"sketch": 0.3, "photo": 0.7}
    assert sheet.changes_from(drawn)[0] == drawn[5]
    page.locator(".part").wait_for()

    with page.expect_request(lambda request: body_of(request).get("weights") == {"sketch": 0.35, "photo": 0.65}):
        page.locator("#mix").press("ArrowLeft")
    page.locator(".part .bare").click()
    sheet.shows(drawn)
    page.locator("#mixing").wait_for(state="hidden")


def test_more_like_this_without_a_drawing_asks_for_similar_photos(sheet: Sheet) -> None:
    page = sheet.page
    sheet.search(CIRCLE)
    page.locator(".tile").first.click()
    page.locator("#detail-similar").click()

    with page.expect_response("**/v1/search/similar/*") as similar:
        page.locator("#clear").click()

    sheet.shows([found["id"] for found in similar.value.json()["results"]])
    page.locator(".part .bare").click()
    page.locator("#welcome").wait_for()


def test_a_photo_lies_under_the_canvas_to_be_traced(sheet: Sheet) -> None:
    page = sheet.page
    found = sheet.search(CIRCLE)
    page.locator(".tile").first.click()
    page.locator("#detail-trace").click()

    page.locator("#backing.faint").wait_for()
    sheet.shows([result["id"] for result in found])  # tracing paper is no part of the query
    sheet.draw(LINE)
    sheet.has_strokes(2)
    page.locator(".part .bare").click()
    page.locator("#backing").wait_for(state="hidden")


def test_more_photos_come_when_asked_for(sheet: Sheet) -> None:
    sheet.search(CIRCLE)

    sheet.page.locator("#more").click()

    sheet.page.locator("#grid > li").nth(59).wait_for()
    sheet.page.locator("#more").wait_for(state="hidden")


def test_filters_narrow_the_photos_and_chips_take_them_back(sheet: Sheet) -> None:
    page = sheet.page
    everything = [found["id"] for found in sheet.search(CIRCLE)]
    page.locator("#filters-toggle").click()
    page.locator("#filter-folder").wait_for()
    page.locator("#filter-class").wait_for(state="hidden")  # the gallery has no classes

    with page.expect_response(lambda found: "filters" in body_of(found.request)) as answer:
        page.locator("#filter-folder").select_option(label="animals (30)")
    results = answer.value.json()["results"]
    assert len(results) == 30
    assert {found["folder"].split("/")[-1] for found in results} == {"animals"}
    sheet.shows([found["id"] for found in results])
    page.get_by_role("button", name="Remove the folder").click()

    sheet.shows(everything)


def test_filters_that_leave_no_photo_say_so(new_sheet: NewSheet, address: str) -> None:
    sheet = new_sheet(address)
    everything = [found["id"] for found in sheet.search(CIRCLE)]
    facets = {"classes": [{"name": "unicorn", "photos": 1}], "tags": [], "folders": [], "first": None, "last": None}
    sheet.page.route("**/facets", lambda route: route.fulfill(json=facets))
    sheet.page.reload()
    sheet.page.locator(".sample").first.wait_for()
    sheet.draw(CIRCLE)
    sheet.page.locator("#filters-toggle").click()
    sheet.page.locator("#filter-class").select_option("unicorn")

    sheet.page.get_by_text("No photo passes these filters.").wait_for()
    sheet.page.locator("#nothing-clear").click()
    sheet.shows(everything)
