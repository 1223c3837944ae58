"""Ranks of the relevant photos of every query: exact, blocked, and the same on every machine.

Scores are inner products in fixed point. Each feature value is rounded to a grid of 2^-26 of the largest row norm, so
that every product and every partial sum is a whole number below 2^53, which float64 holds without rounding. A score
therefore depends neither on the block it is computed in nor on the order in which a processor adds, and two equal
photos have equal scores: a tie is a tie, and the photo that stands first in the gallery comes first.

Score and position are packed into one 64-bit integer, so that one sort of plain values gives the whole ranking.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import DataError

GRID_BITS = 26
"""Bits of a feature value after rounding; twice as many bits of a score stay below float64's 53."""

KEY_BITS = 62
"""Bits that score and position share in a sort key, sign apart."""

BLOCK_SCORES = 1 << 21
"""Scores held at a time unless the caller asks for a block: 16 MiB, small enough to stay near the processor."""


def relevant_ranks(
    query_features: NDArray[np.floating],
    gallery_features: NDArray[np.floating],
    query_labels: NDArray[np.integer],
    gallery_labels: NDArray[np.integer],
    *,
    block: int | None = None,
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Ranks at which each query meets the photos of its own class.

    The gallery is ordered by falling inner product with the query; equal scores keep the order of the gallery. A photo
    is relevant if its label equals the query's. Memory is `block x gallery` scores and the gallery itself.

    Args:
        query_features: [q, d] retrieval features, unit rows.
        gallery_features: [g, d] retrieval features, unit rows.
        query_labels: [q].
        gallery_labels: [g].
        block: queries ranked at a time; changes memory and speed, never a rank.

    Yields:
        Query index, in order, and its increasing ranks, counted from 1; empty if no photo is relevant.

    Raises:
        DataError: a feature is not finite, or a side is empty.
        ValueError: the shapes disagree.
    """
    _check(query_features, query_labels, "query")
    _check(gallery_features, gallery_labels, "gallery")
    if query_features.shape[1] != gallery_features.shape[1]:
        raise ValueError(f"features differ in dimension: {query_features.shape[1]} and {gallery_features.shape[1]}")
    size = len(gallery_features)
    rows = max(1, BLOCK_SCORES // size) if block is None else block
    position_bits = (size - 1).bit_length()
    # The sign puts the closest photo first; the power of two makes room for the position and rounds nothing.
    queries = np.ldexp(-_on_grid(query_features), KEY_BITS - 2 * GRID_BITS - position_bits)
    gallery = _on_grid(gallery_features).T
    for start in range(0, len(queries), rows):
        order = _order(queries[start : start + rows] @ gallery, position_bits)
        relevant = gallery_labels[order] == query_labels[start : start + rows, np.newaxis]
        for offset, row in enumerate(relevant):
            yield start + offset, np.flatnonzero(row) + 1


def _check(features: NDArray[np.floating], labels: NDArray[np.integer], side: str) -> None:
    if features.ndim != 2 or labels.shape != features.shape[:1]:
        raise ValueError(f"{side}: features must be [n, d] and labels [n], not {features.shape} and {labels.shape}")
    if not features.size:
        raise DataError(f"the {side} holds no picture; give at least one")
    finite = np.isfinite(features).all(axis=1)
    if not finite.all():
        raise DataError(
            f"{side} feature {int(np.argmin(finite))} is not finite ({int((~finite).sum())} of {len(features)} rows); "
            "the encoder is damaged, export it again"
        )


def _on_grid(features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Features as whole numbers: 2^26 times their value over a power of two just above the largest row norm."""
    exact = features.astype(np.float64)
    _, exponent = math.frexp(math.sqrt(np.einsum("nd,nd->n", exact, exact).max()))
    return np.rint(np.ldexp(exact, GRID_BITS - exponent))


def _order(scores: NDArray[np.float64], position_bits: int) -> NDArray[np.int64]:
    """Gallery positions by rising (score, position), row by row."""
    keys = scores.astype(np.int64)
    keys <<= position_bits
    keys |= np.arange(scores.shape[1])
    keys.sort(axis=1)
    keys &= (1 << position_bits) - 1
    return keys
