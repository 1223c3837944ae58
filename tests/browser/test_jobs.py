"""Long work on the server: a re-index from its control to its end, stopped, and failing; an index that is stopped."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inkseek.retrieval.embedding import open_or_create_gallery
from inkseek.retrieval.encoder import load_encoder
from inkseek.service import service
from inkseek.service.galleries import ServedGallery
from tests.browser.conftest import NewSheet, serving
from tests.browser.galleries import gallery_of
from tests.browser.sheet import CIRCLE, LINE, Sheet
from tests.tiny_model import write_tiny_model_folder

pytestmark = pytest.mark.real

Hold = Callable[[str], threading.Event]


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Hold:
    """Holds `reindex` or `index_folder` of the service once its first photos are done, until the event is set."""

    def held(name: str) -> threading.Event:
        work, go = getattr(service, name), threading.Event()

        def slowly(*arguments: Any, progress: Callable[[int, int], None], **more: Any) -> Any:  # noqa: ANN401
            def wait(done: int, total: int) -> None:
                progress(done, total)
                assert go.wait(60)

            return work(*arguments, progress=wait, **more)

        monkeypatch.setattr(service, name, slowly)
        return go

    return held


@pytest.fixture
def old(tmp_path: Path, photos: Path) -> ServedGallery:
    """A gallery that an encoder other than the bundled one made."""
    return gallery_of(tmp_path / "old.gallery", photos, write_tiny_model_folder(tmp_path / "tiny"))


def open_galleries(sheet: Sheet) -> None:
    """Open the dialog of the galleries."""
    sheet.page.locator("#gallery").click()
    sheet.page.locator("#galleries[open]").wait_for()


def test_a_reindex_from_its_control_to_its_end(
    new_sheet: NewSheet, old: ServedGallery, hold: Hold, pictures: Path
) -> None:
    go = hold("reindex")
    with serving(old) as address:
        sheet = new_sheet(address)
        page = sheet.page
        sheet.search(CIRCLE)
        open_galleries(sheet)
        page.locator("#galleries-facts", has_text="Encoder tiny, 16 numbers a photo").wait_for()
        page.locator("#galleries-next-facts", has_text="Encoder bundled").wait_for()
        page.screenshot(path=pictures / "reindex-offered.png")

        page.get_by_role("button", name="Re-index", exact=True).click()
        page.locator("#galleries").wait_for(state="hidden")
        page.locator("#jobs li", has_text="Re-indexing old").get_by_text("16 of 60 photos").wait_for()
        by_old = [found["id"] for found in sheet.search(LINE, over=[CIRCLE])]  # searching goes on
        page.screenshot(path=pictures / "reindex-running.png")
        open_galleries(sheet)
        page.locator("#galleries-reindex:disabled", has_text="Re-indexing…").wait_for()
        page.keyboard.press("Escape")
        page.locator("#galleries").wait_for(state="hidden")
        go.set()

        sheet.notice("Done: 60 photos encoded anew.")
        page.locator("#jobs li").wait_for(state="detached")
        sheet.changes_from(by_old)
        open_galleries(sheet)
        page.locator("#galleries-facts", has_text="Encoder bundled").wait_for()
        page.locator("#galleries-next").wait_for(state="hidden")


def test_a_stopped_reindex_changes_nothing_and_the_next_goes_on(
    new_sheet: NewSheet, old: ServedGallery, hold: Hold
) -> None:
    go = hold("reindex")
    with serving(old) as address:
        sheet = new_sheet(address)
        page = sheet.page
        found = [result["id"] for result in sheet.search(CIRCLE)]
        open_galleries(sheet)
        page.locator("#galleries-reindex").press("Enter")
        page.locator("#jobs li", has_text="16 of 60 photos").wait_for()
        page.get_by_role("button", name="Stop: Re-indexing old").press("Enter")
        page.locator("#jobs li", has_text="stopping…").wait_for()
        go.set()

        sheet.notice("Stopped: nothing has changed in old; another re-index goes on from there.")
        page.locator("#jobs li").wait_for(state="detached")
        page.wait_for_function("document.activeElement.id === 'results'")
        sheet.shows(found)
        open_galleries(sheet)
        page.locator("#galleries-facts", has_text="Encoder tiny").wait_for()
        page.locator("#galleries-reindex:enabled").press("Enter")

        sheet.notice("Done: 60 photos encoded anew.")


def test_a_reindex_that_cannot_be_done_says_why(new_sheet: NewSheet, old: ServedGallery, tmp_path: Path) -> None:
    model = write_tiny_model_folder(tmp_path / "newer", name="newer", seed=1)
    with serving(old, model=model) as address:
        sheet = new_sheet(address)
        open_galleries(sheet)
        shutil.rmtree(model)
        sheet.page.locator("#galleries-reindex").click()

        told = sheet.notice("Re-indexing old failed: newer: no model folder")
        assert str(tmp_path) not in (told.text_content() or "")
        open_galleries(sheet)
        sheet.page.locator("#galleries-next").wait_for(state="hidden")


def test_a_stopped_index_keeps_what_it_has(new_sheet: NewSheet, photos: Path, tmp_path: Path, hold: Hold) -> None:
    go = hold("index_folder")
    encoder = load_encoder(write_tiny_model_folder(tmp_path / "tiny"), threads=1)
    open_or_create_gallery(tmp_path / "new.gallery", encoder).close()
    with serving(ServedGallery("new", tmp_path / "new.gallery", [photos])) as address:
        sheet = new_sheet(address, loaded=False)
        sheet.page.get_by_role("button", name="Index photos").click()
        sheet.page.locator("#jobs li", has_text="Indexing photos").get_by_text("of 60 photos").wait_for()
        sheet.page.get_by_role("button", name="Stop: Indexing photos").click()
        sheet.page.locator("#jobs li", has_text="stopping…").wait_for()
        go.set()

        sheet.notice("Stopped: 16 photos added from photos.")
        sheet.page.locator("#gallery-photos", has_text="16 photos").wait_for()
        sheet.page.locator("#welcome").wait_for()
