"""Re-index: every vector of a gallery anew, with another encoder, while searches go on with the old one.

New vectors are collected beside the old ones, batch by batch and committed, so that an interrupted run goes on where it
was. At the end one transaction puts them in the place of the old ones: a search sees one encoder or the other.
"""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import GalleryError, PictureFault
from inkseek.pictures.limits import DEFAULT_LIMITS, PictureLimits
from inkseek.retrieval.changes import PAGE, Pending
from inkseek.retrieval.embedding import describe
from inkseek.retrieval.encoder import RetrievalEncoder
from inkseek.retrieval.gallery import VECTOR, Gallery
from inkseek.retrieval.pipeline import Progress, encode_files
from inkseek.retrieval.reading import Outcome, Photo, read_photo, unknown_class

LOST = 0.5
"""Share of the photos beyond which those that cannot be read are taken for a drive that is not there."""

_TABLES = """
    CREATE TABLE IF NOT EXISTS next_vectors (
        picture INTEGER PRIMARY KEY REFERENCES pictures (id) ON DELETE CASCADE,
        feature BLOB NOT NULL
    );
    CREATE TABLE IF NOT EXISTS next_contents (
        picture INTEGER PRIMARY KEY REFERENCES pictures (id) ON DELETE CASCADE,
        sha256 BLOB NOT NULL
    );
"""

_PENDING = """
    SELECT p.id, p.path, p.size, p.mtime_ns, p.sha256 FROM pictures AS p
    WHERE p.state = 'ready' AND p.id > ? AND NOT EXISTS (
        SELECT 1 FROM next_contents AS n WHERE n.picture = p.id AND n.sha256 = p.sha256
    )
"""

_LOSE = """
    UPDATE pictures SET state = 'bad', fault = ?, detail = ?, sha256 = NULL, mtime_ns = 0
    WHERE id IN (SELECT id FROM ({pending}))
"""


@dataclass(frozen=True)
class ReindexReport:
    """What a re-index did.

    Attributes:
        encoded: photos that were encoded in this run.
        kept: photos that an earlier, interrupted run had encoded.
        lost: photos whose files are gone or changed; they can be found again once their folder is indexed.
        seconds: time of the run.
        stopped: it was told to stop before the end; the gallery is as it was, the next run goes on from there.
    """

    encoded: int
    kept: int
    lost: int
    seconds: float
    stopped: bool

    def to_json(self) -> dict[str, object]:
        """Plain values, as JSON takes them."""
        return asdict(self)


def reindex(
    gallery: Gallery,
    encoder: RetrievalEncoder,
    *,
    progress: Progress | None = None,
    workers: int | None = None,
    limits: PictureLimits = DEFAULT_LIMITS,
    stop: threading.Event | None = None,
) -> ReindexReport:
    """Bring every vector of a gallery to an encoder.

    Args:
        gallery: opened for writing; whoever has it open otherwise goes on with the old encoder until the end.
        encoder: the new one.
        progress: told how far the run is.
        workers: threads that read and encode; None takes one a core.
        limits: limits of a picture file.
        stop: once set, what is finished is kept for the next run and this one ends.

    Raises:
        GalleryError: more than half of the photos cannot be read, no space left, or another failure to write; the
            gallery is as it was.
        FormatError: the encoder is damaged.
    """
    started = time.perf_counter()
    workers, stop = workers or os.cpu_count() or 1, stop or threading.Event()
    next_vectors = _NextVectors(gallery, encoder)
    total = next_vectors.count_pending()
    kept, taken, lost = len(gallery) - total, 0, None
    encoder = encoder.for_workers(workers)
    read = partial(read_photo, size=encoder.config.preprocessing.size, limits=limits, class_of=unknown_class)
    while lost is None and not stop.is_set():
        for chunk in encode_files(encoder, read, next_vectors.pending(), workers, stop):
            next_vectors.take(*chunk)
            taken += len(chunk[0])
            if progress is not None:
                progress(taken, max(taken, total))
        if not stop.is_set():
            lost = next_vectors.put_in_place()
    return ReindexReport(next_vectors.encoded, kept, lost or 0, time.perf_counter() - started, lost is None)


def give_up_reindex(gallery: Gallery) -> None:
    """Forget what an interrupted re-index had done."""
    with gallery.transaction():
        for table in ("next_vectors", "next_contents"):
            gallery.rows(f"DROP TABLE IF EXISTS {table}")
        gallery.rows("DELETE FROM meta WHERE key = 'next_fingerprint'")


class _NextVectors:
    """Vectors of the new encoder beside those in use.

    Attributes:
        encoded: photos encoded in this run.
    """

    def __init__(self, gallery: Gallery, encoder: RetrievalEncoder) -> None:
        self.encoded = 0
        self._tried: dict[bytes, bytes] = {}
        self._gallery = gallery
        self._encoder = encoder
        with gallery.transaction():
            found = gallery.rows("SELECT value FROM meta WHERE key = 'next_fingerprint'")
            if found != [(encoder.fingerprint,)]:
                give_up_reindex(gallery)
                gallery.rows("INSERT INTO meta VALUES ('next_fingerprint', ?)", encoder.fingerprint)
            for statement in _TABLES.split(";")[:-1]:
                gallery.rows(statement)

    def count_pending(self) -> int:
        """Photos that have no new vector of their present content."""
        return int(self._gallery.rows(f"SELECT count(*) FROM ({_PENDING})", 0)[0][0])  # noqa: S608 - our own text

    def pending(self) -> Iterator[Pending]:
        """Those photos, by id; also what comes in while the last of them are read."""
        last = 0
        while page := self._gallery.rows(f"{_PENDING} ORDER BY p.id LIMIT ?", last, PAGE):
            last = page[-1][0]
            for _, path, size, mtime_ns, sha256 in page:
                self._tried[path] = sha256
                yield Pending(Path(os.fsdecode(path)), size, mtime_ns, known=True, sha256=None)

    def take(self, outcomes: list[Outcome], features: NDArray[np.float32]) -> None:
        """Store the photos of a chunk whose files are what the gallery knows them as."""
        photos = [outcome for outcome in outcomes if isinstance(outcome, Photo)]
        with self._gallery.transaction():
            for photo, feature in zip(photos, features.astype(VECTOR), strict=True):
                known = self._gallery.rows(
                    "SELECT id FROM pictures WHERE path = ? AND sha256 = ?",
                    os.fsencode(photo.file.path),
                    photo.file.sha256,
                )
                for (picture_id,) in known:
                    self._gallery.rows("REPLACE INTO next_vectors VALUES (?, ?)", picture_id, feature.tobytes())
                    self._gallery.rows("REPLACE INTO next_contents VALUES (?, ?)", picture_id, photo.file.sha256)
                    self.encoded += 1
                    self._tried.pop(os.fsencode(photo.file.path), None)

    def put_in_place(self) -> int | None:
        """Let the new vectors take the place of the old ones.

        Returns:
            Number of photos that were lost; None where photos came in since they were read: read those first.
        """
        gallery = self._gallery
        with gallery.transaction():
            pending = gallery.rows(_PENDING, 0)
            if any(self._tried.get(path) != sha256 for _, path, _, _, sha256 in pending):
                return None
            lost, photos = len(pending), len(gallery)
            if lost > LOST * photos:
                raise GalleryError(
                    f"{gallery.folder}: {lost} of {photos} photos cannot be read as they were indexed; mount their "
                    "drive, or bring the gallery up to date with inkseek index, and run this again"
                )
            detail = "was gone or changed when the gallery was re-indexed; index its folder again"
            gallery.rows(_LOSE.format(pending=_PENDING), PictureFault.MISSING.value, detail, 0)
            gallery.rows("DELETE FROM next_vectors WHERE picture IN (SELECT id FROM pictures WHERE state = 'bad')")
            gallery.rows("DROP TABLE vectors")
            gallery.rows("ALTER TABLE next_vectors RENAME TO vectors")
            gallery.rows("DROP TABLE next_contents")
            gallery.rows("DELETE FROM meta WHERE key = 'next_fingerprint'")
            gallery.change_encoder(describe(self._encoder))
        gallery.description = describe(self._encoder)
        return lost
