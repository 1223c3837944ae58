"""Changes of pictures, pixel by pixel in float64: written from the definitions, with loops."""

import colorsys
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Colour = tuple[float, float, float]


def corner_warp(
    picture: Array, flip: bool, angle: float, scale: tuple[float, float], shift: tuple[float, float], outside: float
) -> Array:
    """One channel [h, w], mirrored if `flip`, then moved by the affine map of dsn.md section 3, bilinear.

    The map takes pixel (x, y) of the picture to R(angle) diag(scale) (x, y) + shift, in pixels from the first one.
    """
    height, width = picture.shape
    source = picture[:, ::-1] if flip else picture
    cos, sin = math.cos(angle), math.sin(angle)
    forward = np.array(
        [
            [scale[0] * cos, -scale[1] * sin, shift[0]],
            [scale[0] * sin, scale[1] * cos, shift[1]],
            [0.0, 0.0, 1.0],
        ]
    )
    inverse = np.linalg.inv(forward)
    result = np.empty((height, width))
    for row in range(height):
        for column in range(width):
            x, y, _ = inverse @ np.array([column, row, 1.0])
            result[row, column] = _bilinear(source, float(x), float(y), outside)
    return result


def _bilinear(picture: Array, x: float, y: float, outside: float) -> float:
    left, top = math.floor(x), math.floor(y)
    total = 0.0
    for row in (top, top + 1):
        for column in (left, left + 1):
            weight = (1 - abs(x - column)) * (1 - abs(y - row))
            inside = 0 <= row < picture.shape[0] and 0 <= column < picture.shape[1]
            total += weight * (float(picture[row, column]) if inside else outside)
    return total


def grey(colour: Colour) -> float:
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def brightened(picture: Array, factor: float) -> Array:
    return _pixel_by_pixel(picture, lambda colour: _mixed(colour, (0.0, 0.0, 0.0), factor))


def contrasted(picture: Array, factor: float) -> Array:
    greys = [grey((r, g, b)) for r, g, b in picture.reshape(3, -1).T.tolist()]
    mean = sum(greys) / len(greys)
    return _pixel_by_pixel(picture, lambda colour: _mixed(colour, (mean, mean, mean), factor))


def saturated(picture: Array, factor: float) -> Array:
    return _pixel_by_pixel(picture, lambda colour: _mixed(colour, (grey(colour),) * 3, factor))


def hue_turned(picture: Array, turn: float) -> Array:
    def turned(colour: Colour) -> Colour:
        hue, saturation, value = colorsys.rgb_to_hsv(*(channel / 255 for channel in colour))
        red, green, blue = colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value)
        return 255 * red, 255 * green, 255 * blue

    return _pixel_by_pixel(picture, turned)


def _mixed(colour: Colour, other: Colour, factor: float) -> Colour:
    red, green, blue = (min(max(factor * a + (1 - factor) * b, 0), 255) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def _pixel_by_pixel(picture: Array, change: Callable[[Colour], Colour]) -> Array:
    """A picture [3, h, w] with every colour changed."""
    result = np.empty_like(picture)
    for row in range(picture.shape[1]):
        for column in range(picture.shape[2]):
            red, green, blue = picture[:, row, column].tolist()
            result[:, row, column] = change((red, green, blue))
    return result
