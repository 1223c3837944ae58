"""Photos of a gallery as small JPEGs, made when they are asked for; nothing of the file but its pixels goes out."""

import threading
from collections import OrderedDict
from io import BytesIO
from pathlib import Path

from PIL import Image

from inkseek.errors import PictureError
from inkseek.pictures.decode import decode, read_bytes
from inkseek.pictures.limits import DEFAULT_LIMITS
from inkseek.service.errors import not_found

VIEW_SIDE = 2048
"""Longer side of a photo's large view, pixels."""

_QUALITY = 82


def small_jpeg(path: Path, side: int) -> bytes:
    """A photo scaled down to a longer side of at most `side`, as JPEG without any of the file's notes.

    Raises:
        ServiceError: the file is gone, is no longer a picture, or has become a link to somewhere else.
    """
    try:
        data = read_bytes(path, DEFAULT_LIMITS, follow_links=False)
        picture = decode(data, str(path), limits=DEFAULT_LIMITS, target=side)
    except PictureError:
        raise not_found("the photo's file is gone or can no longer be read; bring the gallery up to date") from None
    picture.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=3.0)
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()


class ThumbnailCache:
    """The latest thumbnails, up to so many bytes; threads may share it."""

    def __init__(self, max_bytes: int = 64 * 1024 * 1024) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[object, ...]) -> bytes | None:
        """A kept thumbnail."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: tuple[object, ...], data: bytes) -> None:
        """Keep a thumbnail; the ones not asked for longest go."""
        with self._lock:
            self._bytes += len(data) - len(self._kept.pop(key, b""))
            self._kept[key] = data
            while self._bytes > self._max_bytes:
                self._bytes -= len(self._kept.popitem(last=False)[1])
