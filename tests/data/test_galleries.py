import re
from pathlib import Path

import pytest

from inkseek.data.galleries import GALLERY_MODES, GalleryMode, distinct, gallery_photos, is_extended, listed_twice
from inkseek.data.manifest import Manifest, Modality, Row
from inkseek.errors import DataError

ROOT = Path("/data")
ORIGINALS, EXTENDED = "256x256/photo/tx_000000000000", "EXTEND_image_sketchy"


def row(path: str, modality: Modality = "photo") -> Row:
    return Row(modality, path.split("/")[-2], "sketchy", path, path)


PHOTOS = Manifest(
    ROOT,
    (
        row(f"{ORIGINALS}/cat/n1.jpg"),
        row(f"{ORIGINALS}/cat/n2.jpg"),  # the extended folder lacks it
        row(f"{ORIGINALS}/dog/n1.jpg"),  # a namesake in another class is another picture
        row(f"{ORIGINALS}/camel/n02437136_5405.jpg"),
        row(f"{EXTENDED}/cat/n1.jpg"),
        row(f"{EXTENDED}/cat/ext_1.jpg"),
        row(f"{EXTENDED}/camel/c.jpg"),
        row(f"{EXTENDED}/dog/c.jpg"),
    ),
)


def names(manifest: Manifest) -> set[str]:
    return {row.path for row in manifest.rows}


@pytest.mark.parametrize(
    ("mode", "missing"),
    [
        ("as_listed", set()),
        ("extended_only", {row.path for row in PHOTOS.rows if row.path.startswith(ORIGINALS)}),
        ("distinct", {f"{ORIGINALS}/cat/n1.jpg", f"{ORIGINALS}/camel/n02437136_5405.jpg"}),
    ],
)
def test_the_photos_of_a_gallery(mode: GalleryMode, missing: set[str]) -> None:
    assert names(gallery_photos(PHOTOS, mode)) == names(PHOTOS) - missing


def test_what_is_listed_twice_is_the_original() -> None:
    assert names(Manifest(ROOT, listed_twice(PHOTOS))) == names(PHOTOS) - names(distinct(PHOTOS))
    assert not any(map(is_extended, listed_twice(PHOTOS)))


def test_sketches_with_a_photos_name_are_no_copies() -> None:
    sketches = (row("256x256/sketch/tx_000000000000/cat/n1.jpg", "sketch"),)
    manifest = Manifest(ROOT, (*sketches, row(f"{EXTENDED}/cat/n1.jpg")))
    assert distinct(manifest) == manifest


@pytest.mark.parametrize("folder", ["EXTEND_image_sketchy_ready", "EXTEND_image_sketchy", "extended_photo"])
def test_the_extended_folder_under_any_of_its_names(folder: str) -> None:
    assert is_extended(row(f"Sketchy/{folder}/cat/n1.jpg"))
    assert not is_extended(row(f"Sketchy/my_{folder}/cat/n1.jpg"))


@pytest.mark.parametrize("mode", GALLERY_MODES)
def test_a_data_set_of_one_photo_folder_has_one_gallery(mode: GalleryMode) -> None:
    photos = Manifest(ROOT, (row("photo/cat/1.jpg"), row("photo/dog/1.jpg")))
    if mode == "extended_only":
        with pytest.raises(DataError, match=re.escape("/data: no photo lies in a folder of extended photos (EXTEND_")):
            gallery_photos(photos, mode)
    else:
        assert gallery_photos(photos, mode) == photos
