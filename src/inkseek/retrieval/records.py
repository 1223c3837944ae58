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
    """A picture file that was read.

    Attributes:
        path: absolute.
        size: bytes.
        mtime_ns: modification time.
        sha256: of the file.
        width: pixels, as shown.
        height: pixels, as shown.
        class_name: class of the picture, where it is known.
        taken: seconds since 1970 at which the camera says that it was taken, its clock read as UTC.
    """

    path: Path
    size: int
    mtime_ns: int
    sha256: bytes
    width: int
    height: int
    class_name: str | None = None
    taken: int | None = None


@dataclass(frozen=True)
class BadPicture:
    """A picture file that cannot be used, and why; it is not tried again until its size or time changes."""

    path: Path
    size: int
    mtime_ns: int
    fault: PictureFault
    detail: str


@dataclass(frozen=True)
class PictureRecord:
    """All that a gallery knows of a picture that can be found.

    Attributes:
        id: never given to another.
        path: absolute.
        root: the indexed folder that holds it; None if it lies in none.
        folder: its folder as users see it, see `retrieval/folders.py`; "" for the only root itself, None without root.
        size: bytes.
        mtime_ns: modification time.
        sha256: of the file.
        taken: seconds since 1970 of its EXIF, read as UTC.
        date: `taken`, or else the modification time in seconds.
        width: pixels, as shown.
        height: pixels, as shown.
        class_name: class of the picture, if the gallery knows it.
        tags: in alphabetical order.
    """

    id: int
    path: Path
    root: Path | None
    folder: str | None
    size: int
    mtime_ns: int
    sha256: bytes
    taken: int | None
    date: int
    width: int
    height: int
    class_name: str | None
    tags: tuple[str, ...]

    @property
    def inside(self) -> Path:
        """Path relative to the root; the absolute path of a picture without root."""
        return self.path if self.root is None else self.path.relative_to(self.root)
