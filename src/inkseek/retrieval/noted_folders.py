"""Which folders a gallery indexes, and what is left out there: noted, so that a later run need not be told again."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from inkseek.retrieval.folders import below, root_of
from inkseek.retrieval.gallery import Gallery

_NOTE = """
    INSERT INTO folders (path, exclude) VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET exclude = excluded.exclude
"""


def note_folder(gallery: Gallery, path: Path, exclude: Sequence[str]) -> None:
    """Remember that a folder is indexed.

    A folder inside a noted one is part of it and is not noted; noted folders inside a new one become part of that.

    Args:
        gallery: opened for writing.
        path: absolute.
        exclude: glob patterns of what is left out; they replace those noted before.
    """
    with gallery.transaction():
        roots = [folder.path for folder in gallery.folders()]
        if any(path != root and path.is_relative_to(root) for root in roots):
            return
        gallery.rows("DELETE FROM folders WHERE path >= ? AND path < ?", *below(path))
        gallery.rows(_NOTE, os.fsencode(path), json.dumps(list(exclude)))


def noted_exclude(gallery: Gallery, path: Path) -> tuple[str, ...]:
    """What is left out of a folder according to its last run, or to that of the indexed folder that holds it.

    A pattern with `/` counts from the indexed folder; of those, the ones that lie inside `path` hold there.
    """
    root = root_of(path, gallery.folders())
    if root is None or root.path == path:
        return root.exclude if root else ()
    inside = f"{path.relative_to(root.path).as_posix()}/"
    return tuple(pattern.removeprefix(inside) for pattern in root.exclude)


def forget_folders(gallery: Gallery, chosen: Callable[[str], bool]) -> None:
    """Forget the indexed folders whose path is chosen; their pictures stay."""
    with gallery.transaction():
        for folder in gallery.folders():
            if chosen(str(folder.path)):
                gallery.rows("DELETE FROM folders WHERE path = ?", os.fsencode(folder.path))
