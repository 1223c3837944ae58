"""What `inkseek index` says of files that it cannot read, and when nothing is left to search."""

import shutil
from io import BufferedReader
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from inkseek.errors import PictureError, PictureFault
from inkseek.pictures import decode as decoding
from inkseek.pictures.files import open_regular
from inkseek.retrieval import reading
from inkseek.retrieval.gallery import Gallery
from tests.cli.calling import Done, inkseek, refusal
from tests.cli.conftest import World, write_picture


def index(world: World, photos: Path, gallery: Path, *more: str) -> Done:
    return inkseek("index", photos, "--gallery", gallery, "--model", world.model, *more)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    return tmp_path / "photos"


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_folder_of_bad_files_only(world: World, tmp_path: Path, photos: Path, more: tuple[str, ...]) -> None:
    (photos / "empty.jpg").touch()
    (photos / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    done = index(world, photos, tmp_path / "g", *more)
    assert (done.code, done.out) == (2, "")
    *skipped, sentence = done.err.splitlines()
    assert len(skipped) == 2
    assert sentence.startswith(f"inkseek: {photos}: none of its picture files could be read (")
    assert "empty: 1" in sentence
    assert "corrupt: 1" in sentence
    again = index(world, photos, tmp_path / "g", *more)
    assert (again.code, again.out) == (2, "")
    assert "(bad before, read again with --retry: 2)" in again.err.splitlines()[-1]
    write_picture(photos / "good.png", 1)
    assert index(world, photos, tmp_path / "g", "--json").json()["photos"] == 1


def test_bad_files_only_beside_a_gallery_of_other_photos(own: World, photos: Path) -> None:
    (photos / "empty.jpg").touch()
    assert index(own, photos, own.gallery).code == 2
    with Gallery.open(own.gallery) as gallery:
        assert len(gallery) == 3


def test_a_folder_without_any_picture_file(world: World, tmp_path: Path, photos: Path) -> None:
    (photos / "notes.txt").write_text("no picture")
    sentence = refusal(index(world, photos, tmp_path / "g"))
    assert sentence.startswith(f"{photos}: holds no picture file; give a folder of JPEG, PNG")
    with Gallery.open(tmp_path / "g") as gallery:
        assert len(gallery) == 0


def test_moved_or_touched_photos_are_still_photos(own: World) -> None:
    moved = own.photos.rename(own.root / "moved")
    assert index(own, moved, own.gallery).code == 0
    shutil.copy(moved / "0.png", moved / "1.png")
    assert index(own, moved, own.gallery).code == 0


def test_bad_files_are_read_again_on_demand(
    world: World, tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after the installation of a decoder that was missing: the file itself did not change."""
    write_picture(photos / "good.png", 1)
    later = write_picture(photos / "later.png", 2)

    def decode(data: bytes, source: str, **options: Any) -> Image.Image:  # noqa: ANN401 - passed on
        if source == str(later):
            raise PictureError(source, PictureFault.UNSUPPORTED, "needs the extra `heif`")
        return decoding.decode(data, source, **options)

    with monkeypatch.context() as patch:
        patch.setattr(reading, "decode", decode)
        assert "1 skipped; " in index(world, photos, tmp_path / "g").err.splitlines()[-1]
    told = index(world, photos, tmp_path / "g").err.splitlines()
    assert told[0] == f"skipped {later}: needs the extra `heif`"
    assert "1 skipped (1 known to be bad and not read again: --retry); " in told[1]
    report = index(world, photos, tmp_path / "g", "--retry", "--json")
    assert (report.json()["photos"], report.err) == (2, "")


def test_a_file_that_cannot_be_opened_is_named(
    world: World, tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_picture(photos / "good.png", 1)
    locked = write_picture(photos / "locked.png", 2)

    def refuse(path: Path) -> BufferedReader:
        if path == locked:
            raise PermissionError(13, "Permission denied")
        return open_regular(path)

    monkeypatch.setattr(decoding, "open_regular", refuse)
    done = index(world, photos, tmp_path / "g")
    assert done.code == 0
    assert done.err.splitlines()[0] == f"skipped {locked}: cannot be opened; give yourself the right to read it"
