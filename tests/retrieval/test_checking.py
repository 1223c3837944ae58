"""Damage is found, named and explained; a whole gallery has no finding."""

import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkseek.errors import DamagedGalleryError, GalleryError
from inkseek.retrieval.checking import Finding, verify
from inkseek.retrieval.database import DATABASE
from inkseek.retrieval.embedding import index_folder
from inkseek.retrieval.encoder import RetrievalEncoder
from inkseek.retrieval.gallery import Gallery
from tests.retrieval.conftest import write_photo
from tests.retrieval.galleries import filled, unit_rows
from tests.retrieval.old_galleries import gallery_of_format_1

PAGE = 4096


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    filled(tmp_path / "g", unit_rows(300, 8)).close()
    return tmp_path / "g"


def change(folder: Path, *statements: str) -> None:
    with Gallery.open(folder) as gallery:
        gallery.rows("PRAGMA foreign_keys = OFF")
        for statement in statements:
            gallery.rows(statement)


def test_a_whole_gallery_has_no_finding(folder: Path) -> None:
    steps: list[tuple[int, int]] = []
    assert list(verify(folder, progress=lambda *step: steps.append(step))) == []
    assert steps == [(300, 300)]


def test_a_gallery_of_an_older_format_is_checked_too(tmp_path: Path) -> None:
    assert list(verify(gallery_of_format_1(tmp_path / "old"))) == []


@pytest.mark.parametrize(
    ("vector", "fault"),
    [
        (None, "has no vector"),
        (np.zeros(7, "<f2").tobytes(), "has a vector of 14 bytes, not of 16"),
        (np.full(8, np.nan, "<f2").tobytes(), "has a vector with values that are no numbers"),
        (np.full(8, np.inf, "<f2").tobytes(), "has a vector with values that are no numbers"),
        (np.full(8, 0.25, "<f2").tobytes(), "has a vector of length 0.707, not of 1"),
        (np.zeros(8, "<f2").tobytes(), "has a vector of length 0.000, not of 1"),
    ],
)
def test_a_damaged_vector_is_named_with_the_remedy(folder: Path, vector: bytes | None, fault: str) -> None:
    with Gallery.open(folder) as gallery:
        if vector is None:
            gallery.rows("DELETE FROM vectors WHERE picture = 7")
        else:
            gallery.rows("UPDATE vectors SET feature = ? WHERE picture = 7", vector)
    path = "/photos/000006.jpg"
    remedy = f"remove it and index its folder again: inkseek gallery remove {folder} {path}"
    assert list(verify(folder)) == [Finding(path, f"{fault} (id 7)", remedy)]


def test_rows_that_belong_to_nothing_are_found(folder: Path) -> None:
    change(folder, "DELETE FROM pictures WHERE id = 7")
    (found,) = verify(folder)
    assert (found.subject, found.fault) == (DATABASE, "row 7 of vectors belongs to no row of pictures")
    assert found.remedy.startswith(f"restore {folder} from a copy")


def test_every_damaged_page_is_found_and_explained(folder: Path) -> None:
    """A page of rubbish anywhere behind the first, which says what the file is."""
    whole = (folder / DATABASE).read_bytes()
    for page in range(1, len(whole) // PAGE):
        damaged = bytearray(whole)
        damaged[page * PAGE : (page + 1) * PAGE] = b"\xa5" * PAGE
        (folder / DATABASE).write_bytes(damaged)
        found = list(verify(folder))
        assert found, page
        assert all(one.fault and one.remedy for one in found)


@settings(max_examples=40)
@given(data=st.data())
def test_damage_anywhere_is_a_sentence_never_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("g") / "g"
    filled(folder, unit_rows(60, 8)).close()
    content = bytearray((folder / DATABASE).read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    rubbish = data.draw(st.binary(min_size=1, max_size=64))
    content[at : at + len(rubbish)] = rubbish
    (folder / DATABASE).write_bytes(content)
    with suppress(GalleryError):
        list(verify(folder))
    with suppress(GalleryError), Gallery.open(folder, write=False) as gallery:
        list(gallery.blocks())
        gallery.pictures(range(60))


def test_what_is_no_gallery_is_not_checked(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="no gallery here"):
        list(verify(tmp_path))


def test_a_description_that_is_lost_is_damage(folder: Path) -> None:
    change(folder, "DELETE FROM meta WHERE key = 'dimension'")
    with pytest.raises(DamagedGalleryError, match="the database is damaged; restore it from a copy"):
        Gallery.open(folder)
    assert [one.fault for one in verify(folder)] == ["is damaged and cannot be read further"]


def test_photos_on_disk_are_compared_when_asked(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    index_folder(gallery, photos, encoder)
    assert list(verify(gallery.folder, files=True)) == []
    (photos / "0.png").unlink()
    (photos / "1.png").write_bytes((photos / "1.png").read_bytes()[:-1] + b"x")
    write_photo(photos / "2.png", 99)
    (photos / "3.png").rename(photos.parent / "3.png")
    os.symlink(photos.parent / "3.png", photos / "3.png")
    assert list(verify(gallery.folder)) == []
    found = {Path(one.subject).name: one for one in verify(gallery.folder, files=True)}
    assert sorted(found) == ["0.png", "1.png", "2.png", "3.png"]
    assert found["0.png"].fault == "cannot be read (No such file or directory)"
    assert found["1.png"].fault == found["2.png"].fault == "is another file than the one that was indexed"
    assert found["3.png"].fault.startswith("cannot be read (")
    assert found["0.png"].remedy == f"bring the gallery up to date: inkseek index PHOTOS --gallery {gallery.folder}"
