"""Exact search over vectors that lie in memory or in a mapped file; nothing is copied, one thread a search.

FAISS compares the query with float16 vectors in single precision and proposes a few more pictures than asked for; their
scores are then computed again in double precision, which settles order and ties. Where more pictures tie at the border
than were proposed, more are proposed. The answer is that of a full comparison, always.
"""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from inkseek.retrieval.ranking import closest_first

MARGIN = 32
"""Pictures that FAISS proposes beyond k."""

WIDENING = 16
"""Where more pictures tie at the border, so many times as many are proposed, until they are enough or all."""

SETTLED_ROWS = 128
"""Vectors scored in double precision at a time: half a MiB at 512 values, which stays near the processor."""

Found = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Positions and scores [q, k], by falling score, equal ones by rising position."""


class ExactSearch:
    """Searchable vectors of n pictures; a picture is its position among them. Many threads may search at once."""

    def __init__(self, vectors: NDArray[np.float16]) -> None:
        """Look at vectors [n, d], C-ordered unit rows, which have to stay as they are."""
        self._vectors = vectors
        self._view = _view(vectors) if len(vectors) else None

    def search(
        self, queries: NDArray[np.float32], k: int, among: NDArray[np.int64] | None = None, *, margin: int = MARGIN
    ) -> Found:
        """The k best of all pictures, or of those at the rising positions `among`; of fewer pictures, all."""
        count = len(self._vectors) if among is None else len(among)
        everything = np.arange(count) if among is None else among
        if count <= k + margin:
            return settle(self._vectors, queries, np.broadcast_to(everything, (len(queries), count)), k)
        proposed, complete = self._propose(queries, k, margin, among)
        positions, scores = settle(self._vectors, queries, proposed, k)
        if not complete.all():
            tied = np.flatnonzero(~complete)
            positions[tied], scores[tied] = self.search(queries[tied], k, among, margin=WIDENING * margin)
        return positions, scores

    def _propose(
        self, queries: NDArray[np.float32], k: int, margin: int, among: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        import faiss

        parameters = None
        if among is not None:
            chosen = np.zeros(len(self._vectors), np.bool_)
            chosen[among] = True
            selector = cast(Any, faiss).IDSelectorBitmap(np.packbits(chosen, bitorder="little"))
            parameters = cast(Any, faiss).SearchParameters(sel=selector)
        # The setting is the calling thread's own, and has to be made in each.
        faiss.omp_set_num_threads(1)
        scores, proposed = self._view.search(queries, k + margin, params=parameters)  # type: ignore[union-attr]
        # Rounding of a single-precision sum of d products of unit rows, and of the score, on both sides of the border.
        tolerance = 2 * (queries.shape[1] + 2) * 2.0**-24
        return proposed, scores[:, k - 1] - scores[:, -1] > tolerance


def settle(vectors: NDArray[np.float16], queries: NDArray[np.floating], proposed: NDArray[np.int64], k: int) -> Found:
    """The k best of the proposed positions [q, p], by scores in double precision rounded to float32 once."""
    positions = np.empty((len(queries), min(k, proposed.shape[1])), np.int64)
    scores = np.empty(positions.shape, np.float32)
    for i, (query, candidates) in enumerate(zip(queries, proposed, strict=True)):
        found = np.empty(len(candidates), np.float32)
        for start in range(0, len(candidates), SETTLED_ROWS):
            rows = vectors[candidates[start : start + SETTLED_ROWS]].astype(np.float64)
            rows *= query
            # Summed row by row, so that equal vectors have equal scores wherever they stand.
            found[start : start + SETTLED_ROWS] = rows.sum(axis=1)
        order = closest_first(candidates, found)[:k]
        positions[i], scores[i] = candidates[order], found[order]
    return positions, scores


def _view(vectors: NDArray[np.float16]) -> Any:  # noqa: ANN401 - the library has no types
    import faiss

    library = cast(Any, faiss)
    view = library.IndexScalarQuantizer(vectors.shape[1], library.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    codes = vectors.view(np.uint8)
    # The owner is nobody: the searcher keeps the vectors as long as the view.
    view.codes = library.MaybeOwnedVectorUInt8.create_view(library.swig_ptr(codes), codes.size, view.codes.owner)
    view.ntotal = len(vectors)
    return view
