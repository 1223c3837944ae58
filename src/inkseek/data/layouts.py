"""Readers of the layouts in which data sets lie on disk; each gives a manifest and a report of what it skipped.

Sketchy (Sangkloy et al. 2016; the extended photos of Liu et al. 2017 where present)::

    <root>/[Sketchy/][256x256/]{sketch,photo}/tx_000000000000[_ready]/<class>/*
    <root>/[Sketchy/]{EXTEND_image_sketchy,EXTEND_image_sketchy_ready,extended_photo}/<class>/*

Two folders: `<root>/{sketch,photo}/<class>/*`. Class folders: `<root>/<class>/*`. Quick, Draw!: `<root>/*.ndjson`.
The other `tx_` folders of Sketchy hold the same drawings placed otherwise and are not read.
"""

import hashlib
import stat
from collections.abc import Collection
from os.path import isdir
from pathlib import Path

from inkseek.data.classes import ClassNames
from inkseek.data.manifest import Manifest, Modality, Row
from inkseek.data.report import LISTED_TWICE, OUTSIDE_CLASSES, STRAY, ReadReport
from inkseek.errors import DataError, PictureFault
from inkseek.pictures.limits import DEFAULT_LIMITS
from inkseek.pictures.preprocessing import DRAWING_SUFFIXES, PICTURE_SUFFIXES

PLACEMENTS = ("tx_000000000000", "tx_000000000000_ready")
EXTENDED = ("EXTEND_image_sketchy", "EXTEND_image_sketchy_ready", "extended_photo")


def read_sketchy(
    root: Path, classes: Collection[str] | None = None, source: str | None = None
) -> tuple[Manifest, ReadReport]:
    """Read the Sketchy archive. An extended photo that `photo/` holds under the same class and name counts once.

    Args:
        root: folder of the archive, or the `256x256` folder in it.
        classes: canonical names to read; None reads every class.
        source: name of the collection in the manifest; the root's own name by default.

    Raises:
        DataError: the folder is missing, has another layout or holds nothing readable.
    """
    folders = _sketchy_folders(root)
    if not folders:
        raise DataError(f"{root}: no Sketchy archive; expected {{sketch,photo}}/{PLACEMENTS[0]}/<class>/ in it")
    reader = _FolderReader(root, classes, source)
    for modality, folder in folders:
        reader.read(folder, modality)
    return reader.result()


def read_folders(
    root: Path, classes: Collection[str] | None = None, source: str | None = None
) -> tuple[Manifest, ReadReport]:
    """Read `sketch/<class>/` and `photo/<class>/`; arguments and errors as for `read_sketchy`."""
    folders = _modality_folders(root)
    if not folders:
        raise DataError(f"{root}: no data set; expected sketch/<class>/ and photo/<class>/ in it")
    reader = _FolderReader(root, classes, source)
    for modality, folder in folders:
        reader.read(folder, modality)
    return reader.result()


def read_class_folders(
    root: Path, modality: Modality, classes: Collection[str] | None = None, source: str | None = None
) -> tuple[Manifest, ReadReport]:
    """Read `<class>/*`, all of one modality; arguments and errors as for `read_sketchy`."""
    if not isdir(root):
        raise DataError(f"{root}: no such folder; give a folder that holds one folder a class")
    reader = _FolderReader(root, classes, source)
    reader.read(root, modality)
    return reader.result()


def probe(root: Path, classes: Collection[str] | None = None) -> tuple[Manifest, ReadReport]:
    """Read a data set of sketches and photos in whichever layout it has: Sketchy's or two folders.

    Raises:
        DataError: the folder is missing, has neither layout or holds nothing readable.
    """
    if not isdir(root):
        raise DataError(f"{root}: no such folder; give the folder of a data set")
    if _sketchy_folders(root):
        return read_sketchy(root, classes)
    if _modality_folders(root):
        return read_folders(root, classes)
    raise DataError(
        f"{root}: neither the Sketchy layout ({{sketch,photo}}/{PLACEMENTS[0]}/<class>/) "
        "nor two folders (sketch/<class>/, photo/<class>/)"
    )


def _modality_folders(root: Path) -> list[tuple[Modality, Path]]:
    pairs: tuple[tuple[Modality, Path], ...] = (("sketch", root / "sketch"), ("photo", root / "photo"))
    return [(modality, folder) for modality, folder in pairs if isdir(folder)]


def _sketchy_folders(root: Path) -> list[tuple[Modality, Path]]:
    for base in (root, root / "256x256", root / "Sketchy", root / "Sketchy" / "256x256"):
        found = [
            (modality, folder / placement)
            for modality, folder in _modality_folders(base)
            for placement in PLACEMENTS
            if isdir(folder / placement)
        ]
        if found:
            homes = (base,) if base == root else (base, base.parent)
            extended = [home / name for home in homes for name in EXTENDED if isdir(home / name)]
            return [*found, *(("photo", folder) for folder in extended)]
    return []


class _FolderReader:
    """Collects rows of class folders; remembers names so that a picture listed twice counts once."""

    def __init__(self, root: Path, classes: Collection[str] | None, source: str | None) -> None:
        self.root = root
        self.names = ClassNames(classes)
        self.source = source or root.absolute().name
        self.report = ReadReport()
        self.rows: list[Row] = []
        self._folders: dict[tuple[str, str, str], Path] = {}

    def result(self) -> tuple[Manifest, ReadReport]:
        """Manifest and report; an error only where nothing at all was readable."""
        return finish(self.root, self.rows, self.report)

    def read(self, folder: Path, modality: Modality) -> None:
        """Read every class folder of `folder`."""
        for entry in listing(folder, self.report):
            if entry.name.startswith(".") or not isdir(entry):
                self.report.add(entry, STRAY, "neither a class folder nor in one")
                continue
            class_name = self.names.find(entry.name)
            if class_name is None:
                files = len(listing(entry, self.report))
                self.report.add(entry, OUTSIDE_CLASSES, f"{files} entries of a class that was not asked for")
                continue
            self._read_class(entry, modality, class_name)

    def _read_class(self, folder: Path, modality: Modality, class_name: str) -> None:
        twice = 0
        for file in listing(folder, self.report):
            place = (modality, class_name, file.name)
            if self._folders.setdefault(place, folder) != folder:
                twice += 1
                continue
            try:
                found = _fault(file, modality)
                digest = "" if found else _file_hash(file)
            except OSError as error:
                found = PictureFault.MISSING, f"cannot be read ({error.strerror})"
            if found is None:
                path = file.relative_to(self.root).as_posix()
                self.rows.append(Row(modality, class_name, self.source, path, digest))
            else:
                self.report.add(file, *found)
        if twice:
            self.report.add(folder, LISTED_TWICE, f"{twice} files that another folder of the class holds by name")


def _fault(file: Path, modality: Modality) -> tuple[str, str] | None:
    """Why a file of a class folder is not worth a row, as far as its name, kind and size tell."""
    suffix = file.suffix.lower()
    if file.name.startswith(".") or isdir(file):
        return STRAY, "hidden, or a folder inside a class folder"
    if suffix == ".ndjson" or (suffix in DRAWING_SUFFIXES and modality == "photo"):
        return STRAY, "strokes where pictures of one class are expected; ndjson has a layout of its own"
    if suffix and suffix not in PICTURE_SUFFIXES and suffix not in DRAWING_SUFFIXES:
        return STRAY, f"{suffix} is no picture format"
    return file_fault(file)


def file_fault(file: Path, max_bytes: float = DEFAULT_LIMITS.max_bytes) -> tuple[str, str] | None:
    """Why a file is not worth opening, or None: no regular file (opening a pipe would wait for ever), empty, too large.

    Raises:
        OSError: nothing can be learned about the file.
    """
    facts = file.stat()
    if not stat.S_ISREG(facts.st_mode):
        return PictureFault.MISSING, "is no regular file"
    if facts.st_size == 0:
        return PictureFault.EMPTY, "holds no bytes"
    if facts.st_size > max_bytes:
        return PictureFault.TOO_LARGE, f"{facts.st_size} bytes are over the limit of {max_bytes}"
    return None


def listing(folder: Path, report: ReadReport) -> list[Path]:
    """Entries of a folder by name; none, and a line in the report, where it cannot be listed."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        report.add(folder, PictureFault.MISSING, f"cannot be listed ({error.strerror})")
        return []


def finish(root: Path, rows: list[Row], report: ReadReport) -> tuple[Manifest, ReadReport]:
    """Manifest over `rows` and the report with their number.

    Raises:
        DataError: there is no row.
    """
    if not rows:
        reasons = "; ".join(f"{fault}: {count}" for fault, count in report.counts.items())
        raise DataError(f"{root}: nothing readable in it ({reasons or 'no files'})")
    report.read = len(rows)
    return Manifest(root, tuple(rows)), report


def _file_hash(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
