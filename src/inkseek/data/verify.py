"""What is in a data set, whether it is whole, and what to do where it is not."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from inkseek.data.content import changed_rows, with_present_hashes
from inkseek.data.counts import ClassPictures, Counts, Total, count_pictures
from inkseek.data.datasets import DATA_SETS
from inkseek.data.duplicates import find_duplicates
from inkseek.data.findings import (
    Finding,
    changed_findings,
    count_findings,
    duplicate_findings,
    file_findings,
    folder_findings,
    name_findings,
    stray_findings,
)
from inkseek.data.layouts import MANIFEST, DataSet, probe
from inkseek.data.layouts.table import find_layouts
from inkseek.data.quickdraw import read_quickdraw
from inkseek.data.readable import Progress, bad_files
from inkseek.data.receipts import RECEIPTS, read_receipts
from inkseek.data.report import Skipped
from inkseek.errors import DataError

OWN = "own"
"""In place of a published data set: compare with none."""

STROKES = "ndjson"
"""Layout of a folder of Quick, Draw! files."""

_FORMAT = 1


@dataclass(frozen=True)
class Verification:
    """What was found in a data set.

    Attributes:
        root: folder that paths in the findings are relative to.
        layout: short name of its layout.
        name: published data set that it is, or None.
        against: published data set that it was compared with, or None.
        strokes: it holds drawings alone, which have no photos beside them.
        quick: only the headers of its pictures were looked at.
        counts: its pictures, beside the published numbers.
        findings: faults first, then notes.
    """

    root: Path
    layout: str
    name: str | None
    against: str | None
    strokes: bool
    quick: bool
    counts: Counts
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no fault: it is as published, or a whole data set of one's own."""
        return not any(finding.fault for finding in self.findings)

    def to_tree(self) -> dict[str, Any]:
        """The report as it is written: format 1.

        Keys: `format`; `root`, `layout`, `data_set` (recognised) and `against` (compared with), both a name or null;
        `quick`; `ok`; `photo_folders` ("both", "originals", "extended"); `sketches` and `photos`, each `found` and
        `published` (or null); `classes`, each `name`, `sketches`, `photos`, `published_sketches`, `published_photos`
        (or null); `findings`, each `kind`, `fault`, `title`, `items`, `remedy`.
        """
        counts = self.counts
        return {
            "format": _FORMAT,
            "root": str(self.root),
            "layout": self.layout,
            "data_set": self.name,
            "against": self.against,
            "quick": self.quick,
            "ok": self.ok,
            "photo_folders": counts.photo_folders,
            "sketches": _total_tree(counts.sketches),
            "photos": _total_tree(counts.photos),
            "classes": [_class_tree(pictures) for pictures in counts.classes],
            "findings": [asdict(finding) for finding in self.findings],
        }

    def to_json(self) -> str:
        """`to_tree` as text; a file name that is no UTF-8 stands in JSON's own escapes."""
        text = json.dumps(self.to_tree(), ensure_ascii=False, indent=1) + "\n"
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _total_tree(total: Total) -> dict[str, int | None]:
    return {"found": total.found, "published": total.published}


def _class_tree(pictures: ClassPictures) -> dict[str, str | int | None]:
    return asdict(pictures)


def check_report(file: Path) -> None:
    """Check, before a long verification, that its report can be written to a file: it may replace a report alone.

    Raises:
        DataError: the file is there and is no report of `verify`, or there is no folder for it.
    """
    if not file.parent.is_dir():
        raise DataError(
            f"{file}: cannot be written (there is no folder {file.parent}); give another file with --report"
        )
    if (file.exists() or file.is_symlink()) and not _is_report(file):
        raise DataError(f"{file}: is there already and is no report of data verify; give another file with --report")


def _is_report(file: Path) -> bool:
    try:
        tree = json.loads(file.read_bytes()) if file.is_file() else None
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(tree, dict) and {"format", "layout", "against", "findings"} <= set(tree)


def read_data_set(root: Path) -> DataSet:
    """Read a data set in any layout, or a folder of Quick, Draw! strokes; errors as those of `probe`.

    Where a folder has both, its pictures are read, as every measurement reads them.
    """
    if root.is_dir() and any(root.glob("*.ndjson")) and not find_layouts(root):
        manifest, report = read_quickdraw(root)
        return DataSet(STROKES, None, manifest, report)
    return probe(root)


def verify(
    data_set: DataSet,
    *,
    against: str | None = None,
    quick: bool = False,
    progress: Progress = lambda done, total: None,
) -> Verification:
    """Check a data set: classes, counts, names, every file, duplicates and what does not belong to it.

    Args:
        data_set: as `read_data_set` gives it.
        against: key of `DATA_SETS` to compare with, or `OWN`; by default the data set that it was recognised as.
        quick: look at headers in place of decoding every picture.
        progress: told of the pictures that are checked.

    Raises:
        DataError: there is no data set `against`, or strokes would be compared with one.
        FormatError: the folder's list of downloads is damaged.
    """
    if against not in {None, OWN, *DATA_SETS}:
        raise DataError(f"no data set is named {against!r}; choose one of {', '.join(DATA_SETS)}, or {OWN}")
    name = None if against == OWN else against or data_set.name
    if name is not None and data_set.strokes:
        raise DataError(f"{data_set.manifest.root}: holds strokes, of which no counts are published; leave out --as")
    counts = count_pictures(data_set.manifest, name)
    findings = _findings(data_set, counts, quick, progress)
    return Verification(
        root=data_set.manifest.root,
        layout=data_set.layout,
        name=data_set.name,
        against=name,
        strokes=data_set.strokes,
        quick=quick,
        counts=counts,
        findings=tuple(sorted(findings, key=lambda finding: not finding.fault)),
    )


def _findings(data_set: DataSet, counts: Counts, quick: bool, progress: Progress) -> Iterator[Finding]:
    skipped = _skipped(data_set)
    manifest = data_set.manifest
    if data_set.layout == MANIFEST and not quick:  # every other layout was hashed when it was read
        manifest = with_present_hashes(manifest)
        yield from changed_findings(changed_rows(data_set.manifest, manifest))
    if not data_set.strokes:
        yield from count_findings(counts)
    yield from folder_findings(skipped)
    yield from file_findings(skipped, bad_files(manifest, quick=quick, progress=progress))
    yield from name_findings(data_set.repairs)
    yield from duplicate_findings(find_duplicates(manifest), skipped)
    yield from stray_findings(skipped)


def _skipped(data_set: DataSet) -> list[Skipped]:
    """What was left out, with paths relative to the root; archives that `inkseek data get` put there are no strays."""
    root = data_set.manifest.root
    receipts = read_receipts(root)
    ours = {RECEIPTS, *receipts} if receipts else set()
    entries = [replace(entry, path=entry.path.removeprefix(f"{root}/")) for entry in data_set.report.skipped]
    return [entry for entry in entries if entry.path not in ours or entry.path.endswith(".ndjson")]
