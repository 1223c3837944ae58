"""Which files of a folder are pictures to index, without opening any."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from inkseek.errors import GalleryError
from inkseek.pictures.preprocessing import PICTURE_SUFFIXES
from inkseek.retrieval.database import DATABASE

HIDDEN = "hidden"
LINK = "symbolic link"
EXCLUDED = "excluded"
NO_PICTURE = "no picture file"
GALLERY = "gallery"

_SUFFIXES = frozenset(os.fsencode(suffix) for suffix in PICTURE_SUFFIXES)


@dataclass(frozen=True)
class FoundFile:
    """A picture file on disk: absolute path in the bytes of the file system, bytes, modification time in ns."""

    path: bytes
    size: int
    mtime_ns: int


@dataclass
class Scan:
    """A walk through a folder and what it passed by.

    Files whose names end like a picture's are found. Passed by and counted: names that begin with a dot, symbolic
    links (never followed), excluded names, other files, and folders that are galleries. Duplicates are files like any.

    Attributes:
        root: folder to walk; may be a symbolic link itself.
        exclude: glob patterns. One without `/` is held against every file and folder name, one with `/` against the
            path inside `root`; `*` also spans folders. A `/` at the end does not count.
        ignored: count of what was passed by, by kind.
        unreadable: folders that could not be listed; nothing is known of what they hold.
    """

    root: Path
    exclude: Sequence[str] = ()
    ignored: Counter[str] = field(default_factory=Counter)
    unreadable: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Resolve the root.

        Raises:
            GalleryError: there is no such folder.
        """
        if not self.root.is_dir():
            raise GalleryError(f"{self.root}: no such folder; give the folder that holds the photos")
        self.root = self.root.resolve()

    def covers(self, path: bytes) -> bool:
        """Whether a path lies in a folder that could be listed, so that its absence means that it is gone."""
        return not path.startswith(tuple(self.unreadable))

    @property
    def prefix(self) -> bytes:
        """Beginning of the path of everything below the root."""
        return os.fsencode(self.root).rstrip(b"/") + b"/"

    def files(self) -> Iterator[FoundFile]:
        """Picture files, in no order; the memory taken does not depend on their number."""
        folders = [self.prefix]
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(folder) as entries:
                    found = (self._visit(entry, folders) for entry in entries)
                    yield from (file for file in found if file is not None)
            except OSError:
                self.unreadable.append(folder)

    def _visit(self, entry: os.DirEntry[bytes], folders: list[bytes]) -> FoundFile | None:
        reason = self._passes_by(entry)
        if reason is not None:
            self.ignored[reason] += 1
        elif entry.is_dir(follow_symlinks=False):
            folders.append(entry.path + b"/")
        else:
            return self._facts(entry)
        return None

    def _facts(self, entry: os.DirEntry[bytes]) -> FoundFile | None:
        try:
            facts = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
        return FoundFile(entry.path, facts.st_size, facts.st_mtime_ns)

    def _passes_by(self, entry: os.DirEntry[bytes]) -> str | None:
        if entry.name.startswith(b"."):
            return HIDDEN
        if entry.is_symlink():
            return LINK
        if self._is_excluded(entry):
            return EXCLUDED
        if entry.is_dir(follow_symlinks=False):
            return GALLERY if os.path.exists(os.path.join(entry.path, os.fsencode(DATABASE))) else None
        is_file = entry.is_file(follow_symlinks=False)
        return None if is_file and os.path.splitext(entry.name)[1].lower() in _SUFFIXES else NO_PICTURE

    def _is_excluded(self, entry: os.DirEntry[bytes]) -> bool:
        name = os.fsdecode(entry.name)
        inside = os.fsdecode(entry.path[len(self.prefix) :])
        patterns = (pattern.rstrip("/") for pattern in self.exclude)
        return any(fnmatchcase(inside if "/" in pattern else name, pattern) for pattern in patterns)
