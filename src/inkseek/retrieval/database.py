"""The SQLite file of a gallery: making it in one piece, transactions, clear errors."""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path

from inkseek.errors import DamagedGalleryError, GalleryError

DATABASE = "gallery.sqlite"
PARTIAL = "gallery.sqlite.partial"
FORMAT = 2
APPLICATION_ID = 0x496E6B73
"""`Inks` in ASCII: marks the file as ours."""

WAIT_SECONDS = 30.0
"""How long one writer waits for another's transaction."""

REMEDIES = {
    sqlite3.SQLITE_FULL: "no space left; nothing committed before is lost: free some space and run the command again",
    sqlite3.SQLITE_NOTADB: "this is no inkseek gallery; choose another folder for the gallery",
    sqlite3.SQLITE_CORRUPT: "the database is damaged; restore it from a copy, or remove the folder and index again",
    sqlite3.SQLITE_BUSY: "another process is writing to this gallery; wait until it has finished",
    sqlite3.SQLITE_READONLY: "this gallery is read-only; give yourself the right to write to it",
    sqlite3.SQLITE_CANTOPEN: "the database cannot be opened; check the rights of the folder",
    sqlite3.SQLITE_IOERR: "reading or writing failed; check the disk and its free space, then run the command again",
}
"""What to do about SQLite's primary error codes."""


@contextmanager
def gallery_errors(folder: Path) -> Iterator[None]:
    """Turn what SQLite reports into one sentence that names the gallery and the remedy.

    Raises:
        DamagedGalleryError: the database is damaged.
        GalleryError: in place of any other `sqlite3.DatabaseError`.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        kind = DamagedGalleryError if primary == sqlite3.SQLITE_CORRUPT else GalleryError
        raise kind(f"{folder}: {REMEDIES.get(primary, f'the database fails ({error})')}") from error
    except UnicodeDecodeError:
        # Text of the schema that is damaged, and that SQLite's message quotes.
        raise DamagedGalleryError(f"{folder}: {REMEDIES[sqlite3.SQLITE_CORRUPT]}") from None


def create_database(folder: Path, meta: Mapping[str, str]) -> None:
    """Make `gallery.sqlite` in a new or empty folder; it appears whole or not at all.

    Raises:
        GalleryError: the folder holds something else, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = [entry.name for entry in folder.iterdir() if not entry.name.startswith(PARTIAL)]
    except OSError as error:
        raise GalleryError(f"{folder}: cannot hold a gallery ({error.strerror}); choose another folder") from None
    if strangers:
        raise GalleryError(f"{folder}: holds {strangers[0]} and is no gallery; choose a new or empty folder")
    partial = folder / PARTIAL
    with gallery_errors(folder):
        partial.unlink(missing_ok=True)
        with closing(sqlite3.connect(partial, isolation_level=None)) as connection:
            schema = files("inkseek.retrieval").joinpath("schema.sql").read_text(encoding="utf-8")
            connection.executescript(f"BEGIN; {schema}")
            connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            connection.execute(f"PRAGMA user_version = {FORMAT}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode = WAL")
        os.replace(partial, folder / DATABASE)


@contextmanager
def transaction(connection: sqlite3.Connection, folder: Path, *, write: bool = True) -> Iterator[None]:
    """Everything inside is committed together or not at all; inside another transaction it joins that one.

    Args:
        connection: of the gallery.
        folder: the gallery, for error messages.
        write: False only reads, from one unchanging state, and blocks no writer.

    Raises:
        GalleryError: SQLite could not write; the database is as it was before.
    """
    if connection.in_transaction:
        yield
        return
    with gallery_errors(folder):
        connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            _roll_back(connection)
            raise


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
