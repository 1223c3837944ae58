"""Pictures of a manifest to retrieval features, through the encoder and the preprocessing that search runs."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

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

Batch = tuple[Sequence[Row], list[Future[NDArray[np.uint8]]]]


@dataclass(frozen=True, eq=False)
class Encoded:
    """Features of the pictures that could be read, in the manifest's order.

    Attributes:
        features: float32 [n, d].
        labels: int64 [n], positions in the class names.
        paths: [n] files relative to the manifest's root.
        digests: uint8 [n, 32], SHA-256 of each picture's content.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    paths: tuple[str, ...]
    digests: NDArray[np.uint8]


def encode_manifest(
    encoder: RetrievalEncoder,
    manifest: Manifest,
    modality: Modality,
    class_names: tuple[str, ...],
    *,
    report: ReadReport,
    advance: Callable[[int], None],
) -> Encoded:
    """Read and encode every picture of a manifest; memory is a few batches of pixels.

    Files of equal content are encoded once, so that a photo that a gallery lists twice has one feature and its scores
    tie exactly.

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
    copies: dict[str, list[Row]] = {}
    for row in manifest.rows:
        copies.setdefault(row.sha256, []).append(row)
    features: dict[str, NDArray[np.float32]] = {}
    for part, reads in _read_ahead(encoder, manifest.root, [rows[0] for rows in copies.values()], modality):
        contents, pixels = _readable(manifest.root, part, reads, copies, report)
        if contents:
            features.update(zip(contents, encode(np.stack(pixels)), strict=True))
        advance(sum(len(copies[row.sha256]) for row in part))
    rows = [row for row in manifest.rows if row.sha256 in features]
    if not rows:
        raise DataError(f"{manifest.root}: none of {len(manifest)} {modality} pictures could be read; see the report")
    label = {name: position for position, name in enumerate(class_names)}
    return Encoded(
        np.stack([features[row.sha256] for row in rows]),
        np.array([label[row.class_name] for row in rows], dtype=np.int64),
        tuple(row.path for row in rows),
        np.frombuffer(bytes.fromhex("".join(row.sha256 for row in rows)), dtype=np.uint8).reshape(len(rows), 32),
    )


def _read_ahead(encoder: RetrievalEncoder, root: Path, rows: Sequence[Row], modality: Modality) -> Iterator[Batch]:
    """Batches in order, the next ones being read while the encoder works."""
    preprocessing = encoder.config.preprocessing
    pending: deque[Batch] = deque()
    with ThreadPoolExecutor(READERS) as pool:
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            reads = [pool.submit(read_query, root / row.path, preprocessing, modality=modality) for row in part]
            pending.append((part, reads))
            if len(pending) > BATCHES_AHEAD:
                yield pending.popleft()
        yield from pending


def _readable(
    root: Path,
    part: Sequence[Row],
    reads: list[Future[NDArray[np.uint8]]],
    copies: Mapping[str, list[Row]],
    report: ReadReport,
) -> tuple[list[str], list[NDArray[np.uint8]]]:
    """Contents and pixels of what could be read; the report names every file of the other contents."""
    contents: list[str] = []
    pixels: list[NDArray[np.uint8]] = []
    for row, read in zip(part, reads, strict=True):
        try:
            pixels.append(read.result())
        except PictureError as error:
            for copy in copies[row.sha256]:
                report.add(root / copy.path, error.fault, error.detail)
        else:
            contents.append(row.sha256)
    return contents, pixels
