"""Reading a data set in whichever layout it has."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from inkseek.data.classes import ClassNames
from inkseek.data.datasets import DATA_SETS, data_set_aliases, data_set_of, known_data_set
from inkseek.data.layouts.csv_file import csv_files, read_csv
from inkseek.data.layouts.folders import FolderReader, compare_sides, finish, listing, stray_file, subfolders
from inkseek.data.layouts.listed import require_files
from inkseek.data.layouts.table import LAYOUTS, Layout, Match, all_matches, find_layouts
from inkseek.data.manifest import Manifest, Row
from inkseek.data.report import OUTSIDE_CLASSES, STRAY, ReadReport
from inkseek.errors import DataError
from inkseek.sketch.readers import drawing_place

MANIFEST = "manifest"
"""Layout of a file that names the pictures and their hashes."""


@dataclass(frozen=True)
class DataSet:
    """A data set as it lies on disk.

    Attributes:
        layout: short name of its layout: "sake", "sempcyc", "doodle2search", "sketchy" or "tuberlin" (the archives as
            they unpack), "tvt", "acnet", "folders", "csv" or "manifest".
        name: key of `DATA_SETS` that it is by its layout and class names; None if it is none.
        manifest: every picture, also those that Sketchy holds in both photo folders.
        report: what was skipped, and classes or whole sides that are missing.
        repairs: name of a class folder on disk -> class that it was read as, where a table of aliases told; spellings
            that differ in case, spaces, `_` and `-` alone are no repairs.
    """

    layout: str
    name: str | None
    manifest: Manifest
    report: ReadReport
    repairs: Mapping[str, str] = field(default_factory=dict)

    @property
    def strokes(self) -> bool:
        """Whether every row is one drawing of an ndjson file."""
        return _are_strokes(self.manifest)

    def report_without(self, names: Collection[str]) -> ReadReport:
        """The report less the folders of these classes: classes that were left out on purpose."""
        return self.report.without_classes(names, data_set_aliases(self.name))


def probe(root: Path, classes: Collection[str] | None = None, source: str | None = None) -> DataSet:
    """Read a data set of sketches and photos in whichever layout it has.

    Args:
        root: folder of the data set, or the folder above it where it holds one data set; a manifest that
            `Manifest.save` wrote; or a CSV file with the columns of MA-ZS-SBIR, or the folder of such files, which
            are read where no layout of folders is whole.
        classes: canonical names to read; None reads every class.
        source: name of the collection in the manifest; the data set folder's own name by default.

    Raises:
        DataError: the folder is missing, has no known layout, holds several data sets or nothing readable.
        ManifestError: a manifest or CSV file is damaged or names files that are not there.
    """
    if root.is_file() and root.suffix.lower() != ".csv":
        return _read_manifest(root, classes)
    tables = csv_files(root)
    beside = all_matches(root) if tables and root.is_dir() else []
    if not tables or any(match.complete for match in beside):
        return _read_folders(root, find_layouts(root), LAYOUTS, classes, source)
    manifest, report, repairs = read_csv(tables, classes, source)
    _note_unnamed(manifest, beside, tables[0], report)
    compare_sides(manifest, report)
    return DataSet("csv", known_data_set(manifest.class_names), manifest, report, repairs)


def read_sketchy(
    root: Path, classes: Collection[str] | None = None, source: str | None = None
) -> tuple[Manifest, ReadReport]:
    """Read Sketchy in any of its layouts; arguments and errors as for `probe`, folders alone."""
    layouts = tuple(layout for layout in LAYOUTS if layout.data_set == "sketchy")
    found = _read_folders(root, find_layouts(root, layouts), layouts, classes, source)
    return found.manifest, found.report


def read_folders(
    root: Path, classes: Collection[str] | None = None, source: str | None = None
) -> tuple[Manifest, ReadReport]:
    """Read `sketch/<class>/` and `photo/<class>/`; arguments and errors as for `probe`, folders alone."""
    layouts = LAYOUTS[-1:]
    found = _read_folders(root, find_layouts(root, layouts), layouts, classes, source)
    return found.manifest, found.report


def _read_folders(
    root: Path,
    matches: Sequence[Match],
    layouts: Sequence[Layout],
    classes: Collection[str] | None,
    source: str | None,
) -> DataSet:
    if not matches:
        raise DataError(f"{root}: no data set in a known layout; expected {_expected(layouts)}")
    match, name = _identify(matches)
    known = DATA_SETS[name].class_names if name else None
    names = ClassNames(classes, data_set_aliases(name), known)
    reader = FolderReader(match.home, names, source or match.home.absolute().name)
    reader.note_strays(match.home)
    if match.home != root:
        _note_unread(root, reader.report)
    for modality, folder in match.folders:
        reader.read(folder, modality)
    manifest, report = finish(match.home, reader.rows, reader.report, classes)
    compare_sides(manifest, report)
    return DataSet(match.layout.name, name, manifest, report, reader.repairs)


def _note_unread(root: Path, report: ReadReport) -> None:
    """Report files above the data set that would be read if they lay there alone."""
    strokes = [file for file in listing(root, report) if file.suffix.lower() == ".ndjson"]
    for file in (*strokes, *csv_files(root)):
        report.add(file, STRAY, stray_file(file))


def _note_unnamed(manifest: Manifest, beside: Sequence[Match], table: Path, report: ReadReport) -> None:
    """Report the folders of pictures of which a table names none."""
    named = {parent for row in manifest.rows for parent in manifest.file(row).parents}
    for folder in dict.fromkeys(folder for match in beside for _, folder in match.folders):
        if folder not in named:
            report.add(folder, STRAY, f"no picture in it is named by {table.name}, which was read")


def _expected(layouts: Sequence[Layout]) -> str:
    if layouts == LAYOUTS:
        titles = ", ".join(facts.title for facts in DATA_SETS.values())
        return f"{layouts[-1].shape}, or {titles} as their archives unpack"
    return " or ".join(layout.shape for layout in layouts)


def _identify(matches: Sequence[Match]) -> tuple[Match, str | None]:
    """The layout and the data set: the one data set that lies so, or the one that the class folders tell."""
    by_data_set = {match.layout.data_set: match for match in reversed(matches)}
    among = [name for name in by_data_set if name is not None]
    if len(among) == 1:
        return by_data_set[among[0]], among[0]
    folders = {entry.name for _, folder in matches[0].folders for entry in subfolders(folder)}
    name = data_set_of(folders, among) if among else known_data_set(folders)
    return by_data_set.get(name, matches[0]), name


def _read_manifest(file: Path, classes: Collection[str] | None) -> DataSet:
    whole = Manifest.load(file)
    require_files(whole.root, [drawing_place(row.path)[0] for row in whole.rows], file)
    names = ClassNames(whole.class_names if classes is None else classes)
    report = ReadReport()
    rows: list[Row] = []
    outside: Counter[str] = Counter()
    for row in whole.rows:
        class_name = names.find(row.class_name)
        if class_name is None:
            outside[row.class_name] += 1
        else:
            rows.append(replace(row, class_name=class_name))
    for class_name, count in outside.items():
        report.add(f"{file}/{class_name}", OUTSIDE_CLASSES, f"{count} pictures of a class that was not asked for")
    manifest, report = finish(whole.root, rows, report, classes)
    compare_sides(manifest, report)
    name = None if _are_strokes(whole) else known_data_set(whole.class_names)
    return DataSet(MANIFEST, name, manifest, report)


def _are_strokes(manifest: Manifest) -> bool:
    return all(drawing_place(row.path)[1] is not None for row in manifest.rows)
