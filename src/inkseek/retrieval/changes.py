"""What changed in a folder since it was last indexed, found by SQLite out of names, sizes and times alone.

The walk goes into a temporary table and the comparison is a join, so memory does not depend on the size of the folder.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from itertools import islice
from pathlib import Path

from inkseek.errors import GalleryError
from inkseek.pictures.files import open_regular
from inkseek.retrieval.database import gallery_errors
from inkseek.retrieval.folders import below
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.scan import Scan

WATCH_SECONDS = 10.0
"""Pause between two looks at a folder that is watched."""

WATCH_PATIENCE = 50
"""The pause is at least so many times as long as the look took: watching takes 2 % of a core at most."""

PAGE = 512
"""Rows read or written at a time."""

_TABLES = """
    DROP VIEW IF EXISTS temp.absent;
    DROP TABLE IF EXISTS temp.found;
    DROP TABLE IF EXISTS temp.pending;
    CREATE TEMP TABLE found (path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER) WITHOUT ROWID;
    CREATE TEMP TABLE pending (
        path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, known INTEGER, sha256 BLOB
    ) WITHOUT ROWID;
    CREATE TEMP VIEW absent AS
        SELECT * FROM pictures AS p WHERE NOT EXISTS (SELECT 1 FROM found AS f WHERE f.path = p.path);
"""

_FILL_PENDING = """
    INSERT INTO pending
    SELECT f.path, f.size, f.mtime_ns, p.id IS NOT NULL, p.sha256
    FROM found AS f LEFT JOIN pictures AS p ON p.path = f.path
    WHERE p.id IS NULL OR p.size <> f.size OR p.mtime_ns <> f.mtime_ns OR (p.state = 'bad' AND ?)
"""

_COUNT_SAME = """
    SELECT count(*) FROM found AS f JOIN pictures AS p ON p.path = f.path
    WHERE p.state = ? AND NOT EXISTS (SELECT 1 FROM pending AS n WHERE n.path = f.path)
"""

_VANISHED = "SELECT id, path FROM absent WHERE path >= ? AND path < ? AND id > ? ORDER BY id LIMIT ?"

_PERHAPS_MOVED = """
    SELECT n.path, n.mtime_ns FROM pending AS n
    WHERE NOT n.known AND n.path > ? AND EXISTS (SELECT 1 FROM absent AS a WHERE a.size = n.size)
    ORDER BY n.path LIMIT ?
"""

_OF_CONTENT = "SELECT id, path FROM absent WHERE sha256 = ? ORDER BY id"

_PENDING = "SELECT path, size, mtime_ns, known, sha256 FROM pending WHERE path > ? ORDER BY path LIMIT ?"


def watch_pause(look: float, least: float = WATCH_SECONDS) -> float:
    """Seconds to wait after a look at a watched folder that took `look` seconds."""
    return max(least, WATCH_PATIENCE * look)


@dataclass(frozen=True)
class Pending:
    """A file to read: new, or of another size or time than before.

    Attributes:
        path: of the file.
        size: bytes.
        mtime_ns: modification time.
        known: the gallery holds this path already.
        sha256: content of the path as the gallery knows it; None if it is new or was bad.
    """

    path: Path
    size: int
    mtime_ns: int
    known: bool
    sha256: bytes | None


class Changes:
    """Comparison of a folder with a gallery. Call in this order: `compare`, `follow_moves`, `drop_vanished`, `pending`.

    Attributes:
        scan: the walk through the folder.
        unchanged: files that are as the gallery knows them.
        known_bad: unchanged files that were bad before.
        renamed: pictures that were given a new path.
        removed: pictures that left.
    """

    def __init__(self, gallery: Gallery, scan: Scan) -> None:
        self._gallery = gallery
        self.scan = scan
        self.unchanged = self.known_bad = self.renamed = self.removed = 0

    def compare(self, *, retry: bool = False) -> None:
        """Walk the folder and compare it with the gallery.

        Args:
            retry: read files again that were bad before.

        Raises:
            GalleryError: the folder cannot be listed, or is empty though the gallery holds pictures of it.
        """
        with gallery_errors(self._gallery.folder):
            self._gallery.connection.executescript(_TABLES)
        with self._gallery.transaction(write=False):
            files = self.scan.files()
            while page := [astuple(file) for file in islice(files, PAGE)]:
                self._gallery.connection.executemany("INSERT INTO found VALUES (?, ?, ?)", page)
            self._gallery.rows(_FILL_PENDING, retry)
        self.unchanged = self._count(_COUNT_SAME, "ready")
        self.known_bad = self._count(_COUNT_SAME, "bad")
        self._refuse_unmounted()

    def follow_moves(self) -> None:
        """Give pictures that were moved or renamed their new path, recognised by their content."""
        last = b""
        while page := self._gallery.rows(_PERHAPS_MOVED, last, PAGE):
            last = page[-1][0]
            with self._gallery.transaction():
                self.renamed += sum(self._follow(path, mtime_ns) for path, mtime_ns in page)

    def drop_vanished(self) -> None:
        """Remove pictures whose files are gone from the folder, or are passed by now."""
        last = 0
        low, high = below(self.scan.root)
        with self._gallery.transaction():
            while page := self._gallery.rows(_VANISHED, low, high, last, PAGE):
                last = page[-1][0]
                gone = [picture_id for picture_id, path in page if self.scan.covers(path)]
                self.removed += self._gallery.remove(gone) if gone else 0

    def digest(self) -> bytes | None:
        """After `compare`: a hash of what is to be read and what is to leave; None where there is nothing."""
        found = hashlib.sha256()
        low, high = below(self.scan.root)
        absent = self._gallery.rows("SELECT path FROM absent WHERE path >= ? AND path < ?", low, high)
        gone = [path for (path,) in absent if self.scan.covers(path)]
        pending = self._gallery.rows("SELECT path, size, mtime_ns FROM pending ORDER BY path")
        found.update(repr((gone, pending)).encode())
        return found.digest() if gone or pending else None

    def pending(self) -> Iterator[Pending]:
        """Files to read, by path."""
        last = b""
        while page := self._gallery.rows(_PENDING, last, PAGE):
            last = page[-1][0]
            for path, size, mtime_ns, known, sha256 in page:
                yield Pending(Path(os.fsdecode(path)), size, mtime_ns, bool(known), sha256)

    def count_pending(self) -> int:
        """Number of files to read."""
        return self._count("SELECT count(*) FROM pending")

    def _follow(self, path: bytes, mtime_ns: int) -> bool:
        try:
            with open_regular(Path(os.fsdecode(path))) as file:
                sha256 = hashlib.file_digest(file, "sha256").digest()
        except OSError:
            return False
        for picture_id, before in self._gallery.rows(_OF_CONTENT, sha256):
            if _is_gone(before):
                self._gallery.rename(picture_id, Path(os.fsdecode(path)), mtime_ns)
                self._gallery.rows("DELETE FROM pending WHERE path = ?", path)
                return True
        return False

    def _refuse_unmounted(self) -> None:
        root = self.scan.root
        if self.scan.prefix in self.scan.unreadable:
            raise GalleryError(f"{root}: the folder cannot be listed; give yourself the right to read it")
        held = self._count("SELECT count(*) FROM pictures WHERE path >= ? AND path < ?", *below(self.scan.root))
        if held and not self._count("SELECT count(*) FROM found"):
            raise GalleryError(
                f"{root}: no picture here any more, but the gallery holds {held} of it; mount the drive, "
                f"or remove them: inkseek gallery remove {self._gallery.folder} {root}"
            )

    def _count(self, query: str, *values: object) -> int:
        return int(self._gallery.rows(query, *values)[0][0])


def _is_gone(path: bytes) -> bool:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
