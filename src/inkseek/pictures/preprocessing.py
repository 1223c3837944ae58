"""Preprocessing as a model folder states it, and the way from any query file to an encoder's pixels."""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from inkseek.config import Config
from inkseek.errors import PictureError, PictureFault
from inkseek.pictures.decode import SUFFIX_FORMATS, decode, decode_rgba, read_bytes
from inkseek.pictures.limits import DEFAULT_LIMITS, PictureLimits
from inkseek.pictures.photo import photo_pixels
from inkseek.sketch.model import Drawing
from inkseek.sketch.readers import DRAWING_SUFFIXES, drawing_suffix, read_drawing
from inkseek.sketch.renderer import DEFAULT_EXTENT, DEFAULT_STROKE_WIDTH, normalise_raster, render

__all__ = ["DRAWING_SUFFIXES", "PICTURE_SUFFIXES", "Preprocessing", "read_query", "sketch_pixels"]

PICTURE_SUFFIXES = frozenset(SUFFIX_FORMATS)
"""Suffixes, lower case, of the files that may hold a picture."""


class Preprocessing(Config):
    """How sketches and photos become an encoder's pixels.

    Attributes:
        size: side of the square that the encoder takes, in pixels.
        photo: `squeeze` scales both sides to `size` without keeping the aspect ratio.
        sketch_extent: longer side of a sketch's ink as a fraction of the side.
        stroke_width: width of a drawn line as a fraction of the side.
    """

    size: Annotated[int, Field(ge=16, le=1024)]
    photo: Literal["squeeze"] = "squeeze"
    sketch_extent: Annotated[float, Field(gt=0, le=1)] = DEFAULT_EXTENT
    stroke_width: Annotated[float, Field(gt=0, le=0.2)] = DEFAULT_STROKE_WIDTH


def sketch_pixels(
    sketch: Drawing | Image.Image, preprocessing: Preprocessing, *, source: str = "sketch"
) -> NDArray[np.uint8]:
    """Pixels of a drawing or of a picture of a sketch.

    Returns:
        uint8 [size, size], dark ink on white.

    Raises:
        PictureError: `NO_INK` for a blank picture, under the name `source`.
    """
    size, extent = preprocessing.size, preprocessing.sketch_extent
    if isinstance(sketch, Drawing):
        return render(sketch, size, extent=extent, stroke_width=preprocessing.stroke_width)
    return normalise_raster(sketch, size, extent=extent, source=source)


def read_query(
    path: Path | str,
    preprocessing: Preprocessing,
    *,
    modality: Literal["sketch", "photo"] = "sketch",
    limits: PictureLimits = DEFAULT_LIMITS,
) -> NDArray[np.uint8]:
    """Pixels of a query file: a picture, or strokes as SVG, JSON or ndjson (`file.ndjson#key_id` picks one).

    Returns:
        uint8 [size, size] for a sketch, uint8 [size, size, 3] for a photo.

    Raises:
        PictureError: the file is missing, damaged, too large or of another format; strokes are no photo.
    """
    source = str(path)
    if drawing_suffix(path) is not None:
        if modality == "photo":
            raise PictureError(source, PictureFault.UNSUPPORTED, "strokes are no photo; search with it as a sketch")
        return sketch_pixels(read_drawing(path), preprocessing)
    data = read_bytes(Path(path), limits)
    if modality == "photo":
        return photo_pixels(decode(data, source, limits=limits, target=preprocessing.size), preprocessing.size)
    return sketch_pixels(decode_rgba(data, source, limits=limits), preprocessing, source=source)
