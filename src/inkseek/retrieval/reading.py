"""One picture file of a folder: pixels for the encoder, or the reason why not."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from inkseek.errors import PictureError, PictureFault
from inkseek.pictures.decode import date_taken, decode, read_bytes
from inkseek.pictures.limits import PictureLimits
from inkseek.pictures.photo import photo_pixels
from inkseek.retrieval.changes import Pending
from inkseek.retrieval.records import BadPicture, PictureFile

ClassOf = Callable[[Path], str | None]
"""Class name of a photo by its path, where folders say it."""


@dataclass(frozen=True)
class Photo:
    """A photo that was read; `known` if the gallery holds its path already."""

    file: PictureFile
    pixels: NDArray[np.uint8]
    known: bool


@dataclass(frozen=True)
class Same:
    """A file whose time changed and whose content did not."""

    path: Path
    mtime_ns: int


@dataclass(frozen=True)
class Unreadable:
    """A file that could not be opened: gone meanwhile, locked, or a link by now. The next run tries again."""

    path: Path


Outcome = Photo | Same | Unreadable | BadPicture


def unknown_class(_path: Path) -> str | None:
    """Nothing is known of a photo's class."""
    return None


def read_photo(pending: Pending, *, size: int, limits: PictureLimits, class_of: ClassOf) -> Outcome:
    """Read a file once: hash it, and decode it unless its content is what the gallery knows.

    Args:
        pending: file to read.
        size: side of the encoder's pixels; a large JPEG is decoded at a reduced scale.
        limits: limits of a picture file.
        class_of: class of a photo by its path.
    """
    try:
        data = read_bytes(pending.path, limits, follow_links=False)
        sha256 = hashlib.sha256(data).digest()
        if sha256 == pending.sha256:
            return Same(pending.path, pending.mtime_ns)
        image = decode(data, str(pending.path), limits=limits, target=size)
        pixels = photo_pixels(image, size)
    except PictureError as error:
        if error.fault is PictureFault.MISSING:
            return Unreadable(pending.path)
        return BadPicture(pending.path, pending.size, pending.mtime_ns, error.fault, error.detail)
    width, height = _shown_size(data, image)
    class_name = class_of(pending.path)
    facts = (pending.size, pending.mtime_ns, sha256, width, height)
    file = PictureFile(pending.path, *facts, class_name, date_taken(image))
    return Photo(file, pixels, pending.known)


def _shown_size(data: bytes, image: Image.Image) -> tuple[int, int]:
    """Full width and height as shown, also of a JPEG that was decoded at a reduced scale."""
    if not data.startswith(b"\xff\xd8"):
        return image.size
    stored = JpegImageFile(BytesIO(data)).size
    turned = (stored[0] > stored[1]) != (image.width > image.height)
    return stored[::-1] if turned else stored
