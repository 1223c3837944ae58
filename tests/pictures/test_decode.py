"""Decoding under limits: formats, faults with their guards, orientation, transparency, depth, reduced scale."""

import os
import struct
import sys
import threading
import time
import warnings
import zlib
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from inkseek.errors import PictureError, PictureFault
from inkseek.pictures.decode import decode, decode_rgba, open_picture, read_bytes
from inkseek.pictures.limits import DEFAULT_LIMITS, PictureLimits

FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF", "bmp": "BMP", "tif": "TIFF"}


def picture(size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Red left half, blue right half, green bar on top."""
    pixels = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    pixels[:, : size[0] // 2, 0] = 255
    pixels[:, size[0] // 2 :, 2] = 255
    pixels[: size[1] // 4] = (0, 255, 0)
    return Image.fromarray(pixels)


def encoded(image: Image.Image, picture_format: str, **options: Any) -> bytes:  # noqa: ANN401 - Pillow's options
    stream = BytesIO()
    image.save(stream, picture_format, **options)
    return stream.getvalue()


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


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_of_the_list_is_decoded(suffix: str) -> None:
    data = encoded(picture(), FORMATS[suffix])
    for source in (f"photo.{suffix}", f"PHOTO.{suffix.upper()}", "upload", f"folder.v2/photo.{suffix}"):
        image = decode(data, source)
        assert image.mode == "RGB"
        assert np.abs(np.asarray(image, int)[30, [5, 55]] - [[255, 0, 0], [0, 0, 255]]).max() < 30


def test_the_first_frame_of_an_animation_is_taken() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for name in ("GIF", "WEBP", "PNG", "TIFF"):
        data = encoded(frames[0], name, save_all=True, append_images=frames[1:])
        assert decode(data, "upload").getpixel((4, 4)) == pytest.approx((255, 0, 0), abs=8)


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


def test_filters_of_the_process_are_as_before_when_threads_decode() -> None:
    before = list(warnings.filters)
    data = encoded(picture(), "PNG")
    threads = [threading.Thread(target=lambda: [decode(data, "upload") for _ in range(30)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_exif_is_applied(suffix: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(picture(), FORMATS[suffix], exif=exif)
    expected = ImageOps.exif_transpose(Image.open(BytesIO(data))).convert("RGB")
    assert decode(data, "upload").size == ((60, 40) if orientation < 5 else (40, 60))
    np.testing.assert_array_equal(np.asarray(decode(data, "upload")), np.asarray(expected))


def test_a_photo_stored_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(picture().transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif)
    np.testing.assert_array_equal(np.asarray(decode(data, "photo.png")), np.asarray(picture()))


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\0\x09"]
)
def test_broken_exif_does_not_lose_the_photo(exif: bytes) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert decode(encoded(picture(), "JPEG", exif=exif), "photo.jpg").size == (60, 40)
    assert not caught


def _half_transparent(image: Image.Image) -> Image.Image:
    layer = image.convert("RGBA")
    layer.putalpha(Image.fromarray(np.repeat(np.array([[0] * 30 + [255] * 30], np.uint8), 40, axis=0)))
    return layer


@pytest.mark.parametrize(("name", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {})])
def test_transparency_is_laid_over_white_or_kept(name: str, options: dict[str, Any]) -> None:
    data = encoded(_half_transparent(picture()), name, **options)
    flat, kept = decode(data, "upload"), decode_rgba(data, "upload")
    assert flat.mode == "RGB"
    assert flat.getpixel((5, 30)) == (255, 255, 255)
    assert flat.getpixel((55, 30)) == (0, 0, 255)
    assert kept.mode == "RGBA"
    assert kept.getchannel("A").getextrema() == (0, 255)
    assert decode_rgba(encoded(picture(), name), "upload").mode == "RGB"


def test_a_transparent_palette_is_laid_over_white() -> None:
    image = picture().quantize(4)
    red = image.getpixel((5, 30))
    for transparency in (red, bytes(0 if index == red else 255 for index in range(4))):
        assert decode(encoded(image, "PNG", transparency=transparency), "x.png").getpixel((5, 30)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("convert", "name"),
    [
        (lambda image: image.convert("L"), "PNG"),
        (lambda image: image.convert("1"), "PNG"),
        (lambda image: image.convert("LA"), "PNG"),
        (lambda image: image.quantize(16), "PNG"),
        (lambda image: image.convert("CMYK"), "JPEG"),
        (lambda image: image.convert("CMYK"), "TIFF"),
        (lambda image: image.convert("L"), "JPEG"),
        (lambda image: Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257), "PNG"),
        (lambda image: Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257), "TIFF"),
        (lambda image: Image.fromarray(np.asarray(image.convert("L"), np.int32) * 70_000), "TIFF"),
        (lambda image: Image.fromarray(np.asarray(image.convert("L"), np.float32) / 255), "TIFF"),
    ],
)
def test_every_depth_and_colour_space_keeps_its_levels(
    convert: Callable[[Image.Image], Image.Image], name: str
) -> None:
    gradient = Image.linear_gradient("L").convert("RGB")
    levels = np.asarray(decode(encoded(convert(gradient), name), "upload").convert("L"), int)
    assert levels.shape == (256, 256)
    assert levels[0].mean() <= 10
    assert levels[-1].mean() >= 245
    assert levels[128].mean() == pytest.approx(128, abs=10)


def test_a_reduced_scale_decode_keeps_colour_and_enough_pixels() -> None:
    rng = np.random.default_rng(0)
    rough = Image.fromarray(rng.integers(0, 256, (15, 20, 3), dtype=np.uint8)).resize((2000, 1500), 3)
    data = encoded(rough, "JPEG", quality=90)
    full, reduced = decode(data, "a.jpg"), decode(data, "a.jpg", target=128)
    assert full.size == (2000, 1500)
    assert reduced.size == (500, 375)
    difference = np.asarray(full, float).mean((0, 1)) - np.asarray(reduced, float).mean((0, 1))
    assert np.abs(difference).max() < 1
    small = [np.asarray(image.resize((128, 128), reducing_gap=3), float) for image in (full, reduced)]
    assert np.abs(small[0] - small[1]).mean() < 2


@pytest.mark.parametrize(
    ("size", "target"), [((2000, 1500), 128), ((700, 520), 128), ((300, 200), 128), ((3000, 400), 224)]
)
def test_the_shorter_side_never_falls_below_the_target(size: tuple[int, int], target: int) -> None:
    side = min(decode(encoded(picture(size), "JPEG"), "a.jpg", target=target).size)
    assert side >= min(target, *size)
    assert decode(encoded(picture(size), "PNG"), "a.png", target=target).size == size


def test_open_picture_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(picture(), "PNG"))
    assert open_picture(path).size == (60, 40)


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


def test_heic_is_decoded_with_its_extra() -> None:
    heif = pytest.importorskip("pillow_heif")
    stream = BytesIO()
    heif.from_pillow(picture((64, 48))).save(stream, quality=90)
    image = decode(stream.getvalue(), "photo.heic")
    assert image.size == (64, 48)
    assert image.getpixel((60, 40)) == pytest.approx((0, 0, 255), abs=40)


def test_heic_without_its_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert "inkseek[heif]" in refused(b"\0\0\0\x18ftypheic" + bytes(40), "photo.heic", PictureFault.UNSUPPORTED)


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
