"""Class folders: `<folder>/<class>/*`, read file by file."""

import hashlib
import os
import stat
from collections import Counter, defaultdict
from collections.abc import Collection
from os.path import isdir
from pathlib import Path, PurePath

from inkseek.data.classes import ClassNames, class_key
from inkseek.data.manifest import Manifest, Modality, Row
from inkseek.data.report import ABSENT, NESTED, NO_PICTURES, ONE_SIDED, OUTSIDE_CLASSES, STRAY, ReadReport
from inkseek.data.spelling import nearest_names, with_nearest
from inkseek.errors import DataError, PictureFault
from inkseek.pictures.limits import DEFAULT_LIMITS
from inkseek.pictures.preprocessing import DRAWING_SUFFIXES, PICTURE_SUFFIXES

_SHOWN = 3


def read_class_folders(
    root: Path, modality: Modality, classes: Collection[str] | None = None, source: str | None = None
) -> tuple[Manifest, ReadReport]:
    """Read `<class>/*`, all of one modality.

    Args:
        root: folder that holds one folder a class.
        modality: what the pictures are.
        classes: canonical names to read; None reads every class.
        source: name of the collection in the manifest; the root's own name by default.

    Raises:
        DataError: the folder is missing or holds nothing readable.
    """
    if not isdir(root):
        raise DataError(f"{root}: no such folder; give a folder that holds one folder a class")
    reader = FolderReader(root, ClassNames(classes), source or root.absolute().name)
    reader.read(root, modality)
    return finish(root, reader.rows, reader.report)


class FolderReader:
    """Collects the rows of class folders.

    Args:
        root: folder that the paths of rows are relative to.
        names: gives a class folder its class.
        source: name of the collection.

    Attributes:
        rows: pictures found.
        report: what was skipped.
        repairs: class folder -> class, where more than case, spaces, `_` and `-` differ.
    """

    def __init__(self, root: Path, names: ClassNames, source: str) -> None:
        self.root = root
        self.names = names
        self.source = source
        self.report = ReadReport()
        self.rows: list[Row] = []
        self.repairs: dict[str, str] = {}
        self._hasher = FileHasher()

    def read(self, folder: Path, modality: Modality) -> None:
        """Read every class folder of `folder`."""
        for entry in listing(folder, self.report):
            if entry.name.startswith(".") or not isdir(entry):
                self.report.add(entry, *_no_class_folder(entry))
                continue
            class_name = self.names.find(entry.name)
            if class_name is None:
                files = len(listing(entry, self.report))
                self.report.add(entry, OUTSIDE_CLASSES, f"{files} entries of a class that was not asked for")
                continue
            if class_key(entry.name) != class_key(class_name):
                self.repairs[entry.name] = class_name
            self._read_class(entry, modality, class_name)

    def _read_class(self, folder: Path, modality: Modality, class_name: str) -> None:
        prefix = folder.relative_to(self.root).as_posix()
        before = len(self.rows), len(self.report.skipped)
        for file in listing(folder, self.report):
            try:
                fault = _stray(file, modality) or fault_of(facts := file.stat())
                digest = "" if fault else self._hasher(file, facts)
            except OSError as error:
                fault = PictureFault.MISSING, f"cannot be read ({error.strerror})"
            if fault is None:
                self.rows.append(Row(modality, class_name, self.source, f"{prefix}/{file.name}", digest))
            else:
                self.report.add(file, *(_nested(file) or fault))
        if len(self.rows) == before[0] and all(entry.fault == STRAY for entry in self.report.skipped[before[1] :]):
            self.report.add(folder, NO_PICTURES, "holds no picture")

    def note_strays(self, home: Path) -> None:
        """Report the files that lie where the data set begins; folders beside it are somebody else's."""
        for entry in listing(home, self.report):
            if entry.name.startswith(".") or not isdir(entry):
                self.report.add(entry, STRAY, stray_file(entry))


def stray_file(file: Path) -> str:
    """What a file beside the folders of a data set is, where it could have been read instead of them."""
    match file.suffix.lower():
        case ".ndjson":
            return "strokes beside the folders of a data set; give them a folder of their own to read them"
        case ".csv":
            return "a table beside the folders of the data set; name the file itself where it is to be read"
    return "beside the folders of the data set"


class FileHasher:
    """SHA-256 of files; one that is linked under many names is read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], str] = {}

    def __call__(self, file: Path, facts: os.stat_result) -> str:
        """Hash of a file.

        Raises:
            OSError: it cannot be read.
        """
        place = facts.st_dev, facts.st_ino
        if place not in self._known:
            with file.open("rb") as stream:
                self._known[place] = hashlib.file_digest(stream, "sha256").hexdigest()
        return self._known[place]


def _no_class_folder(entry: Path) -> tuple[str, str]:
    if not entry.name.startswith(".") and entry.is_symlink() and not entry.exists():
        return PictureFault.MISSING, "a link to nothing"
    return STRAY, "neither a class folder nor in one"


def _nested(entry: Path) -> tuple[str, str] | None:
    """Why a folder in a class folder hides pictures, or None."""
    if entry.name.startswith(".") or not isdir(entry):
        return None
    names = (name for _, _, names in os.walk(entry) for name in names)
    count = sum(PurePath(name).suffix.lower() in PICTURE_SUFFIXES for name in names)
    return (NESTED, f"{count} pictures that are not read") if count else None


def _stray(file: Path, modality: Modality) -> tuple[str, str] | None:
    """Why the name of a file of a class folder says that it is no picture."""
    suffix = file.suffix.lower()
    if file.name.startswith("."):
        return STRAY, "hidden"
    if suffix == ".ndjson" or (suffix in DRAWING_SUFFIXES and modality == "photo"):
        return STRAY, "strokes where pictures of one class are expected; ndjson has a layout of its own"
    if suffix and suffix not in PICTURE_SUFFIXES and suffix not in DRAWING_SUFFIXES:
        return STRAY, f"{suffix} is no picture format"
    return None


def fault_of(facts: os.stat_result, max_bytes: float = DEFAULT_LIMITS.max_bytes) -> tuple[str, str] | None:
    """Why a file is not worth opening, or None: a folder, a pipe (opening it would wait for ever), empty, too large."""
    if stat.S_ISDIR(facts.st_mode):
        return STRAY, "a folder inside a class folder"
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


def subfolders(folder: Path) -> list[Path]:
    """Folders in a folder by name, without hidden ones; none where it cannot be listed."""
    return [entry for entry in listing(folder, ReadReport()) if not entry.name.startswith(".") and isdir(entry)]


def compare_sides(manifest: Manifest, report: ReadReport) -> None:
    """Report the classes, or the whole side, of which there are sketches alone or photos alone."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in manifest.rows:
        counts[row.class_name][row.modality] += 1
    for side, words in (("sketch", "sketches"), ("photo", "photos")):
        lacking = [name for name, sides in counts.items() if not sides[side]]
        if len(lacking) == len(counts):
            report.add(manifest.root, ONE_SIDED, f"no {words} at all; is the archive that holds them unpacked?")
            continue
        for name in lacking:
            report.add(f"{manifest.root}: {name}", ONE_SIDED, f"{counts[name].total()} pictures but no {words}")


def finish(
    root: Path, rows: list[Row], report: ReadReport, asked: Collection[str] | None = None
) -> tuple[Manifest, ReadReport]:
    """Manifest over `rows` and the report with their number, and with the asked classes that are not there.

    Raises:
        DataError: there is no row.
    """
    if asked is not None:
        _note_absent(root, rows, report, asked)
    if not rows:
        reasons = "; ".join(f"{fault}: {count}" for fault, count in report.counts.items())
        raise DataError(f"{root}: nothing readable in it ({reasons or 'no files'})")
    report.read = len(rows)
    return Manifest(root, tuple(rows)), report


def _note_absent(root: Path, rows: list[Row], report: ReadReport, asked: Collection[str]) -> None:
    """Report the asked classes that are not there, where a folder has a name much like theirs.

    Raises:
        DataError: no class is asked for, or there are classes, but none of these.
    """
    if not asked:
        raise DataError(f"{root}: no class to read is named; name at least one in the split")
    absent = sorted(set(asked) - {row.class_name for row in rows})
    outside = [PurePath(entry.path).name for entry in report.skipped if entry.fault == OUTSIDE_CLASSES]
    if outside and not rows and set(report.counts) <= {OUTSIDE_CLASSES, STRAY}:
        here = sorted(set(outside))
        some, has = with_nearest(absent[:_SHOWN], here), ", ".join(here[:_SHOWN])
        raise DataError(
            f"{root}: none of the asked classes is in it: {some}{', ...' if len(absent) > _SHOWN else ''}; it has {has}"
            f"{', ...' if len(here) > _SHOWN else ''}; name some of these, or give the data set of the split"
        )
    for name, near in zip(absent, nearest_names(absent, outside), strict=True):
        if near:
            report.add(f"{root}: {name}", ABSENT, f"was asked for; the most alike folders are {', '.join(near)}")
