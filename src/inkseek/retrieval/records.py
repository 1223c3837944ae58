"""What a gallery knows: its encoder, picture files read and refused, pictures stored."""

from dataclasses import dataclass
from pathlib import Path

from inkseek.errors import PictureFault


@dataclass(frozen=True)
class Description:
    """The encoder whose vectors a gallery holds.

    Attributes:
        fingerprint: fingerprint of its model folder.
        model: its name.
        source: how to open it again: `bundled` or an absolute path.
        dimension: length `d` of a vector.
        size: side of the pictures it takes, pixels.
    """

    fingerprint: str
    model: str
    source: str
    dimension: int
    size: int


@dataclass(frozen=True)
class PictureFile:
    """A picture file that was read; `size` in bytes, `width` and `height` in pixels as shown."""

    path: Path
    size: int
    mtime_ns: int
    sha256: bytes
    width: int
    height: int
    class_name: str | None = None


@dataclass(frozen=True)
class BadPicture:
    """A picture file that cannot be used, and why; it is not tried again until its size or time changes."""

    path: Path
    size: int
    mtime_ns: int
    fault: PictureFault
    detail: str


@dataclass(frozen=True)
class StoredPicture:
    """A picture of the gallery as search shows it."""

    id: int
    path: Path
    width: int
    height: int
    class_name: str | None
