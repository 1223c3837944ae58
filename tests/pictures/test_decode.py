"""Decoding what is sound: formats, orientation, transparency, depth, reduced scale."""

import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from inkseek.pictures.decode import decode, decode_rgba, open_picture
from tests.pictures.samples import FORMATS, encoded, picture


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
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_broken_exif_does_not_lose_the_photo(name: str, exif: bytes) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert decode(encoded(picture(), name, exif=exif), "upload").size == (60, 40)
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


def test_heic_is_decoded_with_its_extra() -> None:
    heif = pytest.importorskip("pillow_heif")
    stream = BytesIO()
    heif.from_pillow(picture((64, 48))).save(stream, quality=90)
    image = decode(stream.getvalue(), "photo.heic")
    assert image.size == (64, 48)
    assert image.getpixel((60, 40)) == pytest.approx((0, 0, 255), abs=40)
