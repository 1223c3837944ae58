"""Giving the disk back what removed pictures took."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from inkseek.retrieval.database import DATABASE, WAIT_SECONDS
from inkseek.retrieval.gallery import Gallery

PATIENCE_SECONDS = 1.0
"""How long compaction waits for a writer before it gives up: it can be done any other time."""


@dataclass(frozen=True)
class Compaction:
    """What a compaction did.

    Attributes:
        before: bytes of the database and its journal.
        after: the same afterwards.
        readers: somebody still reads the state before; the file shrinks once they have finished, with the next commit.
    """

    before: int
    after: int
    readers: bool


def compact(gallery: Gallery) -> Compaction:
    """Write the database anew without gaps. Readers go on; the disk must hold it twice meanwhile.

    Args:
        gallery: opened for writing.

    Raises:
        GalleryError: another process is writing, or there is no space; the gallery is as it was.
    """
    before = database_bytes(gallery)
    with _patience(gallery):
        gallery.rows("VACUUM")
        ((readers, _, _),) = gallery.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    return Compaction(before, database_bytes(gallery), bool(readers))


def database_bytes(gallery: Gallery) -> int:
    """Bytes of the database and of its journal on disk."""
    files = (gallery.folder / f"{DATABASE}{suffix}" for suffix in ("", "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


@contextmanager
def _patience(gallery: Gallery) -> Iterator[None]:
    gallery.rows(f"PRAGMA busy_timeout = {int(1000 * PATIENCE_SECONDS)}")
    try:
        yield
    finally:
        gallery.rows(f"PRAGMA busy_timeout = {int(1000 * WAIT_SECONDS)}")
