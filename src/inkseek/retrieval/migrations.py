"""Older formats of `gallery.sqlite`: brought up to date for a writer, shown as the newest to a reader."""

import sqlite3
from pathlib import Path

from inkseek.retrieval.database import FORMAT, gallery_errors, transaction

_FROM_1 = (
    "ALTER TABLE pictures ADD COLUMN taken INTEGER",
    "ALTER TABLE pictures ADD COLUMN date INTEGER AS (coalesce(taken, mtime_ns / 1000000000)) VIRTUAL",
    "CREATE INDEX pictures_class ON pictures (class) WHERE state = 'ready'",
    "CREATE INDEX pictures_date ON pictures (date) WHERE state = 'ready'",
    """CREATE TABLE tags (
        tag TEXT NOT NULL,
        picture INTEGER NOT NULL REFERENCES pictures (id) ON DELETE CASCADE,
        PRIMARY KEY (tag, picture)
    ) WITHOUT ROWID""",
    "CREATE INDEX tags_picture ON tags (picture)",
    "CREATE TABLE folders (id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, exclude TEXT NOT NULL)",
)

_STEPS = {1: _FROM_1}
"""Statements that make the next format out of each older one."""

READABLE = frozenset({*_STEPS, FORMAT})
"""Format numbers that can be opened."""

_SHOWN_FROM_1 = """
    CREATE TEMP VIEW pictures AS SELECT *, NULL AS taken, mtime_ns / 1000000000 AS date FROM main.pictures;
    CREATE TEMP TABLE tags (tag TEXT, picture INTEGER);
    CREATE TEMP TABLE folders (id INTEGER PRIMARY KEY, path BLOB, exclude TEXT);
"""

_SHOWN = {1: _SHOWN_FROM_1}
"""Temporary views and tables that show an older format as the newest, and change nothing on disk."""


def format_of(connection: sqlite3.Connection) -> int:
    """Format number of the file on disk."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, folder: Path) -> None:
    """Bring a database to the newest format in one transaction; a database that is there already is not written to.

    What older formats did not note stays unknown: photos have no `taken` until they are read again, and a folder is
    known once it is indexed again.

    Raises:
        GalleryError: no space left, or another failure to write; the database is as it was.
    """
    if format_of(connection) == FORMAT:
        return
    with transaction(connection, folder):
        # Asked again: another writer may have been first.
        for version in range(format_of(connection), FORMAT):
            for statement in _STEPS[version]:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {FORMAT}")


def show_as_newest(connection: sqlite3.Connection, folder: Path) -> None:
    """Let a reader see a database of an older format as one of the newest."""
    version = format_of(connection)
    if version != FORMAT:
        with gallery_errors(folder):
            connection.executescript(_SHOWN[version])
