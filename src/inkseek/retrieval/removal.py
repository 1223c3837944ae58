"""Taking pictures out of a gallery by path, folder or glob; the files themselves stay."""

import os
import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from pathlib import Path

from inkseek.errors import GalleryError
from inkseek.retrieval.gallery import Gallery

_GLOB = frozenset("*?[")


def remove_pictures(gallery: Gallery, patterns: Sequence[str | Path]) -> int:
    """Remove pictures from a gallery in one commit; their ids are never given again.

    A picture whose file still lies in an indexed folder comes back with the next `inkseek index` of that folder, unless
    it is excluded there.

    Args:
        gallery: an open gallery.
        patterns: each the path of a picture, the path of a folder (everything below it goes), or a glob over whole
            paths, whose `*` also spans folders. A relative pattern counts from the working folder.

    Returns:
        Number of pictures removed, bad ones too.

    Raises:
        GalleryError: a pattern matches no picture of the gallery; then nothing is removed.
    """
    tests = [(str(pattern), _test(str(pattern))) for pattern in patterns]
    missed = {pattern for pattern, _ in tests}
    chosen: list[int] = []
    with gallery.transaction():
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
        return gallery.remove(chosen)


def _test(pattern: str) -> Callable[[str], bool]:
    absolute = os.path.abspath(pattern)
    below = absolute.rstrip("/") + "/"
    glob = re.compile(translate(absolute)) if _GLOB & set(pattern) else None

    def matches(path: str) -> bool:
        return path == absolute or path.startswith(below) or (glob is not None and glob.match(path) is not None)

    return matches
