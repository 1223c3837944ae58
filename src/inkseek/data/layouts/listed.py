"""Pictures that a file names one by one, instead of a folder that holds them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from inkseek.data.layouts.folders import FileHasher, fault_of
from inkseek.data.manifest import Modality, Row
from inkseek.data.report import ReadReport
from inkseek.errors import ManifestError, PictureFault


@dataclass(frozen=True)
class Entry:
    """One picture that is named: modality, canonical class name, path relative to the root."""

    modality: Modality
    class_name: str
    path: str


def read_entries(root: Path, entries: Sequence[Entry], source: str, report: ReadReport, named_by: Path) -> list[Row]:
    """Rows of the named pictures, one each; a picture named twice has two.

    Raises:
        ManifestError: a named picture is not there.
    """
    require_files(root, [entry.path for entry in entries], named_by)
    hasher = FileHasher()
    rows: list[Row] = []
    for entry in entries:
        file = root / entry.path
        try:
            facts = file.stat()
            fault = fault_of(facts)
            digest = "" if fault else hasher(file, facts)
        except OSError as error:
            fault = PictureFault.MISSING, f"cannot be read ({error.strerror})"
        if fault is None:
            rows.append(Row(entry.modality, entry.class_name, source, entry.path, digest))
        else:
            report.add(file, *fault)
    return rows


def require_files(root: Path, paths: Iterable[str], named_by: Path) -> None:
    """Check that every named file is there.

    Args:
        root: folder that the paths are relative to.
        paths: files, once or several times each.
        named_by: list or manifest that names them.

    Raises:
        ManifestError: with their number and the first few of them.
    """
    wanted = dict.fromkeys(paths)
    missing = [path for path in wanted if not (root / path).exists()]
    if missing:
        more = ", ..." if len(missing) > 3 else ""
        raise ManifestError(
            f"{named_by}: {len(missing)} of the {len(wanted)} files that it names are not in {root}: "
            f"{', '.join(missing[:3])}{more}; unpack the archives whole, or give the folder that it was made for"
        )
