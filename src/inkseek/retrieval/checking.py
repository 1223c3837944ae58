"""Looking for damage in a gallery: in its database, in its vectors, and among the photos on disk."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inkseek.errors import DamagedGalleryError
from inkseek.pictures.files import open_regular
from inkseek.retrieval.database import DATABASE
from inkseek.retrieval.gallery import VECTOR, Gallery
from inkseek.retrieval.pipeline import Progress

NORM_TOLERANCE = 0.01
"""How far from 1 the length of a stored vector may be; rounding to float16 stays below a tenth of it."""

MAX_MESSAGES = 100
"""Messages of SQLite about one database."""

_PAGE = 4096

_ROWS = """
    SELECT id, path, feature FROM pictures LEFT JOIN vectors ON picture = id
    WHERE state = 'ready' AND id > ? ORDER BY id LIMIT ?
"""

_FILES = "SELECT id, path, size, sha256 FROM pictures WHERE state = 'ready' AND id > ? ORDER BY id LIMIT ?"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        subject: the database, or the path of a picture.
        fault: what is wrong.
        remedy: what to do about it.
    """

    subject: str
    fault: str
    remedy: str


def verify(folder: Path, *, files: bool = False, progress: Progress | None = None) -> Iterator[Finding]:
    """Check a gallery: SQLite's own checks, and length, numbers and norm of every vector.

    Nothing is changed. Where the database is too damaged to go on, the last finding says so.

    Args:
        folder: of the gallery.
        files: also read every photo on disk and compare its hash.
        progress: told how far the check of vectors, and then of files, is.

    Raises:
        GalleryError: no gallery there, not ours, of a newer format, or not to be opened.
    """
    try:
        with Gallery.open(folder, write=False) as gallery:
            with gallery.transaction(write=False):
                yield from _database_findings(gallery)
                yield from _vector_findings(gallery, progress)
            if files:
                yield from _file_findings(gallery, progress)
    except DamagedGalleryError:
        yield Finding(DATABASE, "is damaged and cannot be read further", _restore(folder))


def _restore(folder: Path) -> str:
    return f"restore {folder} from a copy, or remove it and index the photos again"


def _database_findings(gallery: Gallery) -> Iterator[Finding]:
    remedy = _restore(gallery.folder)
    for (message,) in gallery.rows(f"PRAGMA integrity_check({MAX_MESSAGES})"):
        if message != "ok":
            yield Finding(DATABASE, " ".join(str(message).split()), remedy)
    for table, row, parent, _ in gallery.rows("PRAGMA foreign_key_check"):
        yield Finding(DATABASE, f"row {row} of {table} belongs to no row of {parent}", remedy)


def _vector_findings(gallery: Gallery, progress: Progress | None) -> Iterator[Finding]:
    for picture_id, path, blob in _all(gallery, _ROWS, progress):
        fault = _vector_fault(blob, gallery.description.dimension)
        if fault is not None:
            subject = os.fsdecode(path)
            remedy = f"remove it and index its folder again: inkseek gallery remove {gallery.folder} {subject}"
            yield Finding(subject, f"{fault} (id {picture_id})", remedy)


def _vector_fault(blob: bytes | None, dimension: int) -> str | None:
    if blob is None:
        return "has no vector"
    if len(blob) != dimension * VECTOR.itemsize:
        return f"has a vector of {len(blob)} bytes, not of {dimension * VECTOR.itemsize}"
    norm = float(np.linalg.norm(np.frombuffer(blob, VECTOR).astype(np.float32)))
    if not np.isfinite(norm):
        return "has a vector with values that are no numbers"
    return None if abs(norm - 1) <= NORM_TOLERANCE else f"has a vector of length {norm:.3f}, not of 1"


def _file_findings(gallery: Gallery, progress: Progress | None) -> Iterator[Finding]:
    remedy = f"bring the gallery up to date: inkseek index PHOTOS --gallery {gallery.folder}"
    for _, stored, size, sha256 in _all(gallery, _FILES, progress):
        path = Path(os.fsdecode(stored))
        fault = _file_fault(path, size, sha256)
        if fault is not None:
            yield Finding(str(path), fault, remedy)


def _file_fault(path: Path, size: int, sha256: bytes) -> str | None:
    try:
        with open_regular(path) as file:
            if os.fstat(file.fileno()).st_size == size and hashlib.file_digest(file, "sha256").digest() == sha256:
                return None
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return "is another file than the one that was indexed"


def _all(gallery: Gallery, query: str, progress: Progress | None) -> Iterator[tuple[Any, ...]]:
    """Rows page by page, by rising id in the first column."""
    total, done, last = len(gallery), 0, 0
    while page := gallery.rows(query, last, _PAGE):
        yield from page
        last, done = page[-1][0], done + len(page)
        if progress is not None:
            progress(done, total)
