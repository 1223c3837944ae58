"""The first photos of every query, by position in the gallery."""

import numpy as np
from numpy.typing import NDArray

from inkseek.evaluation.blocks import BLOCK_VALUES
from inkseek.evaluation.scores import NegatedScores

FIRST = 10
"""Photos of a query that the report looks at: what fits on a first page of results."""


def nearest(
    query_features: NDArray[np.float32], gallery_features: NDArray[np.float32], count: int = FIRST
) -> NDArray[np.int64]:
    """Positions of the closest photos by falling inner product; equal scores keep the order of the gallery.

    Args:
        query_features: [q, d].
        gallery_features: [g, d].
        count: photos a query, `k`.

    Returns:
        int64 [q, min(k, g)].

    Raises:
        DataError: a feature is not finite, or a side is empty.
    """
    negated = NegatedScores(query_features, gallery_features)
    kept = min(count, len(gallery_features))
    found = np.empty((len(query_features), kept), np.int64)
    block = max(1, BLOCK_VALUES // len(gallery_features))
    for start in range(0, len(found), block):
        positions = np.arange(start, min(start + block, len(found)))
        rows = negated(positions)
        limits = np.partition(rows, kept - 1, axis=1)[:, kept - 1]
        for position, row, limit in zip(positions, rows, limits, strict=True):
            # More than `count` photos may lie within the limit; a stable sort then prefers the earlier ones.
            close = np.flatnonzero(row <= limit)
            found[position] = close[np.argsort(row[close], kind="stable")[:kept]]
    return found
