"""CSV files of MA-ZS-SBIR (Lyou et al., WACV 2024): one picture a line under the heading `img_path,text,m1,m2,label`.

`m1` is 1 for a sketch and 0 for a photo, `label` the class's number; the class's name is that of the picture's folder.
The paths are absolute and of another machine, so they are looked for below the folder of the CSV file.
"""

import csv
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from inkseek.data.classes import ClassNames, class_key
from inkseek.data.datasets import DATA_SETS, data_set_aliases, known_data_set
from inkseek.data.layouts.folders import finish
from inkseek.data.layouts.listed import Entry, read_entries
from inkseek.data.manifest import Manifest, Modality
from inkseek.data.report import LISTED_TWICE, OUTSIDE_CLASSES, ReadReport
from inkseek.errors import ManifestError

HEADING = ["img_path", "text", "m1", "m2", "label"]


def csv_files(root: Path) -> list[Path]:
    """The file itself, or the files of a folder that have the heading."""
    if root.is_file():
        return [root]
    return [file for file in sorted(root.glob("*.csv")) if _has_heading(file)]


def _has_heading(file: Path) -> bool:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return next(csv.reader(stream), []) == HEADING
    except (OSError, UnicodeDecodeError, csv.Error):
        return False


def read_csv(
    files: Sequence[Path], classes: Collection[str] | None = None, source: str | None = None
) -> tuple[Manifest, ReadReport, Mapping[str, str]]:
    """Read the pictures that CSV files of one folder name, each once, however many lines and files name it.

    Args:
        files: at least one.
        classes: canonical names to read; None reads every class.
        source: name of the collection in the manifest; the folder's own name by default.

    Returns:
        Manifest, report, and the class folders whose name an alias repaired.

    Raises:
        ManifestError: a file is no such table, gives one label two classes or one picture two modalities, or names
            pictures that are not there.
        DataError: nothing in it is readable.
    """
    report = ReadReport()
    records = _once([record for file in files for record in _records(file)], report)
    root, start = _place(files[0].parent, records)
    folders = {record.folder for record in records}
    name = known_data_set(folders)
    names = ClassNames(classes, data_set_aliases(name), DATA_SETS[name].class_names if name else None)
    found = {folder: class_name for folder in sorted(folders) if (class_name := names.find(folder)) is not None}
    entries = [
        Entry(record.modality, found[record.folder], "/".join(record.parts[start:]))
        for record in records
        if record.folder in found
    ]
    for folder in sorted(folders - set(found)):
        count = sum(record.folder == folder for record in records)
        report.add(f"{files[0]}/{folder}", OUTSIDE_CLASSES, f"{count} pictures of a class that was not asked for")
    rows = read_entries(root, entries, source or root.absolute().name, report, files[0])
    repairs = {folder: name for folder, name in found.items() if class_key(folder) != class_key(name)}
    return *finish(root, rows, report, classes), repairs


@dataclass(frozen=True)
class _Record:
    file: Path
    line: int
    modality: Modality
    parts: tuple[str, ...]

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def folder(self) -> str:
        return self.parts[-2]


def _records(file: Path) -> Iterator[_Record]:
    labels: dict[str, str] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            lines = csv.reader(stream)
            if next(lines, []) != HEADING:
                raise ManifestError(f"{file}: the first line must be {','.join(HEADING)}")
            for line in filter(None, lines):
                record, label = _record(line, file, lines.line_num)
                if labels.setdefault(label, record.folder) != record.folder:
                    raise ManifestError(
                        f"{record.where}: label {label} is {record.folder} here and {labels[label]} in a line above"
                    )
                yield record
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestError(f"{file}: cannot be read as CSV ({error})") from None


def _record(line: list[str], file: Path, number: int) -> tuple[_Record, str]:
    parts = tuple(part for part in PurePosixPath(line[0] if line else "").parts if part != "/")
    if len(line) != len(HEADING) or line[2] not in {"0", "1"} or len(parts) < 2 or ".." in parts:
        raise ManifestError(f"{file}:{number}: not a path with its class folder, a text, m1 of 0 or 1, m2 and a label")
    return _Record(file, number, "sketch" if line[2] == "1" else "photo", parts), line[4]


def _once(records: Sequence[_Record], report: ReadReport) -> list[_Record]:
    """The first record of each picture; how many more there are stands in the report, file by file."""
    known: dict[tuple[str, ...], _Record] = {}
    again: Counter[Path] = Counter()
    for record in records:
        first = known.setdefault(record.parts, record)
        if first.modality != record.modality:
            raise ManifestError(f"{record.where}: a {record.modality} here and a {first.modality} in {first.where}")
        again[record.file] += first is not record
    for file, count in again.items():
        if count:
            report.add(file, LISTED_TWICE, f"{count} pictures that an earlier line names too; each counts once")
    return list(known.values())


def _place(folder: Path, records: Sequence[_Record]) -> tuple[Path, int]:
    """Folder that the pictures lie in, and how many leading parts of their paths do not count there."""
    for record in records:
        for start in range(len(record.parts) - 1):
            if folder.joinpath(*record.parts[start:]).exists():
                return folder, start
        if Path("/", *record.parts).exists():
            return Path("/"), 0
    return folder, 0
