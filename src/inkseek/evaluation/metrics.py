"""Metrics of one query, from the ranks of its relevant photos and the gallery's size: no score, so no hidden sign."""

import numpy as np
from numpy.typing import NDArray

from inkseek.evaluation.protocols import Protocol


def average_precision(ranks: NDArray[np.int64], gallery_size: int, cut: int | None, protocol: Protocol) -> float:
    """AP@k of one query.

    `standard`: `sum_{i<=k} r_i P(i) / min(k, R)`; `sake`: `sum_{i<=k} r_i P*_k(i) / min(k, R)`, where
    `P*_k(i) = max_{i<=j<=k} P(j)`. Precision only rises at a hit, so the maximum is taken over hits.

    Args:
        ranks: increasing ranks of the relevant photos, counted from 1; at least one.
        gallery_size: `N`.
        cut: `k`; None, or more than `N`, means the whole gallery.
        protocol: which formula.

    Returns:
        A value in [0, 1].

    Raises:
        ValueError: no photo is relevant, a rank lies outside the gallery, or the cut is below 1.
    """
    within = _within(cut, ranks, gallery_size)
    if not ranks.size:
        raise ValueError("average precision is not defined for a query without a relevant photo; leave the query out")
    hits = ranks[: np.searchsorted(ranks, within, side="right")]
    precision = np.arange(1, hits.size + 1) / hits
    if protocol.interpolated:
        precision = np.maximum.accumulate(precision[::-1])
    return float(precision.sum() / protocol.ap_denominator(within, ranks.size, hits.size))


def precision_at(ranks: NDArray[np.int64], cut: int, gallery_size: int) -> float:
    """P@k of one query: `(1 / min(k, N)) sum_{i<=k} r_i`, the share of relevant photos among the first k.

    Args:
        ranks: increasing ranks of the relevant photos, counted from 1.
        cut: `k`.
        gallery_size: `N`.

    Raises:
        ValueError: a rank lies outside the gallery, or the cut is below 1.
    """
    within = _within(cut, ranks, gallery_size)
    return int(np.searchsorted(ranks, within, side="right")) / within


def _within(cut: int | None, ranks: NDArray[np.int64], gallery_size: int) -> int:
    if ranks.size and not 1 <= ranks[0] <= ranks[-1] <= gallery_size:
        raise ValueError(f"ranks must lie in 1..{gallery_size}, found {ranks[0]}..{ranks[-1]}")
    if cut is None:
        return gallery_size
    if cut < 1:
        raise ValueError(f"a cut is at least 1, not {cut}")
    return min(cut, gallery_size)
