"""Filters: which pictures of a gallery a search is about."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from inkseek.retrieval.folders import IndexedFolder, below, folder_at

DAY = 86_400
"""Seconds of a day."""


@dataclass(frozen=True)
class Filters:
    """Conditions on a picture; all that are given must hold.

    Attributes:
        folder: it lies below this folder: a name as users see it (see `retrieval/folders.py`), or an absolute path. ""
            or None is every folder; a name that no picture's folder has finds nothing.
        classes: it is of one of these classes; empty is any.
        tags: it has every one of these tags.
        since: first day; the day is that of EXIF where the camera wrote it, else of the modification time in UTC.
        until: last day, included.
    """

    folder: str | None = None
    classes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    @property
    def is_empty(self) -> bool:
        """Whether every picture passes."""
        return not (self.folder or self.classes or self.tags or self.since or self.until)

    def __bool__(self) -> bool:
        """Whether there is any condition."""
        return not self.is_empty


def condition(filters: Filters, folders: Sequence[IndexedFolder]) -> tuple[str, list[object]]:
    """What the filters ask of a row of `pictures` in SQL, and the values of its placeholders."""
    parts: list[tuple[str, list[object]]] = []
    if filters.folder:
        path = folder_at(filters.folder, folders)
        parts.append(("FALSE", []) if path is None else ("path >= ? AND path < ?", [*below(path)]))
    if filters.classes:
        parts.append(("class IN (SELECT value FROM json_each(?))", [json.dumps(filters.classes)]))
    parts += [("id IN (SELECT picture FROM tags WHERE tag = ?)", [tag]) for tag in filters.tags]
    if filters.since:
        parts.append(("date >= ?", [_midnight(filters.since)]))
    if filters.until:
        parts.append(("date < ?", [_midnight(filters.until) + DAY]))
    return " AND ".join(sql for sql, _ in parts) or "TRUE", [value for _, values in parts for value in values]


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
