"""The one way from a sketch to pixels, for training, evaluation, search and the page alike.

Dark ink on white; the ink's box, line included, has its longer side at a fixed extent of the canvas and is centred.
Strokes are drawn at a fixed width (`render`); pictures of sketches are brought to the same look (`normalise_raster`).
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from inkseek.errors import PictureError, PictureFault
from inkseek.sketch.model import Drawing

DEFAULT_EXTENT = 0.9
"""Longer side of the ink's box as a fraction of the canvas."""

DEFAULT_STROKE_WIDTH = 0.0125
"""Width of a line as a fraction of the canvas: 1.6 px at 128 px."""

_SUPERSAMPLING = 8
"""Pillow draws lines between whole pixels: at four times the size slanted ones came out up to a quarter too thin."""

_WHITE = 255
_INK_FLOOR = 24
"""Fewest grey levels between ink and paper; less is paper grain and compression noise."""

_PAPER_SPREAD = 24
"""Levels between the quartiles of the border beyond which the paper counts as unevenly lit."""

_MAJORITY = 0.75
"""Share of the picture near its median from which on that median is the paper, whatever the border shows."""

_CUT = 0.35
"""Share of the full ink above which a pixel counts for the ink's box."""

_TOE = 0.12
"""Share of the full ink below which a pixel is paper."""


def render(
    drawing: Drawing, size: int, *, extent: float = DEFAULT_EXTENT, stroke_width: float = DEFAULT_STROKE_WIDTH
) -> NDArray[np.uint8]:
    """Draw strokes with a round pen of fixed width.

    The strokes' box and half a line on each side fill `extent * size` on the longer side, centred. Lines are drawn
    at eight times the size and averaged over 8 x 8 pixels, which keeps their width to an eighth of a pixel. Time and
    pressure do not show.

    Args:
        drawing: strokes in the unit square; only their shape counts, not where in the square they lie.
        size: side of the canvas in pixels.
        extent: longer side of the ink's box as a fraction of the canvas.
        stroke_width: width of a line as a fraction of the canvas.

    Returns:
        uint8 [size, size], 0 is ink and 255 is paper.
    """
    side = size * _SUPERSAMPLING
    width = max(1, round(stroke_width * side))
    left, top, right, bottom = drawing.box
    longer = max(right - left, bottom - top)
    scale = max(0.0, extent * side - width) / longer if longer > 0 else 0.0
    centre = np.array([left + right, top + bottom]) / 2
    canvas = Image.new("L", (side, side), _WHITE)
    pen = ImageDraw.Draw(canvas)
    for stroke in drawing.strokes:
        _draw(pen, (stroke.points - centre) * scale + (side - 1) / 2, width)
    return np.asarray(canvas.reduce(_SUPERSAMPLING))


def _draw(pen: ImageDraw.ImageDraw, points: NDArray[np.floating], width: int) -> None:
    """Draw one stroke; points that fall on the pixel of the point before them are left out."""
    grid = np.rint(points).astype(int)
    moved = np.ones(len(grid), dtype=bool)
    moved[1:] = (grid[1:] != grid[:-1]).any(axis=1)
    corners: list[tuple[int, int]] = [(x, y) for x, y in grid[moved].tolist()]
    if len(corners) > 1:
        pen.line(corners, fill=0, width=width)
    before, after = width // 2, (width - 1) // 2
    for x, y in corners:
        pen.ellipse((x - before, y - before, x + after, y + after), fill=0)


def normalise_raster(
    image: Image.Image, size: int, *, extent: float = DEFAULT_EXTENT, source: str = "sketch"
) -> NDArray[np.uint8]:
    """Bring a picture of a sketch to the look of `render`.

    1. Transparency is composited on white (on black where white leaves nothing to see), colour becomes grey.
    2. Paper is the median of the border, or of the whole picture where three quarters of it lie near that level (a
       frame around the sketch is ink). Ink is dark or light, whichever side of the paper holds the larger sum of
       cubed differences: thin ink is few pixels far from the paper, shading is many pixels near it. Paper whose
       border is unevenly lit is replaced by a smooth map of itself.
    3. Full ink is the 90th percentile of what differs from the paper by at least 24 levels; the differences are
       stretched so that 12 % of full ink is paper and full ink is black, which drops paper grain and compression noise.
    4. The box of everything above 35 % of full ink is cut out, scaled to `extent * size` and centred.
    5. Scaling a thin line down averages it with the paper and turns it pale: the contrast is stretched once more so
       that the upper quartile of the inked pixels is black. A line of a large scan and a line of a 256 px sketch get
       the darkness of a line that `render` draws; their width stays in proportion to the drawing.

    Args:
        image: any mode that Pillow converts to RGB or RGBA.
        size: side of the canvas in pixels.
        extent: longer side of the ink's box as a fraction of the canvas.
        source: name for error messages.

    Returns:
        uint8 [size, size], 0 is ink and 255 is paper.

    Raises:
        PictureError: `NO_INK` for a blank picture.
    """
    factor = max(1, max(image.size) // (8 * size))
    ink = None
    for ground in (_WHITE, 0) if image.has_transparency_data else (_WHITE,):
        grey = composite(image, ground).convert("L")
        ink = _ink(grey.reduce(factor) if factor > 1 else grey)
        if ink is not None:
            break
    box = None if ink is None else ink.point([_WHITE * (level > _CUT * _WHITE) for level in range(256)]).getbbox()
    if ink is None or box is None:
        raise PictureError(source, PictureFault.NO_INK, "shows no ink; give a sketch with lines that differ from paper")
    return _placed(ink.crop(box), size, extent)


def composite(image: Image.Image, ground: int = _WHITE) -> Image.Image:
    """Opaque picture, RGB or L, with transparent pixels laid over a ground of one grey level (255 is white)."""
    if not image.has_transparency_data:
        return image if image.mode in {"RGB", "L"} else image.convert("RGB")
    layer = image.convert("RGBA")
    result = Image.new("RGB", image.size, (ground, ground, ground))
    result.paste(layer, mask=layer.getchannel("A"))
    return result


def _ink(grey: Image.Image) -> Image.Image | None:
    """Amount of ink [h, w] in 0..255, or None where nothing differs from the paper."""
    low, paper, high = _paper_levels(grey)
    levels = np.arange(256)
    histogram = np.asarray(grey.histogram(), dtype=np.float64)
    cubed = histogram * (levels - paper) ** 3
    light_ink = float(cubed.sum()) > 0
    if light_ink:
        grey, paper = ImageChops.invert(grey), _WHITE - paper
    if high - low > _PAPER_SPREAD:
        contrast = ImageChops.subtract(_lit_paper(grey), grey)
    else:
        contrast = grey.point(np.clip(np.rint(paper) - levels, 0, None).astype(int).tolist())
    counts = np.asarray(contrast.histogram(), dtype=np.float64)
    counts[:_INK_FLOOR] = 0
    if not counts.any():
        return None
    full = int(np.searchsorted(counts.cumsum(), 0.9 * counts.sum()))
    return contrast.point(_stretch(_TOE * full, full))


def _paper_levels(grey: Image.Image) -> tuple[float, float, float]:
    """Lower quartile, median and upper quartile of the paper."""
    pixels = np.asarray(grey)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    low, paper, high = np.percentile(border, (25, 50, 75))
    middle = float(np.median(pixels))
    if abs(middle - paper) > _PAPER_SPREAD and np.mean(np.abs(pixels - middle) <= _PAPER_SPREAD) > _MAJORITY:
        return middle, middle, middle
    return float(low), float(paper), float(high)


def _lit_paper(grey: Image.Image) -> Image.Image:
    """Smooth map of light paper under dark ink: local maximum on a small copy, blurred."""
    small = grey.reduce(max(1, max(grey.size) // 64))
    return small.filter(ImageFilter.MaxFilter(9)).filter(ImageFilter.GaussianBlur(4)).resize(grey.size)


def _stretch(black: float, white: float) -> list[int]:
    """Table that maps levels up to `black` to 0 and from `white` on to 255, linear between."""
    ramp = (np.arange(256) - black) / max(white - black, 1e-6)
    table: list[int] = np.rint(np.clip(ramp, 0, 1) * 255).astype(int).tolist()
    return table


def _placed(ink: Image.Image, size: int, extent: float) -> NDArray[np.uint8]:
    """Scale the ink to its extent, centre it, restore its darkness and turn it into dark on white."""
    scale = extent * size / max(ink.size)
    width, height = (max(1, round(side * scale)) for side in ink.size)
    scaled = ink.resize((width, height), Image.Resampling.BICUBIC)
    canvas = Image.new("L", (size, size), 0)
    canvas.paste(scaled, ((size - width) // 2, (size - height) // 2))
    counts = np.asarray(canvas.histogram(), dtype=np.float64)
    counts[:_INK_FLOOR] = 0
    line = int(np.searchsorted(counts.cumsum(), 0.75 * counts.sum())) if counts.any() else _WHITE
    return np.asarray(ImageChops.invert(canvas.point(_stretch(0, line))))
