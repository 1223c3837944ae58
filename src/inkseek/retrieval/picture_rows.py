"""The row of a picture: written, where a path that is known keeps its id and takes what was read now; and read."""

import json
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inkseek.retrieval.folders import IndexedFolder, root_of, shown_folder
from inkseek.retrieval.records import BadPicture, PictureFile, PictureRecord

RECORDS = """
    SELECT id, path, size, mtime_ns, sha256, taken, date, width, height, class,
        (SELECT json_group_array(tag) FROM tags WHERE picture = id)
    FROM pictures WHERE id IN (SELECT value FROM json_each(?)) AND state = 'ready'
"""
"""Rows of the pictures of a JSON list of ids, as `to_record` takes them."""

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


def to_record(row: tuple[Any, ...], folders: Sequence[IndexedFolder]) -> PictureRecord:
    """All that is known of a picture, from a row of `RECORDS` and the indexed folders."""
    path = Path(os.fsdecode(row[1]))
    root = root_of(path, folders)
    folder = shown_folder(path.parent, folders)
    facts = (*row[2:-1], tuple(sorted(json.loads(row[-1]))))
    return PictureRecord(row[0], path, root.path if root else None, folder, *facts)
