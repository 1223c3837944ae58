"""A gallery of format 1 is read as it is and brought up to date by the first writer, whole or not at all."""

import re
import sqlite3
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from inkseek.errors import GalleryError
from inkseek.retrieval import migrations
from inkseek.retrieval.database import DATABASE, FORMAT
from inkseek.retrieval.facets import facets
from inkseek.retrieval.filters import Filters
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index import Index
from inkseek.retrieval.migrations import format_of, migrate
from inkseek.retrieval.noted_folders import note_folder
from inkseek.retrieval.tags import tag_pictures
from tests.retrieval.galleries import description, picture, unit_rows, vectors_of
from tests.retrieval.old_galleries import gallery_of_format_1


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return gallery_of_format_1(tmp_path / "old")


def on_disk(folder: Path) -> int:
    connection = sqlite3.connect(folder / DATABASE)
    found = format_of(connection)
    connection.close()
    return found


@pytest.mark.parametrize("write", [False, True])
def test_an_old_gallery_is_searched_and_filtered(old: Path, write: bool) -> None:
    query = unit_rows(3, 16)[0]
    with Gallery.open(old, write=write) as gallery:
        assert Index(gallery).search(query[None], 3).ids[0, 0] == 1
        assert gallery.select(Filters(classes=("dog",))).tolist() == [5]
        assert gallery.select(Filters(folder="/photos/trip", until=date(1970, 1, 1))).tolist() == [3, 5]
        assert gallery.select(Filters(tags=("any",))).tolist() == []
        record = gallery.picture(5)
        assert record is not None
        assert (record.path.name, record.class_name, record.taken, record.tags, record.root) == (
            "3.jpg", "dog", None, (), None,
        )  # fmt: skip
        assert [bad.path.name for bad in gallery.bad()] == ["bad.jpg"]
        assert [facet.name for facet in facets(gallery).classes] == ["cat", "dog"]


def test_reading_changes_nothing_on_disk(old: Path) -> None:
    before = (old / DATABASE).read_bytes()
    with Gallery.open(old, write=False) as gallery:
        assert len(gallery) == 3
    assert (old / DATABASE).read_bytes() == before


def test_a_writer_brings_it_up_to_date_and_goes_on(old: Path) -> None:
    with Gallery.open(old, "f" * 64) as gallery:
        generation = gallery.generation
        before = vectors_of(gallery)
        assert gallery.add([picture("new.jpg", 9)], unit_rows(1, 16)) == [6]
        note_folder(gallery, Path("/photos"), ["raw"])
        assert tag_pictures(gallery, "red", ["/photos/trip"]) == 2
        assert gallery.generation != generation
    assert on_disk(old) == FORMAT
    with Gallery.open(old) as gallery:
        ids, vectors = vectors_of(gallery)
        assert ids.tolist() == [*before[0].tolist(), 6]
        np.testing.assert_array_equal(vectors[:3], before[1])
        assert gallery.select(Filters(tags=("red",), folder="trip")).tolist() == [3, 5]
        assert gallery.description == description(dimension=16)


def test_a_migrated_database_is_built_like_a_new_one(old: Path, tmp_path: Path) -> None:
    def structure(gallery: Gallery) -> dict[str, set[str]]:
        tables = [name for (name,) in gallery.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        columns = {name: {str(row[1:]) for row in gallery.rows(f"PRAGMA table_xinfo({name})")} for name in tables}
        indexes = gallery.rows("SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
        return {**columns, "": {re.sub(r"\s+", " ", sql) for (sql,) in indexes}}

    with Gallery.open(old) as migrated, Gallery.create(tmp_path / "new", description()) as new:
        assert structure(migrated) == structure(new)


def test_no_space_while_migrating_leaves_the_old_format(old: Path) -> None:
    connection = sqlite3.connect(old / DATABASE, isolation_level=None)
    connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(GalleryError, match=r"old: no space left; nothing committed before is lost: free some space"):
        migrate(connection, old)
    connection.close()
    assert on_disk(old) == 1
    with Gallery.open(old) as gallery:
        assert len(gallery) == 3
    assert on_disk(old) == FORMAT


def test_a_writer_that_comes_second_migrates_nothing(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It saw the old format before the first one committed."""
    Gallery.open(old).close()
    answers = iter([1])
    monkeypatch.setattr(migrations, "format_of", lambda connection: next(answers, None) or format_of(connection))
    connection = sqlite3.connect(old / DATABASE, isolation_level=None)
    migrate(connection, old)
    connection.close()
    assert on_disk(old) == FORMAT


def test_a_gallery_opened_for_reading_refuses_changes(old: Path) -> None:
    with Gallery.open(old, write=False) as gallery, pytest.raises(ValueError, match="opened for reading"):
        gallery.remove([1])
