"""Pictures of the page: small, in the page itself, and a placeholder where a file can no longer be read."""

import base64
import io
from pathlib import Path

from PIL import Image

from inkseek.errors import PictureError
from inkseek.evaluation.report.html import text
from inkseek.pictures.decode import open_picture
from inkseek.pictures.preprocessing import Preprocessing, read_query

SIDE = 112
"""Longest side of a thumbnail, pixels."""

_QUALITY = 74
_GREYS = 16
_AS_QUERY = Preprocessing(size=SIDE)
_PLACEHOLDER = (
    '<svg class="lost" viewBox="0 0 40 40" role="img" aria-label="{alt} (file not found)">'
    '<path d="M8 10h24v20H8zM8 26l7-7 5 5 4-4 8 7M6 36L34 4"/></svg>'
)


class Thumbnails:
    """Pictures below one folder.

    Attributes:
        lost: pictures asked for that could not be read.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lost = 0

    def photo(self, path: str, alt: str) -> str:
        """A photo as an `img` whose JPEG is in the page."""
        try:
            picture = open_picture(self.root / path, target=SIDE)
        except PictureError:
            return self._placeholder(alt)
        picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        return _image(picture, "jpeg", alt)

    def sketch(self, path: str, alt: str) -> str:
        """A sketch, cut to its ink as an encoder sees it, as an `img` whose PNG is in the page."""
        try:
            pixels = read_query(f"{self.root}/{path}", _AS_QUERY)
        except PictureError:
            return self._placeholder(alt)
        return _image(Image.fromarray(pixels).quantize(_GREYS), "png", alt)

    def _placeholder(self, alt: str) -> str:
        self.lost += 1
        return _PLACEHOLDER.format(alt=text(alt))


def _image(picture: Image.Image, kind: str, alt: str) -> str:
    stream = io.BytesIO()
    picture.save(stream, kind, quality=_QUALITY, optimize=True)
    data = base64.b64encode(stream.getvalue()).decode("ascii")
    width, height = picture.size
    return f'<img src="data:image/{kind};base64,{data}" alt="{text(alt)}" width="{width}" height="{height}">'
