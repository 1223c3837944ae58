"""The one way from a photo to an encoder's pixels, for training, indexing and queries alike."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkseek.sketch.renderer import composite

_REDUCING_GAP = 3.0
"""Whole-number averaging brings the picture to at least this many times the size before the bicubic step."""


def photo_pixels(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """Squeeze a photo to a square: both sides become `size`, the aspect ratio is not kept, nothing is cropped.

    The field's protocol squeezes too, so figures stay comparable. Area averaging, then an antialiased bicubic step.

    Args:
        image: any mode that Pillow converts to RGB or RGBA; transparency is laid over white.
        size: side in pixels.

    Returns:
        uint8 [size, size, 3], RGB.
    """
    opaque = composite(image).convert("RGB")
    return np.asarray(opaque.resize((size, size), Image.Resampling.BICUBIC, reducing_gap=_REDUCING_GAP))
