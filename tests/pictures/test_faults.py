"""Every fault of a picture has a guard, and every guard a test that fails without it."""

import os
import struct
import sys
import threading
import time
import warnings
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkseek.errors import PictureError, PictureFault
from inkseek.pictures.decode import decode, open_picture, read_bytes
from inkseek.pictures.limits import DEFAULT_LIMITS, PictureLimits
from tests.pictures.samples import FORMATS, encoded, picture


def refused(data: bytes, source: str, fault: PictureFault, **options: Any) -> str:  # noqa: ANN401 - decode's options
    with pytest.raises(PictureError) as caught:
        decode(data, source, **options)
    assert caught.value.fault is fault
    assert str(caught.value).startswith(f"{source}: ")
    return caught.value.detail


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises any size."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def test_zero_bytes_are_empty() -> None:
    assert "0 bytes" in refused(b"", "photo.jpg", PictureFault.EMPTY)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_truncated_file_is_corrupt(suffix: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    data = encoded(noise, FORMATS[suffix])
    refused(data[: len(data) * 2 // 3], f"photo.{suffix}", PictureFault.CORRUPT)


def test_a_known_suffix_over_unknown_content_is_corrupt() -> None:
    assert "JPEG" in refused(b"<html>not found</html>", "photo.jpg", PictureFault.CORRUPT)


@pytest.mark.parametrize(
    ("data", "source"),
    [
        (b"%PDF-1.7", "upload"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "upload"),
        (b"SIMPLE  =                    T", "upload"),
        (encoded(picture(), "PPM"), "upload"),
        (encoded(picture(), "PNG"), "photo.pdf"),
        (encoded(picture(), "JPEG"), "notes.txt"),
        (b"\0\0\0\x1cftypavif", "upload"),
    ],
)
def test_formats_outside_the_list_are_unsupported(data: bytes, source: str) -> None:
    refused(data, source, PictureFault.UNSUPPORTED)


@pytest.mark.parametrize(("suffix", "content"), [("jpg", "PNG"), ("png", "JPEG"), ("gif", "WEBP"), ("heic", "JPEG")])
def test_a_suffix_that_contradicts_the_content(suffix: str, content: str) -> None:
    detail = refused(encoded(picture(), content), f"photo.{suffix}", PictureFault.WRONG_EXTENSION)
    assert content in detail
    assert "rename" in detail


def test_too_many_bytes_are_refused_without_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "open", pytest.fail)
    data = encoded(picture(), "PNG")
    detail = refused(data, "photo.png", PictureFault.TOO_LARGE, limits=PictureLimits(max_bytes=len(data) - 1))
    assert f"{len(data)} bytes" in detail


@pytest.mark.parametrize("size", [(10_001, 10_000), (13_000, 13_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_decoding(monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", pytest.fail)
    started = time.monotonic()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        detail = refused(png_header(*size), "bomb.png", PictureFault.TOO_LARGE)
    assert "100000000 pixels" in detail
    assert not caught
    assert time.monotonic() - started < 1


def test_the_pixel_limit_itself_is_allowed() -> None:
    data = encoded(picture((60, 40)), "PNG")
    assert decode(data, "photo.png", limits=PictureLimits(max_pixels=2400)).size == (60, 40)
    refused(data, "photo.png", PictureFault.TOO_LARGE, limits=PictureLimits(max_pixels=2399))


def test_between_the_limits_of_pillow_and_ours_no_warning_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2000)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        decode(encoded(picture(), "PNG"), "photo.png")
        decode(encoded(picture(), "GIF"), "photo.gif")
    assert not caught


def test_filters_of_the_process_are_as_before_when_threads_decode(monkeypatch: pytest.MonkeyPatch) -> None:
    before, opened = list(warnings.filters), Image.open

    def slow_open(*arguments: Any, **options: Any) -> Image.Image:  # noqa: ANN401 - Pillow's options
        time.sleep(0.001)
        return opened(*arguments, **options)

    monkeypatch.setattr(Image, "open", slow_open)
    data = encoded(picture(), "PNG")
    threads = [threading.Thread(target=lambda: [decode(data, "upload") for _ in range(5)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


def test_the_size_limit_holds_before_the_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "photo.png"
    with path.open("wb") as file:
        file.truncate(DEFAULT_LIMITS.max_bytes + 1)
    monkeypatch.setattr(Path, "read_bytes", pytest.fail)
    with pytest.raises(PictureError, match="bytes over the limit") as caught:
        open_picture(path)
    assert caught.value.fault is PictureFault.TOO_LARGE


@pytest.mark.parametrize("name", ["none.png", ".", "\0.png", "pipe"])
def test_what_is_no_readable_file_is_missing(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PictureError) as caught:
        read_bytes(tmp_path / name)
    assert caught.value.fault is PictureFault.MISSING


def test_heic_without_its_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    sentence = refused(b"\0\0\0\x18ftypheic" + bytes(40), "photo.heic", PictureFault.UNSUPPORTED)
    assert "extra `heif` (pip install '.[heif]' in its folder)" in sentence


def test_damaged_heic_is_corrupt() -> None:
    pytest.importorskip("pillow_heif")
    refused(b"\0\0\0\x18ftypheic" + bytes(40), "photo.heic", PictureFault.CORRUPT)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_damage_anywhere_gives_a_picture_or_one_error(suffix: str, data: st.DataObject) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {} if suffix in {"gif", "bmp"} else {"exif": exif}
    content = bytearray(encoded(picture((24, 16)), FORMATS[suffix], **options))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(PictureError):
        assert decode(bytes(content), "upload", limits=PictureLimits(max_pixels=10_000), target=8).mode == "RGB"


@pytest.mark.parametrize("level", [0, 0x7F, 0xFF])
def test_damage_to_a_tiff_never_warns(level: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(picture((4, 4)), "TIFF", exif=exif)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for position in range(len(content)):
            with suppress(PictureError):
                decode(content[:position] + bytes([level]) + content[position + 1 :], "photo.tif")
    assert not caught
