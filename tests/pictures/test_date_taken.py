from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from inkseek.errors import PictureError, PictureFault
from inkseek.pictures.decode import date_taken, decode, read_bytes
from inkseek.pictures.files import open_regular


def written(stamp: object, picture_format: str = "JPEG", orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = stamp
    buffer = BytesIO()
    Image.new("RGB", (40, 20), "green").save(buffer, picture_format, exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP"])
def test_the_cameras_clock_is_read_as_utc(picture_format: str, orientation: int) -> None:
    image = decode(written("2020:05:01 23:59:59", picture_format, orientation), "", target=8)
    assert date_taken(image) == 1_588_377_599


@pytest.mark.parametrize(
    "stamp", ["0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday", "", "2020:13:01 00:00:00", "2020:05:01", 7]
)
def test_what_is_no_time_is_no_date(stamp: object) -> None:
    exif = Image.Exif()
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = stamp
    image = Image.new("RGB", (4, 4))
    image.info["exif"] = exif.tobytes()
    assert date_taken(image) is None


@pytest.mark.parametrize("exif", [b"", b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"nonsense" * 9])
def test_damaged_exif_is_no_date(exif: bytes) -> None:
    image = Image.new("RGB", (4, 4))
    image.info["exif"] = exif
    assert date_taken(image) is None


def test_a_date_before_1970_is_negative() -> None:
    assert date_taken(decode(written("1969:12:31 23:59:00"), "")) == -60


def test_only_a_regular_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.jpg").write_bytes(b"x")
    (tmp_path / "a.jpg").symlink_to(tmp_path / "real/a.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with open_regular(tmp_path / "real/a.jpg") as file:
        assert file.read() == b"x"
    for refused in ("a.jpg", "link/a.jpg", "real", "none.jpg"):
        with pytest.raises(OSError):  # noqa: PT011 - each system has its own words
            open_regular(tmp_path / refused)
        with pytest.raises(PictureError) as caught:
            read_bytes(tmp_path / refused, follow_links=False)
        assert caught.value.fault is PictureFault.MISSING
    assert read_bytes(tmp_path / "a.jpg") == b"x"
