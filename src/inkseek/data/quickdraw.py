"""Quick, Draw! on disk: ndjson files, one drawing a line, of both variants (simplified, and raw with times)."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from os.path import isdir
from pathlib import Path
from typing import Any

from inkseek.data.classes import ClassNames, quickdraw_aliases
from inkseek.data.layouts.folders import fault_of, finish, listing
from inkseek.data.manifest import Manifest, Row
from inkseek.data.report import LISTED_TWICE, OUTSIDE_CLASSES, STRAY, ReadReport
from inkseek.errors import DataError, PictureFault


def read_quickdraw(
    root: Path, classes: Collection[str] | None = None, source: str | None = None
) -> tuple[Manifest, ReadReport]:
    """Read every `*.ndjson` of a folder; a row's path is `file.ndjson#key_id`, its hash that of the strokes.

    Words take the canonical class names (`tennis racquet` is `racket`). Unrecognised drawings are kept.

    Args:
        root: folder of the files.
        classes: canonical names to read; None reads every word.
        source: name of the collection in the manifest; the root's own name by default.

    Raises:
        DataError: the folder is missing or holds nothing readable.
    """
    if not isdir(root):
        raise DataError(f"{root}: no such folder; give the folder that holds the .ndjson files")
    names = ClassNames(classes, quickdraw_aliases())
    report = ReadReport()
    rows: list[Row] = []
    for file in listing(root, report):
        if file.suffix.lower() != ".ndjson" or isdir(file):
            report.add(file, STRAY, "no .ndjson file")
            continue
        rows.extend(_file_rows(file, names, source or root.absolute().name, report))
    return finish(root, rows, report)


def _file_rows(file: Path, names: ClassNames, source: str, report: ReadReport) -> Iterator[Row]:
    outside: Counter[str] = Counter()
    known: set[str] = set()
    for number, line in _lines(file, report):
        try:
            record = json.loads(line)
            word, key_id, strokes = str(record["word"]), str(record["key_id"]), record["drawing"]
        except (ValueError, TypeError, KeyError, RecursionError):
            report.add(f"{file}:{number}", PictureFault.CORRUPT, "no drawing; needs word, key_id and drawing")
            continue
        class_name = names.find(word)
        if class_name is None:
            outside[word] += 1
        elif key_id in known:
            report.add(f"{file}:{number}", LISTED_TWICE, f"key_id {key_id} stands in an earlier line")
        else:
            known.add(key_id)
            yield Row("sketch", class_name, source, f"{file.name}#{key_id}", strokes_hash(strokes))
    for word, count in outside.items():
        report.add(file, OUTSIDE_CLASSES, f"{count} drawings of {word!r}, a class that was not asked for")


def strokes_hash(strokes: object) -> str:
    """SHA-256 of the strokes of a record, as the row of a drawing has it."""
    return hashlib.sha256(json.dumps(strokes).encode()).hexdigest()


def _lines(file: Path, report: ReadReport) -> Iterator[tuple[int, bytes]]:
    """Numbered lines of a file that are not blank; a file that cannot be read, or only in part, is reported."""
    try:
        found = fault_of(file.stat(), math.inf)
        if found is not None:
            report.add(file, *found)
            return
        with file.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield number, line
    except OSError as error:
        report.add(file, PictureFault.MISSING, f"cannot be read ({error.strerror})")


def drawing_records(file: Path, key_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Records of some drawings of an ndjson file, by `key_id`.

    Other lines, broken ones too, are passed over; a file that cannot be read gives those before the failure.
    """
    wanted = frozenset(key_ids)
    found: dict[str, dict[str, Any]] = {}
    with suppress(OSError), file.open("rb") as stream:
        for line in stream:
            try:
                record = json.loads(line)
                key_id = str(record["key_id"])
            except (ValueError, TypeError, KeyError, RecursionError):
                continue
            if key_id in wanted:
                found.setdefault(key_id, record)
    return found
