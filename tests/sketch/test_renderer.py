"""The one way from a sketch to pixels: invariances, extents, and likeness of strokes and pictures."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from inkseek.errors import PictureError, PictureFault
from inkseek.sketch.model import Drawing, Stroke
from inkseek.sketch.renderer import composite, normalise_raster, render

Grey = NDArray[np.uint8]

HOUSE = [
    [(0, 40), (50, 0), (100, 40), (100, 90), (0, 90), (0, 40)],
    [(40, 90), (40, 60), (60, 60), (60, 90)],
    [(80, 20)],
]
STROKES = st.lists(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=2, max_size=12), min_size=1, max_size=5
).filter(lambda strokes: len({point for stroke in strokes for point in stroke}) > 1)


def page(size: tuple[int, int] = (256, 256), paper: int = 255, ink: int = 0, width: int = 3) -> Image.Image:
    """A house in the lower right part of a page."""
    image = Image.new("L", size, paper)
    pen = ImageDraw.Draw(image)
    for stroke in HOUSE:
        pen.line([(x + size[0] // 3, y + size[1] // 2) for x, y in stroke], fill=ink, width=width)
    return image


def ink_box(pixels: Grey) -> tuple[int, int, int, int]:
    box = Image.fromarray(255 - pixels).point([255 * (level > 60) for level in range(256)]).getbbox()
    assert box is not None
    return box


def difference(one: Grey, other: Grey) -> float:
    """Mean difference in 0..1, blind to shifts of a fraction of a pixel."""
    soft = [np.asarray(Image.fromarray(x).filter(ImageFilter.BoxBlur(1)), dtype=float) for x in (one, other)]
    return float(np.abs(soft[0] - soft[1]).mean() / 255)


@pytest.mark.parametrize("size", [64, 128, 224])
@pytest.mark.parametrize("extent", [0.5, 0.9, 1.0])
@pytest.mark.parametrize("points", [[(0, 0), (9, 4)], [(0, 0), (4, 9)], [(0, 0), (9, 9)]])
def test_ink_fills_the_extent_and_is_centred(size: int, extent: float, points: list[tuple[int, int]]) -> None:
    left, top, right, bottom = ink_box(render(Drawing.from_points([points]), size, extent=extent))
    assert max(right - left, bottom - top) == pytest.approx(extent * size, abs=1.6)
    assert left + right == pytest.approx(size, abs=1.1)
    assert top + bottom == pytest.approx(size, abs=1.1)


@settings(max_examples=60, deadline=None)
@given(STROKES, st.floats(0.01, 100), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
def test_render_ignores_translation_and_scale(
    strokes: list[list[tuple[int, int]]], scale: float, right: float, down: float
) -> None:
    moved = [[(x * scale + right, y * scale + down) for x, y in stroke] for stroke in strokes]
    same = render(Drawing.from_points(strokes), 64)
    assert difference(same, render(Drawing.from_points(moved), 64)) < 0.01


def test_render_ignores_where_in_the_unit_square_the_strokes_lie() -> None:
    small = Stroke(np.array([[0.1, 0.1], [0.3, 0.2]], dtype=np.float32))
    large = Drawing.from_points([[(0, 0), (2, 1)]])
    assert difference(render(Drawing((small,)), 64), render(large, 64)) < 0.002


@pytest.mark.parametrize("size", [96, 128, 160, 224])
def test_line_width_is_a_fraction_of_the_side(size: int) -> None:
    pixels = render(Drawing.from_points([[(0, 0), (1, 0)]]), size)
    width = (255 - pixels[:, size // 2].astype(float)).sum() / 255
    assert width == pytest.approx(0.0125 * size, abs=0.2)


@pytest.mark.parametrize("degrees", range(0, 180, 15))
def test_a_line_is_as_wide_in_every_direction(degrees: int) -> None:
    end = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    pixels = render(Drawing.from_points([[(0.0, 0.0), tuple(end)]]), 128, extent=0.6)
    length = (0.6 - 0.0125) * 128 / np.abs(end).max()
    assert (255 - pixels.astype(float)).sum() / 255 / length == pytest.approx(0.0125 * 128, rel=0.13)


def test_lines_are_antialiased_dark_on_white() -> None:
    pixels = render(Drawing.from_points(HOUSE), 128)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (128, 128)
    assert pixels.min() == 0
    assert pixels.max() == 255
    assert len(np.unique(pixels)) > 8
    assert pixels.mean() > 200


def test_a_dot_and_a_lone_point_leave_ink() -> None:
    assert render(Drawing.from_points([[(5, 5)]]), 128).min() < 170


def test_sharp_corners_have_round_joints() -> None:
    pixels = render(Drawing.from_points([[(0, 0), (50, 2), (0, 4)]]), 128, stroke_width=0.1)
    assert ink_box(pixels)[2] == pytest.approx(0.95 * 128, abs=1.5)


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize("canvas", [(256, 256), (400, 300), (240, 1000)])
def test_a_picture_is_placed_at_the_extent(size: int, canvas: tuple[int, int]) -> None:
    left, top, right, bottom = ink_box(normalise_raster(page(canvas), size))
    assert max(right - left, bottom - top) == pytest.approx(0.9 * size, abs=1.1)
    assert left + right == pytest.approx(size, abs=1.1)
    assert top + bottom == pytest.approx(size, abs=1.1)


@pytest.mark.parametrize("side", [256, 512, 1600])
def test_strokes_and_pictures_look_alike(side: int) -> None:
    scale = side / 256
    image = Image.new("L", (side, side), 255)
    for stroke in HOUSE:
        line = [(x * scale + 30 * scale, y * scale + 60 * scale) for x, y in stroke]
        ImageDraw.Draw(image).line(line, fill=0, width=round(1.6 * scale), joint="curve")
    vector = render(Drawing.from_points(HOUSE[:2]), 128)
    raster = normalise_raster(image, 128)
    assert difference(vector, raster) < 0.04
    assert raster.min() < 20
    ink = (255 - raster.astype(float)).mean() / (255 - vector.astype(float)).mean()
    assert 0.6 < ink < 1.6


def test_thin_lines_of_a_large_scan_stay_dark() -> None:
    assert np.quantile(normalise_raster(page((2000, 2000), width=1).resize((4000, 4000)), 128), 0.02) < 60


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.integers(150, 255), st.integers(1, 6))
def test_light_ink_on_dark_equals_dark_ink_on_light(ink: int, paper: int, width: int) -> None:
    dark = page(paper=paper, ink=ink, width=width)
    light = dark.point([255 - level for level in range(256)])
    np.testing.assert_array_equal(normalise_raster(dark, 64), normalise_raster(light, 64))


@settings(max_examples=20, deadline=None)
@given(STROKES, st.booleans())
def test_inversion_changes_nothing(strokes: list[list[tuple[int, int]]], wide: bool) -> None:
    image = Image.new("L", (260, 260), 255)
    for stroke in strokes:
        ImageDraw.Draw(image).line([(x + 30, y + 30) for x, y in stroke], fill=0, width=5 if wide else 2)
    inverse = image.point([255 - level for level in range(256)])
    np.testing.assert_array_equal(normalise_raster(image, 64), normalise_raster(inverse, 64))


def _transparent(ink: int) -> Image.Image:
    image = Image.new("RGBA", (256, 256), (0, 0, 0, 0))
    image.paste((ink, ink, ink, 255), mask=page().point([255 - level for level in range(256)]))
    return image


def _palette(image: Image.Image) -> Image.Image:
    paletted = image.convert("P")
    paletted.info["transparency"] = bytes([255] * 256)
    return paletted


@pytest.mark.parametrize(
    "variant",
    [
        lambda image: image.convert("RGB"),
        lambda image: image.convert("1"),
        lambda image: image.convert("RGBA"),
        lambda image: image.convert("LA"),
        _palette,
        lambda _: _transparent(ink=0),
        lambda _: _transparent(ink=255),
    ],
    ids=["rgb", "1", "rgba", "la", "palette", "black on nothing", "white on nothing"],
)
def test_modes_and_transparency_change_nothing(variant: Callable[[Image.Image], Image.Image]) -> None:
    image = page()
    np.testing.assert_allclose(
        normalise_raster(variant(image), 128).astype(int), normalise_raster(image, 128).astype(int), atol=1
    )


def test_composite_lays_transparency_over_white() -> None:
    image = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    image.putpixel((1, 0), (10, 20, 30, 255))
    assert np.asarray(composite(image)).tolist() == [[[255, 255, 255], [10, 20, 30]]]


def test_paper_grain_and_compression_noise_do_not_widen_the_box() -> None:
    noise = np.random.default_rng(0).normal(0, 5, (256, 256))
    noisy = Image.fromarray(np.clip(np.asarray(page(paper=230, ink=40), dtype=float) + noise, 0, 255).astype(np.uint8))
    clean, grained = normalise_raster(page(), 128), normalise_raster(noisy, 128)
    assert ink_box(grained) == ink_box(clean)
    assert np.median(grained) == 255


def test_unevenly_lit_paper_is_levelled() -> None:
    shade = np.linspace(1, 0.45, 256)[None, :] * np.linspace(1, 0.8, 256)[:, None]
    scan = Image.fromarray((np.asarray(page(paper=235, ink=30)) * shade).astype(np.uint8))
    clean, levelled = normalise_raster(page(), 128), normalise_raster(scan, 128)
    assert ink_box(levelled) == ink_box(clean)
    assert difference(clean, levelled) < 0.05


def test_a_frame_at_the_border_is_ink_not_paper() -> None:
    image = page()
    ImageDraw.Draw(image).rectangle((0, 0, 255, 255), outline=0, width=2)
    assert np.median(normalise_raster(image, 128)) == 255


@pytest.mark.parametrize(
    "image",
    [
        Image.new("L", (64, 64), 255),
        Image.new("L", (64, 64), 0),
        Image.new("RGB", (64, 64), (90, 10, 200)),
        Image.new("RGBA", (64, 64), (0, 0, 0, 0)),
        Image.new("L", (1, 1), 0),
        page(paper=200, ink=190),
    ],
)
def test_blank_pictures_have_no_ink(image: Image.Image) -> None:
    with pytest.raises(PictureError, match=r"blank\.png: shows no ink") as caught:
        normalise_raster(image, 64, source="blank.png")
    assert caught.value.fault is PictureFault.NO_INK


@pytest.mark.parametrize("size", [(1, 4000), (4000, 1), (3, 3), (5, 900)])
def test_odd_shapes_are_placed(size: tuple[int, int]) -> None:
    image = Image.new("L", size, 255)
    image.putpixel((size[0] // 2, size[1] // 2), 0)
    pixels = normalise_raster(image, 64)
    assert pixels.shape == (64, 64)
    assert pixels.min() == 0
