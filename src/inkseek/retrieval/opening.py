"""Opening the SQLite file of a gallery: with suspicion, as far as rights allow, whatever its format.

A writer needs the folder too, for SQLite's journal lies beside the database. A reader takes the same road where it may,
so that it sees every commit and hinders nobody. On a medium or in a folder where it may not write, it shares the locks
of a writer that is at work; where there is none, the file is read without locks, and watched: a change under the
reader's hands is an error, never a mixture of two states.
"""

import os
import sqlite3
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from inkseek.errors import GalleryError
from inkseek.retrieval.database import APPLICATION_ID, DATABASE, FORMAT, REMEDIES, WAIT_SECONDS, gallery_errors
from inkseek.retrieval.migrations import READABLE, format_of, migrate, show_as_newest

_NO_LOCKS = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
"""What SQLite says where it can neither use nor make the file of its locks."""


class LocklessConnection(sqlite3.Connection):
    """A connection to a file that is read without locks, as one that nobody changes.

    Attributes:
        path: the file.
        seen: inode, size and time of the file before it was opened.
    """

    path: Path
    seen: tuple[int, int, int]


_Connection = TypeVar("_Connection", bound=sqlite3.Connection)


def open_database(folder: Path, *, write: bool = True) -> sqlite3.Connection:
    """Open `gallery.sqlite` of a folder; every transaction is durable when it returns.

    Args:
        folder: of the gallery.
        write: bring an older format up to date and allow changes; False reads any format, also where nothing may be
            written.

    Raises:
        GalleryError: no gallery there, not ours, of a newer format, damaged, or not to be opened with these rights.
    """
    path = folder / DATABASE
    try:
        found = path.is_file()
    except PermissionError:
        raise GalleryError(f"{folder}: {REMEDIES[sqlite3.SQLITE_CANTOPEN]}") from None
    if not found:
        raise GalleryError(f"{folder}: no gallery here; make one with: inkseek index PHOTOS --gallery {folder}")
    writable = os.access(folder, os.W_OK) and os.access(path, os.W_OK)
    if write and not writable:
        raise GalleryError(f"{folder}: {REMEDIES[sqlite3.SQLITE_READONLY]}")
    with gallery_errors(folder):
        connection = _connect(folder, "mode=rw", sqlite3.Connection) if writable else _connect_to_read_only(folder)
    try:
        with gallery_errors(folder):
            _require_ours(connection, folder)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            (migrate if write else show_as_newest)(connection, folder)
    except BaseException:
        connection.close()
        raise
    return connection


def require_unchanged(connection: sqlite3.Connection, folder: Path) -> None:
    """Check that a file that is read without locks is as it was when it was opened.

    Raises:
        GalleryError: it was changed; what was read may be a mixture.
    """
    if isinstance(connection, LocklessConnection) and _facts(connection.path) != connection.seen:
        raise GalleryError(f"{folder}: was changed while it was read without the right to lock it; open it again")


def _connect(folder: Path, mode: str, kind: type[_Connection]) -> _Connection:
    return sqlite3.connect(
        f"file:{quote(os.fsencode((folder / DATABASE).absolute()))}?{mode}",
        uri=True,
        isolation_level=None,
        timeout=WAIT_SECONDS,
        check_same_thread=False,
        factory=kind,
    )


def _connect_to_read_only(folder: Path) -> sqlite3.Connection:
    path, journal = folder / DATABASE, folder / f"{DATABASE}-wal"
    seen = _facts(path)
    connection = _connect(folder, "mode=ro", sqlite3.Connection)
    try:
        connection.execute("PRAGMA schema_version")
        return connection
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF not in _NO_LOCKS:
            raise
    if journal.exists() and journal.stat().st_size:
        raise GalleryError(
            f"{folder}: the last changes lie in {journal.name}, which only someone with the right to write here can "
            f"take over; let them run: inkseek gallery info {folder}"
        )
    lockless = _connect(folder, "mode=ro&immutable=1", LocklessConnection)
    lockless.path, lockless.seen = path, seen
    return lockless


def _require_ours(connection: sqlite3.Connection, folder: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise GalleryError(f"{folder}: {REMEDIES[sqlite3.SQLITE_NOTADB]}")
    version = format_of(connection)
    if version not in READABLE:
        raise GalleryError(
            f"{folder}: gallery of format {version}, but this inkseek reads format {FORMAT} and older; "
            "use the inkseek that wrote it, or index again into a new folder"
        )


def _facts(path: Path) -> tuple[int, int, int]:
    facts = path.stat()
    return facts.st_ino, facts.st_size, facts.st_mtime_ns
