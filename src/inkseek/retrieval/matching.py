"""Pictures of a gallery by path, folder or glob, as a user types them."""

import os
import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from pathlib import Path

from inkseek.errors import GalleryError
from inkseek.retrieval.gallery import Gallery

_GLOB = frozenset("*?[")


def matching_pictures(gallery: Gallery, patterns: Sequence[str | Path]) -> list[int]:
    """Ids of the pictures that match any of the patterns, bad ones too.

    Args:
        gallery: an open gallery.
        patterns: each the path of a picture, the path of a folder (everything below it), or a glob over whole paths,
            whose `*` also spans folders. A relative pattern counts from the working folder.

    Raises:
        GalleryError: a pattern matches no picture of the gallery.
    """
    tests = [(str(pattern), path_test(str(pattern))) for pattern in patterns]
    missed = {pattern for pattern, _ in tests}
    chosen: list[int] = []
    for picture_id, path in gallery.paths():
        matching = [pattern for pattern, test in tests if test(str(path))]
        missed.difference_update(matching)
        if matching:
            chosen.append(picture_id)
    if missed:
        raise GalleryError(
            f"{gallery.folder}: holds no picture that matches {min(missed)}; "
            "give a path as search prints it, a folder, or a quoted glob"
        )
    return chosen


def path_test(pattern: str) -> Callable[[str], bool]:
    """Whether a path is what a pattern names, lies below it, or matches it as a glob."""
    absolute = os.path.abspath(pattern)
    below = absolute.rstrip("/") + "/"
    glob = re.compile(translate(absolute)) if _GLOB & set(pattern) else None

    def matches(path: str) -> bool:
        return path == absolute or path.startswith(below) or (glob is not None and glob.match(path) is not None)

    return matches
