"""How much of a picture is read before it is refused."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PictureLimits:
    """Bounds that are checked before a picture's pixels are decoded.

    Attributes:
        max_bytes: size of the file in bytes.
        max_pixels: width times height in pixels.
    """

    max_bytes: int = 64 * 1024 * 1024
    max_pixels: int = 100_000_000


DEFAULT_LIMITS = PictureLimits()
