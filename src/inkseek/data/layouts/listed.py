"""Pictures that a file names one by one, instead of a folder that holds them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from inkseek.data.layouts.folders import FileHasher, fault_of
from inkseek.data.manifest import Modality, Row
from inkseek.data.report import ReadReport
from inkseek.errors import ManifestError, PictureFault

_SHOWN = 3


@dataclass(frozen=True)
class Entry:
    """One picture that is named: modality, canonical class name, path relative to the root."""

    modality: Modality
    class_name: str
    path: str


def read_entries(root: Path, entries: Sequence[Entry], source: str, report: ReadReport, named_by: Path) -> list[Row]:
    """Rows of the named pictures, one each; a picture named twice has two.

    Args:
        root: folder that the paths are relative to.
        entries: the pictures.
        source: name of the collection in the manifest.
        report: takes the pictures that cannot be read.
        named_by: file that names them.

    Raises:
        ManifestError: named pictures are not there.
    """
    hasher = FileHasher()
    missing: list[str] = []
    rows: list[Row] = []
    for entry in entries:
        file = root / entry.path
        try:
            facts = file.stat()
            fault = fault_of(facts)
            digest = "" if fault else hasher(file, facts)
        except (FileNotFoundError, NotADirectoryError):
            missing.append(entry.path)
            continue
        except OSError as error:
            fault = PictureFault.MISSING, f"cannot be read ({error.strerror})"
        if fault is None:
            rows.append(Row(entry.modality, entry.class_name, source, entry.path, digest))
        else:
            report.add(file, *fault)
    _refuse(missing, len(entries), root, named_by)
    return rows


def require_files(root: Path, paths: Iterable[str], named_by: Path) -> None:
    """Check that every named file is there.

    Args:
        root: folder that the paths are relative to.
        paths: files, once or several times each.
        named_by: file that names them.

    Raises:
        ManifestError: with their number and the first few of them.
    """
    wanted = dict.fromkeys(paths)
    _refuse([path for path in wanted if not (root / path).exists()], len(wanted), root, named_by)


def _refuse(missing: Sequence[str], wanted: int, root: Path, named_by: Path) -> None:
    if missing:
        some = ", ".join(missing[:_SHOWN]) + (", ..." if len(missing) > _SHOWN else "")
        raise ManifestError(
            f"{named_by}: {len(missing)} of the {wanted} files that it names are not in {root}: {some}; "
            "unpack the archives whole, or give the folder that it was made for"
        )
