"""Files in, outcomes and retrieval features out: reading and encoding on every core.

Each worker thread reads and encodes a chunk of pictures by itself with a single-threaded network, so that every core
has work whether decoding or encoding is the slower part. Only a few chunks are under way at a time: memory does not
depend on the number of files. Chunks are given in the order of the files, whichever is ready first.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from inkseek.retrieval.changes import Pending
from inkseek.retrieval.encoder import RetrievalEncoder
from inkseek.retrieval.reading import Outcome, Photo

CHUNK = 16
"""Pictures that a worker reads and encodes at a time."""

Progress = Callable[[int, int], None]
"""Called with the number of files done and the number of files to read."""

EncodedChunk = tuple[list[Outcome], NDArray[np.float32]]
"""Outcomes of a chunk, and the retrieval features [n, d] of the photos among them, in their order."""


def encode_files(
    encoder: RetrievalEncoder,
    read: Callable[[Pending], Outcome],
    files: Iterable[Pending],
    workers: int,
    stop: threading.Event,
) -> Iterator[EncodedChunk]:
    """Read and encode files, chunk by chunk and in order.

    Args:
        encoder: opened for so many workers.
        read: pixels of a file, or the reason why not.
        files: what to read; taken as chunks are finished.
        workers: threads.
        stop: once set, no further chunk is given.
    """
    chunks = _chunks(files)
    work = partial(_embed, encoder, read)
    under_way: deque[Future[EncodedChunk]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="inkseek-index") as pool:
        try:
            under_way.extend(pool.submit(work, chunk) for chunk in islice(chunks, 2 * workers))
            while under_way and not stop.is_set():
                yield under_way.popleft().result()
                under_way.extend(pool.submit(work, chunk) for chunk in islice(chunks, 1))
        finally:
            for future in under_way:
                future.cancel()


def _embed(encoder: RetrievalEncoder, read: Callable[[Pending], Outcome], chunk: list[Pending]) -> EncodedChunk:
    outcomes = [read(pending) for pending in chunk]
    pixels = [outcome.pixels for outcome in outcomes if isinstance(outcome, Photo)]
    if not pixels:
        return outcomes, np.empty((0, encoder.config.feature.dimension), np.float32)
    return outcomes, encoder.encode_photo(np.stack(pixels))


def _chunks(files: Iterable[Pending]) -> Iterator[list[Pending]]:
    files = iter(files)
    while chunk := list(islice(files, CHUNK)):
        yield chunk
