"""Galleries: the choice between two, and filters by tag and by date."""

import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.tags import tag_pictures
from tests.browser.conftest import NewSheet, serving
from tests.browser.galleries import gallery_of
from tests.browser.sheet import CIRCLE, Sheet, body_of
from tests.tiny_model import write_tiny_model_folder

pytestmark = pytest.mark.real

YEARS = {"cow": 2019, "dolphin": 2020, "giraffe": 2021, "horse": 2022, "mouse": 2023, "penguin": 2024}


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A model folder."""
    return write_tiny_model_folder(tmp_path / "tiny")


def kinds(results: list[dict[str, Any]]) -> set[str]:
    """Classes of photos, by which their files are named."""
    return {found["name"].partition("-")[0] for found in results}


def test_another_gallery_is_chosen_and_searched(
    new_sheet: NewSheet, photos: Path, tmp_path: Path, tiny: Path, pictures: Path
) -> None:
    galleries = [gallery_of(tmp_path / f"{name}.gallery", photos / name, tiny) for name in ("animals", "things")]
    with serving(*galleries, model=tiny) as address:
        sheet = new_sheet(address)
        page = sheet.page
        assert kinds(sheet.search(CIRCLE)) == set(YEARS)
        page.locator("#gallery", has_text="animals").click()
        page.locator("#galleries-folders", has_text="animals").wait_for()
        page.screenshot(path=pictures / "galleries.png")

        with page.expect_response(lambda found: body_of(found.request).get("gallery") == "things") as answer:
            page.get_by_role("radio", name="animals").press("ArrowDown")

        things = answer.value.json()["results"]
        assert kinds(things).isdisjoint(YEARS)
        sheet.shows([found["id"] for found in things])
        page.locator("#gallery-name", has_text="things").wait_for()
        page.locator("#galleries-folders", has_text="things").wait_for()
        page.wait_for_function("document.activeElement.matches('[name=gallery]:checked')")  # the keys go on from here
        page.keyboard.press("ArrowUp")
        page.locator("#gallery-name", has_text="animals").wait_for()


@pytest.fixture
def dated(new_sheet: NewSheet, photos: Path, tmp_path: Path, tiny: Path) -> Any:  # noqa: ANN401 - a generator
    """The page over animals of six years, cows and horses of them with a tag, and their photos found."""
    animals = tmp_path / "animals"
    shutil.copytree(photos / "animals", animals)
    for photo in animals.iterdir():
        noon = datetime(YEARS[photo.name.partition("-")[0]], 6, 15, 12).timestamp()
        os.utime(photo, (noon, noon))
    served = gallery_of(tmp_path / "dated.gallery", animals, tiny)
    with Gallery.open(served.folder) as gallery:
        for tag, patterns in {"farm": ["cow-*", "horse-*"], "fast": ["horse-*"]}.items():
            tag_pictures(gallery, tag, [animals / pattern for pattern in patterns])
    with serving(served, model=tiny) as address:
        sheet = new_sheet(address)
        assert kinds(sheet.search(CIRCLE)) == set(YEARS)
        sheet.page.locator("#filters-toggle").click()
        yield sheet


def found_kinds(sheet: Sheet, *expected: str) -> None:
    """Wait until the grid shows photos of these classes alone, every one of them."""
    sheet.page.wait_for_function(
        """expected => {
            const names = [...document.querySelectorAll("#grid .tile span")].map((name) => name.textContent);
            return [...new Set(names.map((name) => name.split("-")[0]))].sort().join() === expected.join();
        }""",
        arg=sorted(expected),
    )


def test_tags_narrow_the_photos_together(dated: Sheet) -> None:
    tag = dated.page.locator("#filter-tag")

    tag.select_option(label="farm (10)")
    found_kinds(dated, "cow", "horse")
    tag.select_option(label="fast (5)")
    found_kinds(dated, "horse")
    dated.page.locator("#filters-count", has_text="2").wait_for()

    dated.page.get_by_role("button", name="Remove the tag farm").click()
    found_kinds(dated, "horse")
    dated.page.get_by_role("button", name="Remove the tag fast").click()
    found_kinds(dated, *YEARS)


def test_dates_narrow_the_photos_to_the_days_between(dated: Sheet) -> None:
    since, until = dated.page.locator("#filter-since"), dated.page.locator("#filter-until")
    assert since.get_attribute("min") == until.get_attribute("min") == "2019-06-15"
    assert since.get_attribute("max") == until.get_attribute("max") == "2024-06-15"

    since.press_sequentially("06152021")
    found_kinds(dated, "giraffe", "horse", "mouse", "penguin")
    until.press_sequentially("06142023")
    found_kinds(dated, "giraffe", "horse")

    dated.page.get_by_role("button", name="Remove the date from 2021-06-15").click()
    found_kinds(dated, "cow", "dolphin", "giraffe", "horse")
    dated.page.get_by_role("button", name="Remove the date until 2023-06-14").click()
    found_kinds(dated, *YEARS)
