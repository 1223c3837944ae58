"""The manifest: one row a picture, with the hash of its content."""

import hashlib
import json
import os
import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal, Self, get_args

from inkseek.errors import ManifestError
from inkseek.sketch.readers import drawing_place

Modality = Literal["sketch", "photo"]

_FORMAT = 1
_MODALITIES = get_args(Modality)


@dataclass(frozen=True, order=True)
class Row:
    """One picture of a data set.

    Attributes:
        modality: "sketch" or "photo".
        class_name: canonical class name.
        source: name of the collection it comes from.
        path: file relative to the manifest's root, `/` between folders; `file.ndjson#key_id` for one drawing of many.
        sha256: hash of the file's bytes, or of the drawing's strokes.
    """

    modality: Modality
    class_name: str
    source: str
    path: str
    sha256: str


_ORDER = attrgetter(*(field.name for field in fields(Row)))  # as rows compare, without a Python call a comparison

_FIELDS = frozenset(field.name for field in fields(Row))


@dataclass(frozen=True)
class Manifest:
    """Rows of a data set, always in the same order: modality, class name, source, path.

    Attributes:
        root: folder that the paths are relative to.
        rows: one a picture.
    """

    root: Path
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", tuple(sorted(self.rows, key=_ORDER)))

    @cached_property
    def hash(self) -> str:
        """SHA-256 over modality, class, file name and content of every row; folders and sources do not count."""
        digest = hashlib.sha256()
        for row in self.rows:
            name = row.path.rsplit("/", 1)[-1]
            digest.update(json.dumps([row.modality, row.class_name, name, row.sha256]).encode())
        return digest.hexdigest()

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """Classes with at least one row, in alphabetical order."""
        return tuple(sorted({row.class_name for row in self.rows}))

    def __len__(self) -> int:
        return len(self.rows)

    def file(self, row: Row) -> Path:
        """Where the row's file lies, without the `#key_id` of a drawing."""
        return self.root / drawing_place(row.path)[0]

    def select(self, *, modality: Modality | None = None, classes: Collection[str] | None = None) -> "Manifest":
        """Rows of a modality, of some classes, or of both."""
        wanted = None if classes is None else frozenset(classes)
        kept = (
            row
            for row in self.rows
            if (modality is None or row.modality == modality) and (wanted is None or row.class_name in wanted)
        )
        return replace(self, rows=tuple(kept))

    def rebase(self, root: Path) -> "Manifest":
        """The same rows with paths relative to `root`, a folder above the manifest's own root or that root itself."""
        prefix = self.root.absolute().relative_to(root).as_posix()
        if prefix == ".":
            return Manifest(root, self.rows)
        return Manifest(root, tuple(replace(row, path=f"{prefix}/{row.path}") for row in self.rows))

    def save(self, path: Path) -> None:
        """Write as JSON lines: a head with format, root and number of rows, then one row a line.

        The root is kept relative to the file's folder where one of the two holds the other, so that both can be moved
        together; elsewhere it is absolute.
        """
        root, home = self.root.absolute(), path.absolute().parent
        together = root.is_relative_to(home) or home.is_relative_to(root)
        head = {"format": _FORMAT, "root": os.path.relpath(root, home) if together else str(root), "rows": len(self)}
        lines = [json.dumps(head), *(json.dumps(asdict(row)) for row in self.rows)]
        path.write_text("\n".join(lines) + "\n", encoding="ascii")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ManifestError: the file is missing, cut short, damaged or of another format, or a row is damaged, stands
                twice or leads out of the root.
        """
        try:
            head, *lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise ManifestError(f"{path}: cannot be read ({error.strerror}); give the path of a manifest") from None
        except ValueError:
            raise ManifestError(f"{path}: not a manifest, or damaged; build it again") from None
        root, count = _parse_head(head, path)
        if len(lines) != count:
            raise ManifestError(f"{path}: holds {len(lines)} of {count} rows; build it again")
        rows: dict[tuple[str, str, str], Row] = {}
        for number, line in enumerate(lines, start=2):
            row = _parse_row(line, f"{path}:{number}")
            if rows.setdefault((row.modality, row.class_name, row.path), row) is not row:
                raise ManifestError(f"{path}:{number}: {row.path} stands in an earlier line too; build it again")
        home = (path.resolve() if path.is_symlink() else path.absolute()).parent
        return cls(Path(os.path.normpath(home / root)), tuple(rows.values()))


def _parse_head(line: str, file: Path) -> tuple[str, int]:
    """Root and number of rows."""
    tree = _parse_object(line)
    if "format" not in tree:
        raise ManifestError(f"{file}: not a manifest, or damaged; build it again")
    if tree["format"] != _FORMAT:
        raise ManifestError(f"{file}: manifest format {tree['format']} is not {_FORMAT}; build it again")
    root, count = tree.get("root"), tree.get("rows")
    if not isinstance(root, str) or "\0" in root or not isinstance(count, int):
        raise ManifestError(f"{file}:1: does not state root (a folder) and rows (a number); build it again")
    return root, count


def _parse_row(line: str, place: str) -> Row:
    tree = _parse_object(line)
    if set(tree) != _FIELDS or not all(isinstance(value, str) for value in tree.values()):
        raise ManifestError(f"{place}: not a row with {', '.join(sorted(_FIELDS))}, all of them text; build it again")
    row = Row(**tree)
    if row.modality not in _MODALITIES:
        raise ManifestError(f"{place}: modality {row.modality!r} is neither sketch nor photo; build it again")
    if not row.path or row.path.startswith("/") or ".." in row.path.split("/") or "\0" in row.path:
        raise ManifestError(f"{place}: the path {row.path!r} leads to no file below the root; build it again")
    if not re.fullmatch("[0-9a-f]{64}", row.sha256):
        raise ManifestError(f"{place}: {row.sha256!r} is no SHA-256 in hexadecimal digits; build it again")
    return row


def _parse_object(line: str) -> dict[str, Any]:
    """The object of a line; an empty one where there is none."""
    try:
        tree = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return tree if isinstance(tree, dict) else {}


def merge_manifests(manifests: Sequence[Manifest]) -> Manifest:
    """One manifest over the rows of several, rooted at the folder that they have in common.

    Raises:
        ManifestError: there is none to merge.
    """
    if not manifests:
        raise ManifestError("no manifest to merge; name at least one source of data")
    common = Path(os.path.commonpath([manifest.root.absolute() for manifest in manifests]))
    return Manifest(common, tuple(row for manifest in manifests for row in manifest.rebase(common).rows))
