"""Whether the files of a data set can be used: every one is read as a measurement would read it."""

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image

from inkseek.data.manifest import Manifest, Modality, Row
from inkseek.errors import PictureError, PictureFault
from inkseek.pictures.decode import SUFFIX_FORMATS
from inkseek.pictures.limits import DEFAULT_LIMITS
from inkseek.pictures.preprocessing import Preprocessing, read_query
from inkseek.sketch.readers import drawing_place, iterate_ndjson, quickdraw_drawing

Progress = Callable[[int, int], None]
"""Called with the pictures that are checked and their number."""

_THREADS = 4
_BATCH = 1024
_SMALL = Preprocessing(size=32)
_HEADER_FORMATS = frozenset(SUFFIX_FORMATS.values()) - {"HEIF"}
"""What Pillow knows by itself."""


@dataclass(frozen=True)
class BadFile:
    """A picture that cannot be used.

    Attributes:
        path: relative to the root of the manifest.
        fault: kind of fault.
        detail: what is wrong, and what to do.
    """

    path: str
    fault: PictureFault
    detail: str


def bad_files(
    manifest: Manifest, *, quick: bool = False, progress: Progress = lambda done, total: None
) -> list[BadFile]:
    """Pictures of a data set that cannot be decoded, and sketches without ink, by path.

    A content that several files have, by the hashes of the manifest, is decoded once.

    Args:
        manifest: the data set.
        quick: look at the headers of pictures only; strokes are read whole.
        progress: told of every step.
    """
    groups: defaultdict[tuple[str, str, Modality], list[Row]] = defaultdict(list)
    strokes: defaultdict[Path, dict[str, Row]] = defaultdict(dict)
    for row in manifest.rows:
        key_id = drawing_place(row.path)[1]
        if key_id is not None:
            strokes[manifest.file(row)][key_id] = row
        else:
            groups[row.path if quick else row.sha256, PurePosixPath(row.path).suffix.lower(), row.modality].append(row)
    found: list[BadFile] = []
    done = 0
    alike = list(groups.values())
    check = _check_headers if quick else _check_contents
    for rows, error in zip(alike, check([(manifest.file(rows[0]), rows[0].modality) for rows in alike]), strict=True):
        done += len(rows)
        progress(done, len(manifest))
        if error is not None:
            found += [BadFile(row.path, error.fault, error.detail) for row in rows]
    for file, drawings in strokes.items():
        found += _bad_drawings(file, drawings)
        done += len(drawings)
        progress(done, len(manifest))
    return sorted(found, key=lambda bad: bad.path)


def _check_contents(files: Sequence[tuple[Path, Modality]]) -> Iterator[PictureError | None]:
    with ThreadPoolExecutor(_THREADS) as pool:
        for start in range(0, len(files), _BATCH):
            yield from pool.map(_content_fault, files[start : start + _BATCH])


def _content_fault(file: tuple[Path, Modality]) -> PictureError | None:
    path, modality = file
    try:
        read_query(path, _SMALL, modality=modality)
    except PictureError as error:
        return error
    return None


def _check_headers(files: Sequence[tuple[Path, Modality]]) -> Iterator[PictureError | None]:
    for path, _ in files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield _header_fault(path)


def _header_fault(path: Path) -> PictureError | None:
    suffix = path.suffix.lower()
    formats = {SUFFIX_FORMATS[suffix]} if suffix in SUFFIX_FORMATS else _HEADER_FORMATS
    if (suffix and suffix not in SUFFIX_FORMATS) or not formats <= _HEADER_FORMATS:
        return None
    try:
        with Image.open(path, formats=tuple(formats)) as image:
            pixels = image.width * image.height
    except (OSError, ValueError):
        detail = f"does not begin like a {' or '.join(sorted(formats))} file; copy it again or save it anew"
        return PictureError(str(path), PictureFault.CORRUPT, detail)
    except Image.DecompressionBombError:
        pixels = DEFAULT_LIMITS.max_pixels + 1
    if pixels > DEFAULT_LIMITS.max_pixels:
        detail = f"more than {DEFAULT_LIMITS.max_pixels} pixels; scale the picture down"
        return PictureError(str(path), PictureFault.TOO_LARGE, detail)
    return None


def _bad_drawings(file: Path, drawings: Mapping[str, Row]) -> Iterator[BadFile]:
    """Drawings of an ndjson file that are malformed, or that no record gives."""
    left = dict(drawings)
    for key, record in _records(file):
        row = left.pop(key, None)
        if row is not None:
            try:
                quickdraw_drawing(record, row.path)
            except PictureError as error:
                yield BadFile(row.path, error.fault, error.detail)
    for row in left.values():
        yield BadFile(row.path, PictureFault.MISSING, "no line is a record with this text as its key_id")


def _records(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Records of an ndjson file; lines that are none were skipped when the data set was read."""
    records = iterate_ndjson(file)
    while True:
        try:
            yield next(records)
        except PictureError:
            continue
        except StopIteration:
            return
