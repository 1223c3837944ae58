"""Indexed folders are noted with their excludes; a run can be told to stop."""

import os
import threading
from pathlib import Path

import pytest

from inkseek.retrieval.embedding import index_folder
from inkseek.retrieval.encoder import RetrievalEncoder
from inkseek.retrieval.filters import Filters
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index_cache import is_fresh
from inkseek.retrieval.noted_folders import note_folder, noted_exclude
from inkseek.retrieval.pipeline import CHUNK
from inkseek.retrieval.removal import remove_pictures
from tests.retrieval.conftest import write_photo
from tests.retrieval.galleries import contents


def noted(gallery: Gallery) -> list[tuple[str, tuple[str, ...]]]:
    return [(str(folder.path), folder.exclude) for folder in gallery.folders()]


def test_a_folder_is_brought_up_to_date_without_repeating_its_excludes(
    gallery: Gallery, photos: Path, encoder: RetrievalEncoder
) -> None:
    index_folder(gallery, photos, encoder, exclude=["trip"])
    assert noted(gallery) == [(str(photos), ("trip",))]
    assert index_folder(gallery, photos, encoder).added == 0
    assert index_folder(gallery, photos, encoder, exclude=["0.png"]).removed == 1
    assert noted(gallery) == [(str(photos), ("0.png",))]
    assert index_folder(gallery, photos, encoder, exclude=()).added == 1
    assert noted(gallery) == [(str(photos), ())]


def test_folders_inside_each_other_are_one(gallery: Gallery) -> None:
    for path in ("/a/b/c", "/a/bc", "/a/b/d", "/a/b", "/a/b/c/d", "/z"):
        note_folder(gallery, Path(path), [])
    assert [path for path, _ in noted(gallery)] == ["/a/bc", "/a/b", "/z"]
    note_folder(gallery, Path("/"), [])
    assert noted(gallery) == [("/", ())]


def test_a_folder_that_is_removed_is_indexed_no_more(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    index_folder(gallery, photos, encoder)
    remove_pictures(gallery, [photos / "trip"])
    assert noted(gallery)
    remove_pictures(gallery, [photos])
    assert not noted(gallery)


def test_a_root_that_is_a_link_is_noted_as_what_it_leads_to(
    gallery: Gallery, photos: Path, encoder: RetrievalEncoder
) -> None:
    (photos.parent / "link").symlink_to(photos)
    index_folder(gallery, photos.parent / "link", encoder)
    assert noted(gallery) == [(str(photos), ())]
    assert gallery.select(Filters(folder="trip")).tolist() == [5, 6]


def many(folder: Path, count: int) -> Path:
    for i in range(count):
        write_photo(folder / f"{i:03}.png", i, (8, 8))
    return folder


def test_a_run_that_is_stopped_commits_what_is_finished_and_says_so(
    gallery: Gallery, tmp_path: Path, encoder: RetrievalEncoder
) -> None:
    folder, stop = many(tmp_path / "many", 5 * CHUNK), threading.Event()

    def halfway(done: int, _: int) -> None:
        if done >= 2 * CHUNK:
            stop.set()

    report = index_folder(gallery, folder, encoder, progress=halfway, stop=stop)
    assert (report.added, report.stopped) == (2 * CHUNK, True)
    assert contents(gallery) == {f"{i:03}.png": i + 1 for i in range(2 * CHUNK)}
    assert not is_fresh(gallery)
    rest = index_folder(gallery, folder, encoder, stop=threading.Event())
    assert (rest.added, rest.unchanged, rest.stopped) == (3 * CHUNK, 2 * CHUNK, False)


def test_a_stop_before_the_first_photo_reads_none(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    stop = threading.Event()
    stop.set()
    report = index_folder(gallery, photos, encoder, stop=stop)
    assert (report.added, report.stopped, len(gallery)) == (0, True, 0)


def test_a_stop_after_the_last_photo_is_none(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    stop = threading.Event()
    report = index_folder(gallery, photos, encoder, stop=stop, progress=lambda *_: stop.set())
    assert (report.added, report.stopped) == (6, False)


@pytest.mark.parametrize("swap", ["file", "folder"])
def test_a_link_that_is_swapped_in_is_not_followed(
    gallery: Gallery,
    photos: Path,
    tmp_path: Path,
    encoder: RetrievalEncoder,
    monkeypatch: pytest.MonkeyPatch,
    swap: str,
) -> None:
    """Between the walk through the folder and the reading of the file."""
    secret = write_photo(tmp_path / "secret" / "4.jpg", 99)
    index_folder(gallery, photos, encoder)
    os.utime(photos / "trip" / "4.jpg", ns=(7, 7))

    def swapped(done: Gallery, path: Path, exclude: list[str]) -> None:
        note_folder(done, path, exclude)
        if swap == "file":
            (photos / "trip/4.jpg").unlink()
            (photos / "trip/4.jpg").symlink_to(secret)
        else:
            (photos / "trip").rename(tmp_path / "away")
            (photos / "trip").symlink_to(secret.parent)

    monkeypatch.setattr("inkseek.retrieval.embedding.note_folder", swapped)
    report = index_folder(gallery, photos, encoder)
    assert report.unreadable == (str(photos / "trip/4.jpg"),)
    assert report.changed == 0


def test_a_folder_inside_a_noted_one_leaves_out_what_that_does(gallery: Gallery, tmp_path: Path) -> None:
    root = tmp_path / "photos"
    note_folder(gallery, root, ("private", "trip/raw"))

    assert noted_exclude(gallery, root) == ("private", "trip/raw")
    assert noted_exclude(gallery, root / "trip") == ("private", "raw")
    assert noted_exclude(gallery, tmp_path / "other") == ()
