"""The pixel cache: a data set decoded once, as unsigned bytes in one memory-mapped file.

One folder a cache, named by manifest, preprocessing and the code that makes the pixels. It is written beside its
place and renamed when complete, so a cache that exists is whole.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import inkseek.pictures
import inkseek.sketch
from inkseek.data.manifest import Manifest, Modality, Row
from inkseek.data.quickdraw import drawing_records
from inkseek.data.report import ReadReport
from inkseek.data.views import EvaluationData, TrainingData
from inkseek.errors import DataError, ManifestError, PictureError, PictureFault
from inkseek.pictures.preprocessing import Preprocessing, read_query, sketch_pixels
from inkseek.sketch.readers import drawing_place, quickdraw_drawing

Progress = Callable[[int, int], None]

_FORMAT = 1
_WORKERS = 2
_CHUNK = 256


@dataclass(frozen=True)
class PixelCache:
    """Decoded pictures of one modality.

    Attributes:
        pixels: unsigned bytes on disk, sketches [n, h, w], photos [n, h, w, 3].
        rows: the picture of each position.
        report: pictures that could not be decoded; they have no position.
    """

    pixels: NDArray[np.uint8]
    rows: tuple[Row, ...]
    report: ReadReport

    def labels(self, class_names: Sequence[str]) -> NDArray[np.int64]:
        """Position of each picture's class in `class_names`, int64 [n].

        Raises:
            ManifestError: a picture's class is not among them.
        """
        positions = {name: position for position, name in enumerate(class_names)}
        strange = sorted({row.class_name for row in self.rows} - set(positions))
        if strange:
            raise ManifestError(f"the cache holds classes without a label: {', '.join(strange)}")
        return np.array([positions[row.class_name] for row in self.rows], dtype=np.int64)


@dataclass(frozen=True)
class CachePair:
    """Sketches and photos of one view, with labels that are positions in `class_names`."""

    sketch: PixelCache
    photo: PixelCache
    class_names: tuple[str, ...]

    @property
    def report(self) -> ReadReport:
        """Pictures of both modalities that could not be decoded."""
        return self.sketch.report.merge([self.photo.report])


def build_training_caches(
    data: TrainingData, preprocessing: Preprocessing, folder: Path, progress: Progress | None = None
) -> CachePair:
    """Caches of the sketches and photos to train on; arguments and errors as for `pixel_cache`."""
    sketches, photos = data.manifest.select(modality="sketch"), data.manifest.select(modality="photo")
    return CachePair(
        pixel_cache(sketches, preprocessing, folder, progress),
        pixel_cache(photos, preprocessing, folder, progress),
        data.class_names,
    )


def build_evaluation_caches(
    data: EvaluationData, preprocessing: Preprocessing, folder: Path, progress: Progress | None = None
) -> CachePair:
    """Caches of queries (`sketch`) and gallery (`photo`); arguments and errors as for `pixel_cache`."""
    return CachePair(
        pixel_cache(data.queries, preprocessing, folder, progress),
        pixel_cache(data.gallery, preprocessing, folder, progress),
        data.class_names,
    )


def pixel_cache(
    manifest: Manifest, preprocessing: Preprocessing, folder: Path, progress: Progress | None = None
) -> PixelCache:
    """Pixels of every picture of a manifest, decoded now or found decoded.

    A picture that cannot be decoded has no position in the cache and stands in its report.

    Args:
        manifest: pictures of one modality.
        preprocessing: size in pixels and how pictures reach it.
        folder: where caches lie.
        progress: called with the number of pictures done and the number of all, while decoding.

    Raises:
        ManifestError: the manifest holds both modalities, or no picture.
        DataError: no picture could be decoded, or the folder cannot be written.
    """
    modalities = sorted({row.modality for row in manifest.rows})
    if len(modalities) != 1:
        raise ManifestError(f"{manifest.root}: a cache holds one modality, not {' and '.join(modalities) or 'none'}")
    place = folder / _key(manifest, preprocessing)
    shape = _picture_shape(modalities[0], preprocessing)
    found = _open(place, manifest, shape)
    if found is None:
        _build(place, manifest, preprocessing, progress)
        found = _open(place, manifest, shape)
    if found is None:
        raise DataError(f"{place}: the cache vanished while it was written; give every process a folder of its own")
    if not found.rows:
        raise DataError(f"{manifest.root}: none of {len(manifest)} pictures could be decoded: {found.report.counts}")
    return found


def _picture_shape(modality: Modality, preprocessing: Preprocessing) -> tuple[int, ...]:
    size = preprocessing.size
    return (size, size) if modality == "sketch" else (size, size, 3)


def _key(manifest: Manifest, preprocessing: Preprocessing) -> str:
    heif = find_spec("pillow_heif") is not None  # decides which pictures can be decoded
    digest = hashlib.sha256(f"{_FORMAT} {heif} {manifest.hash} {preprocessing.model_dump_json()}".encode())
    for package in (inkseek.sketch, inkseek.pictures):
        for file in sorted(Path(package.__path__[0]).glob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:32]


def _open(place: Path, manifest: Manifest, shape: tuple[int, ...]) -> PixelCache | None:
    if not place.is_dir():
        return None
    report = ReadReport.from_json((place / "report.json").read_text(encoding="utf-8"))
    kept: list[int] = json.loads((place / "kept.json").read_text(encoding="utf-8"))
    rows = tuple(manifest.rows[position] for position in kept)
    if not rows:
        return PixelCache(np.empty((0, *shape), np.uint8), rows, report)
    return PixelCache(np.memmap(place / "pixels.u8", np.uint8, "r", shape=(len(rows), *shape)), rows, report)


def _build(place: Path, manifest: Manifest, preprocessing: Preprocessing, progress: Progress | None) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f"{place.name}.", suffix=".partial", dir=place.parent))
        try:
            _write(partial, manifest, preprocessing, progress)
            os.replace(partial, place)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        if not place.is_dir():
            raise DataError(
                f"{place.parent}: cannot hold the pixel cache ({error.strerror}); free space or name another folder"
            ) from None


def _write(partial: Path, manifest: Manifest, preprocessing: Preprocessing, progress: Progress | None) -> None:
    kept: list[int] = []
    report = ReadReport()
    with (partial / "pixels.u8").open("wb") as stream, ThreadPoolExecutor(_WORKERS) as pool:
        position = 0
        tasks = _tasks(manifest)
        while chunk := list(islice(tasks, _CHUNK)):
            for (row, _), result in zip(chunk, pool.map(_Decoder(manifest, preprocessing), chunk), strict=True):
                if isinstance(result, PictureError):
                    report.add(manifest.root / row.path, result.fault, result.detail)
                else:
                    stream.write(result.tobytes())
                    kept.append(position)
                position += 1
            if progress is not None:
                progress(position, len(manifest))
    report.read = len(kept)
    (partial / "kept.json").write_text(json.dumps(kept), encoding="utf-8")
    (partial / "report.json").write_text(report.to_json(), encoding="utf-8")


def _tasks(manifest: Manifest) -> Iterator[tuple[Row, dict[str, Any] | None]]:
    """Every row, with its strokes where it is one drawing of many."""
    for file, group in groupby(manifest.rows, key=manifest.file):
        rows = list(group)
        key_ids = [drawing_place(row.path)[1] or "" for row in rows]
        if file.suffix.lower() != ".ndjson":
            yield from ((row, None) for row in rows)
        else:
            records = drawing_records(file, key_ids)
            yield from ((row, records.get(key_id, {})) for row, key_id in zip(rows, key_ids, strict=True))


@dataclass(frozen=True)
class _Decoder:
    manifest: Manifest
    preprocessing: Preprocessing

    def __call__(self, task: tuple[Row, dict[str, Any] | None]) -> NDArray[np.uint8] | PictureError:
        row, record = task
        source = str(self.manifest.root / row.path)
        try:
            if record is None:
                return read_query(self.manifest.file(row), self.preprocessing, modality=row.modality)
            if not record:
                return PictureError(source, PictureFault.MISSING, "the file no longer holds this drawing")
            return sketch_pixels(quickdraw_drawing(record, source), self.preprocessing)
        except PictureError as error:
            return error
