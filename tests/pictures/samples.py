"""Small pictures that the tests of this folder encode."""

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

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
