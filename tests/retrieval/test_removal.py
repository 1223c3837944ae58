import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkseek.errors import GalleryError
from inkseek.retrieval.embedding import index_folder, open_or_create_gallery
from inkseek.retrieval.encoder import RetrievalEncoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.removal import remove_pictures


@pytest.fixture
def gallery(tmp_path: Path, photos: Path, encoder: RetrievalEncoder) -> Iterator[Gallery]:
    (photos / "bad.jpg").write_bytes(b"")
    with open_or_create_gallery(tmp_path / "g", encoder) as opened:
        index_folder(opened, photos, encoder)
        yield opened


def names(gallery: Gallery) -> list[str]:
    return [path.name for _, path in gallery.paths()]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("{root}/1.png", ["0.png", "2.png", "3.png", "bad.jpg", "4.jpg", "5.jpg"]),
        ("{root}/trip", ["0.png", "1.png", "2.png", "3.png", "bad.jpg"]),
        ("{root}/trip/", ["0.png", "1.png", "2.png", "3.png", "bad.jpg"]),
        ("{root}/*.jpg", ["0.png", "1.png", "2.png", "3.png"]),
        ("*/[01].png", ["2.png", "3.png", "bad.jpg", "4.jpg", "5.jpg"]),
        ("{root}", []),
    ],
)
def test_a_path_a_folder_or_a_glob(
    gallery: Gallery, photos: Path, pattern: str, left: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos.parent)
    removed = remove_pictures(gallery, [pattern.format(root=photos)])
    assert sorted(names(gallery)) == sorted(left)
    assert removed == 7 - len(left)


def test_a_relative_path_counts_from_the_working_folder(
    gallery: Gallery, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos / "trip")
    assert remove_pictures(gallery, ["../0.png", "5.jpg"]) == 2
    assert "0.png" not in names(gallery)


def test_a_pattern_that_matches_nothing_removes_nothing(gallery: Gallery, photos: Path) -> None:
    with pytest.raises(GalleryError, match=r"holds no picture that matches .*2\.gif; give a path"):
        remove_pictures(gallery, [photos / "0.png", photos / "2.gif"])
    assert len(names(gallery)) == 7


def test_a_name_that_looks_like_a_glob_can_be_removed(
    gallery: Gallery, photos: Path, encoder: RetrievalEncoder
) -> None:
    os.rename(photos / "0.png", photos / "a[1].png")
    index_folder(gallery, photos, encoder)
    assert remove_pictures(gallery, [photos / "a[1].png"]) == 1


def test_files_stay_and_ids_are_not_given_again(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    highest = max(picture_id for picture_id, _ in gallery.paths())
    assert remove_pictures(gallery, [photos / "trip" / "5.jpg"]) == 1
    assert (photos / "trip" / "5.jpg").exists()
    assert index_folder(gallery, photos, encoder).added == 1
    assert max(picture_id for picture_id, _ in gallery.paths()) == highest + 1
