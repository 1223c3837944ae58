"""Indexed folders, and how users name the folders inside them.

The folders that a gallery indexes are kept apart: a folder inside a noted one is part of it, and a noted one that a new
one holds is absorbed. A user sees the folders below a single root by their path inside it: `trip/rome`. Where there are
several roots, the name of the root comes first: `photos/trip/rome`. Roots of one name are
numbered by age: `photos (2)`.
"""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class IndexedFolder:
    """A folder that was indexed.

    Attributes:
        path: absolute.
        name: last part of the path, numbered where another root has it too.
        exclude: glob patterns of what is left out, as `Scan` takes them.
    """

    path: Path
    name: str
    exclude: tuple[str, ...]


def indexed_folders(rows: Iterable[tuple[bytes, str]]) -> tuple[IndexedFolder, ...]:
    """Indexed folders with their names.

    Args:
        rows: path and excludes of each, by age, as the database holds them.
    """
    found: dict[str, IndexedFolder] = {}
    for stored, exclude in rows:
        path = Path(os.fsdecode(stored))
        name = _free_name(path.name or "root", found)
        found[name] = IndexedFolder(path, name, tuple(json.loads(exclude)))
    return tuple(found.values())


def root_of(path: Path, folders: Sequence[IndexedFolder]) -> IndexedFolder | None:
    """The indexed folder that holds a path; there is at most one."""
    return next((folder for folder in folders if path.is_relative_to(folder.path)), None)


def shown_folder(folder: Path, folders: Sequence[IndexedFolder]) -> str | None:
    """Name of a folder as users see it; "" for the only root itself, None outside all roots."""
    root = root_of(folder, folders)
    if root is None:
        return None
    inside = folder.relative_to(root.path).parts
    return "/".join(inside if len(folders) == 1 else (root.name, *inside))


def folder_at(shown: str, folders: Sequence[IndexedFolder]) -> Path | None:
    """The folder that a user means; None where a name begins with no root.

    Args:
        shown: a name as `shown_folder` gives it, or an absolute path.
        folders: all indexed folders.
    """
    if shown.startswith("/"):
        return Path(os.path.normpath(shown))
    if len(folders) == 1:
        return folders[0].path / shown
    name, _, inside = shown.partition("/")
    return next((folder.path / inside for folder in folders if folder.name == name), None)


def below(folder: Path) -> tuple[bytes, bytes]:
    """Bounds of the stored paths below a folder: first <= path < second."""
    prefix = os.fsencode(folder).rstrip(b"/") + b"/"
    return prefix, prefix[:-1] + b"0"


def _free_name(name: str, taken: Iterable[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free
