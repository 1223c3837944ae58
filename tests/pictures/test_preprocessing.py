"""Photos squeezed to a square, preprocessing as a closed config, and every kind of query file."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkseek.errors import ConfigError, PictureError, PictureFault
from inkseek.pictures.limits import PictureLimits
from inkseek.pictures.photo import photo_pixels
from inkseek.pictures.preprocessing import (
    DRAWING_SUFFIXES,
    PICTURE_SUFFIXES,
    Preprocessing,
    read_query,
    sketch_pixels,
)
from inkseek.sketch.model import Drawing
from inkseek.sketch.renderer import normalise_raster, render

ROOF = [(0, 40), (50, 0), (100, 40), (100, 90), (0, 90), (0, 40)]
SIZE = Preprocessing(size=64)


def sketch_image() -> Image.Image:
    image = Image.new("L", (256, 256), 255)
    ImageDraw.Draw(image).line([(x + 60, y + 90) for x, y in ROOF], fill=0, width=3)
    return image


def refused(path: Path | str, fault: PictureFault, **options: object) -> str:
    with pytest.raises(PictureError) as caught:
        read_query(path, SIZE, **options)  # type: ignore[arg-type]
    assert caught.value.fault is fault
    return str(caught.value)


@pytest.mark.parametrize("size", [(400, 100), (100, 400), (30, 20), (1, 3000), (64, 64)])
def test_a_photo_is_squeezed_not_cropped(size: tuple[int, int]) -> None:
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[size[1] // 2 :, :, 1] = 200
    squeezed = photo_pixels(Image.fromarray(pixels), 32)
    assert squeezed.shape == (32, 32, 3)
    assert squeezed.dtype == np.uint8
    assert squeezed[2, :, 1].max() <= 40
    assert squeezed[-3, :, 1].min() >= 160


def test_fine_patterns_average_out() -> None:
    checks = (np.indices((512, 512)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert np.abs(photo_pixels(Image.fromarray(checks), 64).astype(int) - 127).max() < 10


def test_transparent_photos_lie_on_white() -> None:
    assert photo_pixels(Image.new("RGBA", (40, 40), (0, 0, 0, 0)), 16).min() == 255


def test_preprocessing_is_a_closed_config() -> None:
    tree = {"size": 128, "photo": "squeeze", "sketch_extent": 0.8, "stroke_width": 0.02}
    assert Preprocessing.parse(tree, "config.json").model_dump() == tree
    for wrong in ({"size": 0}, {"size": "128"}, {"size": 64, "photo": "crop"}, {"size": 64, "sketch_extent": 1.5}):
        with pytest.raises(ConfigError, match="config"):
            Preprocessing.parse(wrong, "config.json")


def test_sketch_pixels_obey_the_preprocessing() -> None:
    preprocessing = Preprocessing(size=96, sketch_extent=0.5, stroke_width=0.04)
    drawing, image = Drawing.from_points([ROOF]), sketch_image()
    drawn, placed = sketch_pixels(drawing, preprocessing), sketch_pixels(image, preprocessing)
    np.testing.assert_array_equal(drawn, render(drawing, 96, extent=0.5, stroke_width=0.04))
    np.testing.assert_array_equal(placed, normalise_raster(image, 96, extent=0.5))
    assert drawn[:20].min() == 255


def test_every_kind_of_sketch_file_gives_the_same_sketch(tmp_path: Path) -> None:
    path = "M" + "L".join(f"{x} {y}" for x, y in ROOF)
    (tmp_path / "a.json").write_text(json.dumps({"format": 1, "strokes": [ROOF]}))
    (tmp_path / "a.svg").write_text(f'<svg><path d="{path}" fill="none" stroke="black"/></svg>')
    line = json.dumps({"key_id": "7", "drawing": [list(zip(*ROOF, strict=True))]})
    (tmp_path / "a.ndjson").write_text(f'{{"key_id": "6", "drawing": [[[0, 9], [0, 0]]]}}\n{line}\n')
    for name in ("a.png", "a.jpg", "a.bmp"):
        sketch_image().save(tmp_path / name)
    white_on_nothing = Image.new("RGBA", (256, 256), (255, 255, 255, 0))
    white_on_nothing.putalpha(sketch_image().point([255 - level for level in range(256)]))
    white_on_nothing.save(tmp_path / "b.png")
    drawing = Drawing.from_points([ROOF])
    for name in ("a.json", "a.svg", "a.ndjson#7"):
        np.testing.assert_array_equal(read_query(f"{tmp_path}/{name}", SIZE), render(drawing, 64))
    for name in ("a.png", "a.jpg", "a.bmp", "b.png"):
        expected = normalise_raster(sketch_image(), 64).astype(int)
        assert np.abs(read_query(tmp_path / name, SIZE) - expected).mean() < 2


def test_a_photo_query(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (1200, 900), (200, 30, 30)).save(path)
    pixels = read_query(path, SIZE, modality="photo")
    assert pixels.shape == (64, 64, 3)
    assert np.abs(pixels.astype(int) - (200, 30, 30)).max() < 6


def test_bad_queries(tmp_path: Path) -> None:
    Image.new("L", (50, 50), 255).save(tmp_path / "blank.png")
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "a.png").write_bytes((tmp_path / "blank.png").read_bytes()[:40])
    assert str(tmp_path / "blank.png") in refused(tmp_path / "blank.png", PictureFault.NO_INK)
    refused(tmp_path / "a.png", PictureFault.CORRUPT)
    refused(tmp_path / "a.json", PictureFault.CORRUPT)
    refused(tmp_path / "none.png", PictureFault.MISSING)
    refused(tmp_path / "none.svg", PictureFault.MISSING)
    refused(tmp_path / "a.json", PictureFault.UNSUPPORTED, modality="photo")
    refused(tmp_path / "blank.png", PictureFault.TOO_LARGE, limits=PictureLimits(max_pixels=100))


def test_suffixes_do_not_overlap() -> None:
    assert not PICTURE_SUFFIXES & DRAWING_SUFFIXES
    assert {".jpg", ".png", ".heic"} <= PICTURE_SUFFIXES
