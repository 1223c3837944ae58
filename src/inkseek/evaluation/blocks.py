"""The pass over all queries: block by block, so that memory does not grow with them, and class by class inside."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Result = TypeVar("Result")
Positions = NDArray[np.intp]
Distances = NDArray[Any]

BLOCK_VALUES = 1 << 24
"""Distances held in a block unless the caller asks for another: 64 MiB of float32. Up to three blocks are alive."""

BLOCKS_AHEAD = 1
"""Blocks that are still being measured while the next one's distances are computed."""


def measure_blocks(
    distances: Callable[[Positions], Distances],
    measure: Callable[[Distances, Positions], Result],
    query_labels: NDArray[np.integer],
    gallery_labels: NDArray[np.integer],
    *,
    block: int | None,
) -> Iterator[tuple[Positions, Result]]:
    """Measure every query that has a relevant photo: a photo whose label equals the query's.

    Queries are taken in the order of their labels, so that those of a class share the positions of their relevant
    photos and are measured as one matrix. Threads measure a block while the next one's distances are computed.

    Args:
        distances: positions of queries [b] -> [b, g]; called in this thread.
        measure: rows [n, g] of one class and the positions [R] of its photos -> result; called in other threads.
        query_labels: [q].
        gallery_labels: [g].
        block: queries whose distances are held at a time; by default as many as make 64 MiB.

    Yields:
        Positions of queries [n] of one class, and their result.
    """
    order = np.argsort(query_labels, kind="stable")
    relevant = _Relevant(gallery_labels)
    size = max(1, BLOCK_VALUES // len(gallery_labels)) if block is None else block
    workers = os.cpu_count() or 1
    pending: deque[list[tuple[Positions, Future[Result]]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(order), size):
            queries = order[start : start + size]
            rows = distances(queries)
            submitted = []
            for piece in _pieces(query_labels[queries], most=-(-size // (2 * workers))):
                photos = relevant.of(query_labels[queries[piece.start]])
                if photos.size:
                    submitted.append((queries[piece], pool.submit(measure, rows[piece], photos)))
            pending.append(submitted)
            if len(pending) > BLOCKS_AHEAD:
                yield from ((positions, future.result()) for positions, future in pending.popleft())
        for submitted in pending:
            yield from ((positions, future.result()) for positions, future in submitted)


class _Relevant:
    """Positions in the gallery by label."""

    def __init__(self, labels: NDArray[np.integer]) -> None:
        self._order = np.argsort(labels, kind="stable")
        self._labels = labels[self._order]

    def of(self, label: np.integer) -> Positions:
        start, stop = self._labels.searchsorted(label), self._labels.searchsorted(label, "right")
        return self._order[start:stop]


def _pieces(labels: NDArray[np.integer], most: int) -> Iterator[slice]:
    """Slices of equal labels, of `most` rows at most, so that every thread has its share of a block of one class."""
    bounds = np.flatnonzero(np.diff(labels)) + 1
    for start, stop in zip([0, *bounds], [*bounds, len(labels)], strict=True):
        for begin in range(start, stop, most):
            yield slice(begin, min(begin + most, stop))
