from pathlib import Path

import pytest

from inkseek.errors import GalleryError
from inkseek.retrieval.filters import Filters
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.tags import MAX_TAG, tag_pictures, untag_pictures
from tests.retrieval.galleries import filled, unit_rows


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return filled(tmp_path / "g", unit_rows(3, 8))


def test_tags_are_given_and_taken(gallery: Gallery) -> None:
    assert tag_pictures(gallery, " holiday ", ["/photos"]) == 3
    assert tag_pictures(gallery, "holiday", ["/photos/000001.jpg"]) == 0
    assert untag_pictures(gallery, "holiday", ["/photos/00000[12].jpg"]) == 2
    assert gallery.select(Filters(tags=("holiday",))).tolist() == [1]


def test_a_tag_stays_with_a_picture_that_moves(gallery: Gallery) -> None:
    tag_pictures(gallery, "holiday", ["/photos/000001.jpg"])
    gallery.rename(2, Path("/photos/moved.jpg"), 5)
    assert gallery.select(Filters(tags=("holiday",))).tolist() == [2]


@pytest.mark.parametrize("tag", ["", "  ", "a\nb", "\x1b[2J", "\udce9", "x" * (MAX_TAG + 1)])
def test_what_is_no_tag_is_refused(gallery: Gallery, tag: str) -> None:
    with pytest.raises(GalleryError, match="is no tag; give a word or a line of at most 100"):
        tag_pictures(gallery, tag, ["/photos"])


def test_a_pattern_that_matches_nothing_tags_nothing(gallery: Gallery) -> None:
    with pytest.raises(GalleryError, match="holds no picture that matches /nowhere"):
        tag_pictures(gallery, "holiday", ["/photos", "/nowhere"])
    assert gallery.select(Filters(tags=("holiday",))).tolist() == []
