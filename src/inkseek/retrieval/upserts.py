"""Writing the row of a picture: a path that is known keeps its id and takes what was read now."""

import os
import sqlite3

from inkseek.retrieval.records import BadPicture, PictureFile

_READY = """
    INSERT INTO pictures (path, size, mtime_ns, sha256, width, height, class, taken, state)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'ready')
    ON CONFLICT (path) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns,
        sha256 = excluded.sha256, width = excluded.width, height = excluded.height, class = excluded.class,
        taken = excluded.taken, state = 'ready', fault = NULL, detail = NULL
    RETURNING id
"""

_BAD = """
    INSERT INTO pictures (path, size, mtime_ns, state, fault, detail) VALUES (?, ?, ?, 'bad', ?, ?)
    ON CONFLICT (path) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns,
        sha256 = NULL, width = NULL, height = NULL, taken = NULL, state = 'bad', fault = excluded.fault,
        detail = excluded.detail
    RETURNING id
"""


def upsert_picture(connection: sqlite3.Connection, picture: PictureFile) -> int:
    """Store a picture file that was read; returns its id."""
    facts = (picture.size, picture.mtime_ns, picture.sha256, picture.width, picture.height)
    row = connection.execute(_READY, (os.fsencode(picture.path), *facts, picture.class_name, picture.taken))
    return int(row.fetchall()[0][0])


def upsert_bad(connection: sqlite3.Connection, picture: BadPicture) -> None:
    """Store a bad picture with its reason; the vector that it may have had goes."""
    facts = (picture.size, picture.mtime_ns, picture.fault.value, picture.detail)
    row = connection.execute(_BAD, (os.fsencode(picture.path), *facts))
    connection.execute("DELETE FROM vectors WHERE picture = ?", row.fetchall()[0])
