"""Pictures of a manifest to retrieval features, through the encoder and the preprocessing that search runs."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkseek.data.manifest import Manifest, Modality, Row
from inkseek.data.report import ReadReport
from inkseek.errors import DataError, PictureError
from inkseek.pictures.preprocessing import read_query
from inkseek.retrieval.encoder import RetrievalEncoder

BATCH = 32
READERS = 2
BATCHES_AHEAD = 2

Batch = tuple[tuple[Row, ...], list[Future[NDArray[np.uint8]]]]


@dataclass(frozen=True, eq=False)
class Encoded:
    """Features of the pictures that could be read, in the manifest's order.

    Attributes:
        features: float32 [n, d].
        labels: int64 [n], positions in the class names.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int64]


def encode_manifest(
    encoder: RetrievalEncoder,
    manifest: Manifest,
    modality: Modality,
    class_names: tuple[str, ...],
    *,
    report: ReadReport,
    advance: Callable[[int], None],
) -> Encoded:
    """Read and encode every picture of a manifest once; memory is a few batches of pixels.

    Args:
        encoder: the served encoder; its preprocessing says how pixels are made.
        manifest: rows of one modality.
        modality: which.
        class_names: the position of a row's class in it is the label.
        report: receives every picture that could not be read.
        advance: called with the number of pictures dealt with, batch after batch.

    Raises:
        DataError: no picture could be read.
    """
    encode = encoder.encode_sketch if modality == "sketch" else encoder.encode_photo
    label = {name: position for position, name in enumerate(class_names)}
    features: list[NDArray[np.float32]] = []
    labels: list[int] = []
    for part, reads in _read_ahead(encoder, manifest, modality):
        rows, pixels = _readable(manifest, part, reads, report)
        if rows:
            features.append(encode(np.stack(pixels)))
            labels.extend(label[row.class_name] for row in rows)
        advance(len(part))
    if not features:
        raise DataError(f"{manifest.root}: none of {len(manifest)} {modality} pictures could be read; see the report")
    return Encoded(np.concatenate(features), np.asarray(labels, dtype=np.int64))


def _read_ahead(encoder: RetrievalEncoder, manifest: Manifest, modality: Modality) -> Iterator[Batch]:
    """Batches in order, the next ones being read while the encoder works."""
    preprocessing = encoder.config.preprocessing
    pending: deque[Batch] = deque()
    with ThreadPoolExecutor(READERS) as pool:
        for start in range(0, len(manifest.rows), BATCH):
            part = manifest.rows[start : start + BATCH]
            reads = [
                pool.submit(read_query, manifest.root / row.path, preprocessing, modality=modality) for row in part
            ]
            pending.append((part, reads))
            if len(pending) > BATCHES_AHEAD:
                yield pending.popleft()
        yield from pending


def _readable(
    manifest: Manifest, part: tuple[Row, ...], reads: list[Future[NDArray[np.uint8]]], report: ReadReport
) -> tuple[list[Row], list[NDArray[np.uint8]]]:
    rows: list[Row] = []
    pixels: list[NDArray[np.uint8]] = []
    for row, read in zip(part, reads, strict=True):
        try:
            pixels.append(read.result())
        except PictureError as error:
            report.add(manifest.root / row.path, error.fault, error.detail)
        else:
            rows.append(row)
    return rows, pixels
