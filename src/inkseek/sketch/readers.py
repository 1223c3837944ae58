"""Files that hold strokes: stroke JSON, Quick, Draw! ndjson and SVG."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import TypeAdapter, ValidationError

from inkseek.config import Config
from inkseek.errors import PictureError, PictureFault
from inkseek.sketch.model import Drawing
from inkseek.sketch.svg import svg_drawing

__all__ = [
    "DRAWING_SUFFIXES",
    "MAX_DRAWING_BYTES",
    "NdjsonRecords",
    "StrokeFile",
    "drawing_place",
    "drawing_suffix",
    "iterate_ndjson",
    "quickdraw_drawing",
    "read_drawing",
    "stroke_json_drawing",
    "svg_drawing",
]

DRAWING_SUFFIXES = frozenset({".json", ".svg", ".ndjson"})
"""Suffixes, lower case, of the files that hold strokes."""

MAX_DRAWING_BYTES = 16 * 1024 * 1024
"""Largest file of one drawing, and longest line of an ndjson file, in bytes."""


class StrokeFile(Config):
    """Stroke JSON: `{"format": 1, "name": "cat", "strokes": [[[x, y], [x, y], ...], ...]}`.

    Attributes:
        format: number of the format.
        name: what the drawing shows; optional.
        strokes: points x, y (down) in any units, with optional time in milliseconds and pressure.
    """

    format: Literal[1]
    name: str | None = None
    strokes: list[list[list[float]]]


_ONE_OF_MANY = re.compile(r"(?P<file>.*\.ndjson)#(?P<key_id>[^/]*)", re.DOTALL | re.IGNORECASE)

_QUICKDRAW = TypeAdapter(list[list[list[float]]])


def stroke_json_drawing(data: str | bytes, source: str) -> Drawing:
    """Drawing of a stroke JSON text (`StrokeFile`).

    Raises:
        PictureError: `CORRUPT` where text is no stroke JSON, else as `Drawing.from_points`.
    """
    try:
        strokes = StrokeFile.model_validate_json(data).strokes
    except ValidationError as error:
        raise _corrupt(source, _first_fault(error, "no stroke JSON")) from None
    return Drawing.from_points(strokes, source=source)


def quickdraw_drawing(record: dict[str, Any], source: str) -> Drawing:
    """Drawing of a Quick, Draw! record, simplified `[[xs], [ys]]` or raw `[[xs], [ys], [ts]]`.

    Raises:
        PictureError: `CORRUPT` where `drawing` is missing or malformed, else as `Drawing.from_points`.
    """
    try:
        strokes = _QUICKDRAW.validate_python(record.get("drawing"))
    except ValidationError as error:
        raise _corrupt(source, _first_fault(error, "no Quick, Draw! drawing")) from None
    if not all(len(stroke) in {2, 3} and len({len(axis) for axis in stroke}) == 1 for stroke in strokes):
        raise _corrupt(source, "a stroke is not [xs, ys] or [xs, ys, ts] of equal lengths")
    return Drawing.from_points([list(zip(*stroke, strict=True)) for stroke in strokes], source=source)


class NdjsonRecords(Iterator[tuple[str, dict[str, Any]]]):
    """Records of an ndjson file, in order; it goes on behind a line that raised.

    `next` gives (key_id, record). A line that is no Quick, Draw! record raises `PictureError` with `path:line`, and
    the next call reads the line after it. Empty lines are left out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = _numbered_lines(path)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[str, dict[str, Any]]:
        number, line = next(self._lines)
        place = f"{self._path}:{number}"
        if len(line) > MAX_DRAWING_BYTES:
            raise PictureError(place, PictureFault.TOO_LARGE, f"the line exceeds {MAX_DRAWING_BYTES} bytes")
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _corrupt(place, f"the line is no JSON ({error})") from None
        if not isinstance(record, dict) or not isinstance(record.get("key_id"), str):
            raise _corrupt(place, "the line is no record with a text key_id")
        return record["key_id"], record


def iterate_ndjson(path: Path) -> NdjsonRecords:
    """Records of a Quick, Draw! ndjson file as an iterator that survives broken lines (`NdjsonRecords`).

    Raises:
        PictureError: from `next`, `MISSING` where the file cannot be read, `CORRUPT` or `TOO_LARGE` for one line.
    """
    return NdjsonRecords(path)


def drawing_place(path: Path | str) -> tuple[str, str | None]:
    """File of a path, and the `key_id` of `file.ndjson#key_id`, or None; any other `#` belongs to the file's name."""
    found = _ONE_OF_MANY.fullmatch(str(path))
    return (found["file"], found["key_id"]) if found else (str(path), None)


def drawing_suffix(path: Path | str) -> str | None:
    """Suffix of a file that holds strokes (`file.ndjson#key_id` included), or None for any other file."""
    suffix = Path(drawing_place(path)[0]).suffix.lower()
    return suffix if suffix in DRAWING_SUFFIXES else None


def read_drawing(path: Path | str) -> Drawing:
    """Drawing of a file: `.json` (stroke JSON), `.svg`, `.ndjson` (its first record, or the one of `#key_id`).

    Raises:
        PictureError: `MISSING`, `EMPTY`, `UNSUPPORTED` for another suffix, else as the reader of the format.
    """
    name, key = drawing_place(path)
    file = Path(name)
    match drawing_suffix(path):
        case ".json":
            return stroke_json_drawing(_content(file), str(path))
        case ".svg":
            return svg_drawing(_content(file), str(path))
        case ".ndjson":
            return quickdraw_drawing(_record(file, key), str(path))
    detail = f"{file.suffix or 'a name without suffix'} holds no strokes; give .json, .svg or .ndjson"
    raise PictureError(str(path), PictureFault.UNSUPPORTED, detail)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_DRAWING_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _missing(path, error) from None
    if not data:
        raise PictureError(str(path), PictureFault.EMPTY, "has 0 bytes; copy the file again")
    if len(data) > MAX_DRAWING_BYTES:
        raise PictureError(str(path), PictureFault.TOO_LARGE, f"exceeds {MAX_DRAWING_BYTES} bytes; simplify it")
    return data


def _record(path: Path, key: str | None) -> dict[str, Any]:
    """First record of a file, or the one of a key; lines in front of it may be broken."""
    records = iterate_ndjson(path)
    while key is not None:
        try:
            found, record = next(records)
        except PictureError as error:
            if error.fault is PictureFault.MISSING:
                raise
        except StopIteration:
            raise PictureError(str(path), PictureFault.MISSING, f"holds no record with key_id {key}") from None
        else:
            if found == key:
                return record
    for _, record in records:
        return record
    raise PictureError(str(path), PictureFault.EMPTY, "holds no record; give a file with at least one line")


def _numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines from 1 on; of a line over the limit one byte more than the limit, and its rest is skipped."""
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_DRAWING_BYTES + 1):
                number += 1
                rest = line
                while len(rest) > MAX_DRAWING_BYTES and not rest.endswith(b"\n"):
                    rest = file.readline(MAX_DRAWING_BYTES + 1)
                if line.strip():
                    yield number, line
    except (OSError, ValueError) as error:
        raise _missing(path, error) from None


def _missing(path: Path, error: Exception) -> PictureError:
    reason = getattr(error, "strerror", None) or str(error)
    return PictureError(str(path), PictureFault.MISSING, f"cannot be read ({reason}); check the path")


def _corrupt(source: str, detail: str) -> PictureError:
    return PictureError(source, PictureFault.CORRUPT, detail)


def _first_fault(error: ValidationError, what: str) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{what}: {'.'.join(str(part) for part in first['loc']) or 'whole text'}: {first['msg']}"
