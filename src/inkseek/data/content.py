"""What the files of a manifest hold now, beside the hashes that it states."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from inkseek.data.layouts.folders import FileHasher, fault_of
from inkseek.data.manifest import Manifest, Row
from inkseek.data.quickdraw import drawing_records, strokes_hash
from inkseek.sketch.readers import drawing_place


def with_present_hashes(manifest: Manifest) -> Manifest:
    """The manifest with the hash of every file or drawing as it is now; one that cannot be read keeps the stated."""
    hasher = FileHasher()
    strokes: defaultdict[Path, dict[str, Row]] = defaultdict(dict)
    rows: list[Row] = []
    for row in manifest.rows:
        file, key_id = manifest.file(row), drawing_place(row.path)[1]
        if key_id is not None:
            strokes[file][key_id] = row
        else:
            rows.append(replace(row, sha256=_file_hash(hasher, file) or row.sha256))
    for file, drawings in strokes.items():
        rows.extend(_drawing_rows(file, drawings))
    return replace(manifest, rows=tuple(rows))


def changed_rows(stated: Manifest, present: Manifest) -> list[Row]:
    """Rows of a manifest whose content is another one than the manifest states."""
    unchanged = frozenset(present.rows)
    return [row for row in stated.rows if row not in unchanged]


def _file_hash(hasher: FileHasher, file: Path) -> str | None:
    try:
        facts = file.stat()
        return None if fault_of(facts) else hasher(file, facts)
    except OSError:
        return None


def _drawing_rows(file: Path, drawings: dict[str, Row]) -> Iterator[Row]:
    records = drawing_records(file, drawings)
    for key_id, row in drawings.items():
        yield replace(row, sha256=strokes_hash(records[key_id].get("drawing"))) if key_id in records else row
