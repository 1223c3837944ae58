"""The index: exact search over every vector of a gallery, one thread a search.

FAISS compares the query with float16 vectors in single precision and proposes a few more pictures than asked for; their
scores are then computed again in double precision, which settles order and ties. Where more pictures tie at the border
than were proposed, all scores are computed. The answer is that of a full comparison, always.
"""

import threading
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkseek.retrieval.gallery import BLOCK_ROWS, Gallery
from inkseek.retrieval.index_cache import Block, StaleCacheError, open_cache, write_cache
from inkseek.retrieval.ranking import Ranking, closest_first

MARGIN = 32
"""Pictures that FAISS proposes beyond k."""


class Index:
    """Searchable vectors of a gallery as it was when the index was opened.

    The vectors are loaded with the first search. The cache that they come from is rebuilt from the database wherever it
    is missing, damaged or out of date; if it cannot be written, search goes on without it.
    """

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self._lock = threading.Lock()
        self._loaded: tuple[NDArray[np.int64], Any] | None = None
        self.generation = gallery.generation

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self._vectors()[0])

    def search(self, queries: NDArray[np.floating], k: int) -> Ranking:
        """The k pictures of highest cosine for each query, exactly.

        Args:
            queries: [q, d] retrieval features, unit rows.
            k: at least 1; an index of fewer pictures gives them all.

        Returns:
            ids and scores [q, min(k, n)]; equal scores (as float32) by rising id.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        ids, vectors = self._vectors()
        queries = np.ascontiguousarray(queries, np.float32)
        k = min(k, len(ids))
        if k == 0:
            return Ranking(np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32))
        rows, scores = _search(vectors, queries, k)
        return Ranking(ids[rows], scores)

    def _vectors(self) -> tuple[NDArray[np.int64], Any]:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> tuple[NDArray[np.int64], Any]:
        dimension = self._gallery.description.dimension
        with self._gallery.transaction(write=False):
            self.generation = self._gallery.generation
            try:
                return _collect(open_cache(self._gallery), dimension)
            except StaleCacheError:
                pass
            try:
                write_cache(self._gallery)
                return _collect(open_cache(self._gallery), dimension)
            except (OSError, StaleCacheError):
                return _collect(self._gallery.blocks(), dimension)


def _collect(blocks: Iterable[Block], dimension: int) -> tuple[NDArray[np.int64], Any]:
    import faiss

    vectors = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    ids = [np.empty(0, np.int64)]
    for block_ids, block in blocks:
        ids.append(block_ids)
        vectors.add_sa_codes(np.ascontiguousarray(block).view(np.uint8))
    return np.concatenate(ids), vectors


def _search(vectors: Any, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:  # noqa: ANN401
    import faiss

    faiss.omp_set_num_threads(1)
    proposed_scores, proposed = vectors.search(queries, min(vectors.ntotal, k + MARGIN))
    rows = np.empty((len(queries), k), np.intp)
    scores = np.empty((len(queries), k), np.float32)
    # Rounding of a single-precision sum of d products of unit rows, and of the score, on both sides of the border.
    tolerance = 2 * (vectors.d + 2) * 2.0**-24
    for i, query in enumerate(queries):
        candidates = proposed[i]
        border = proposed_scores[i, k - 1] - proposed_scores[i, -1]
        if len(candidates) < vectors.ntotal and border <= tolerance:
            candidates = np.arange(vectors.ntotal)
        rows[i], scores[i] = _settle(vectors, query, candidates, k)
    return rows, scores


def _settle(
    vectors: Any,  # noqa: ANN401 - the library has no types
    query: NDArray[np.float32],
    candidates: NDArray[np.int64],
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    scores = np.empty(len(candidates), np.float32)
    for start in range(0, len(candidates), BLOCK_ROWS):
        rows = vectors.reconstruct_batch(candidates[start : start + BLOCK_ROWS])
        # Summed row by row, so that equal vectors have equal scores wherever they stand.
        scores[start : start + BLOCK_ROWS] = (rows.astype(np.float64) * query).sum(axis=1)
    order = closest_first(candidates, scores)[:k]
    return candidates[order], scores[order]
