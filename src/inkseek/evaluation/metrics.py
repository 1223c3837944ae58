"""Metrics of a block of queries, from the ranks of their relevant photos: no score, so no hidden sign."""

import numpy as np
from numpy.typing import NDArray

from inkseek.evaluation.protocols import Formula, PrecisionCut
from inkseek.evaluation.ranks import RelevantRanks

Values = NDArray[np.float64]


def average_precision(found: RelevantRanks, cut: int | None, formula: Formula) -> Values:
    """AP@k of each query: `sum_{i<=k} r_i p(i) / D`, 0 without a hit among the first k.

    `p(i)` is `P(i)`, or where the formula interpolates `P*_k(i) = max_{i<=j<=k} P(j)`: precision only rises at a hit,
    so the maximum is taken over hits. Where it groups ties, a hit counts the precision at the end of its tie, and a tie
    ends with the list: scikit-learn's `average_precision_score` of the first k photos. `D` is `min(k, R)` or the number
    of hits among the first k, as the formula says.

    Args:
        found: ranks [q, R] of the relevant photos.
        cut: `k`; None, or more than `N`, means the whole gallery.
        formula: one with ties `ordered` or `grouped`.

    Returns:
        float64 [q] in [0, 1].

    Raises:
        ValueError: the cut is below 1.
    """
    last = _last_rank(cut, found.gallery_size)
    # The j-th relevant photo has rank j at least: those behind the k-th cannot be hits.
    ranks = found.ranks[:, :last]
    is_hit = ranks <= last
    hits = is_hit.sum(axis=1)
    if formula.ties == "grouped":
        upto = np.minimum(found.tie_hits[:, :last], hits[:, np.newaxis])
        precision = upto / np.minimum(found.tie_ends[:, :last], last)
    else:
        precision = np.arange(1, ranks.shape[1] + 1) / ranks
    precision *= is_hit
    if formula.interpolated:
        # From the last photo on; those behind the cut are 0 and stay so.
        precision = np.maximum.accumulate(precision[:, ::-1], axis=1)
    divisor = min(last, found.ranks.shape[1]) if formula.denominator == "relevant" else np.maximum(hits, 1)
    values: Values = precision.sum(axis=1) / divisor
    return values


def precision_at(found: RelevantRanks, cut: int, meaning: PrecisionCut) -> Values:
    """P@k of each query: `(1/m) sum_{i<=m} r_i` with `m = min(k, N)` or `min(k, R)`; or `r_{k+1}`.

    The last is what two repositories print under the name of P@k: the relevance of the photo behind the first k, 0
    where the gallery has no such photo.

    Args:
        found: ranks [q, R] of the relevant photos.
        cut: `k`.
        meaning: which of the three.

    Returns:
        float64 [q] in [0, 1].

    Raises:
        ValueError: the cut is below 1.
    """
    last = _last_rank(cut, found.gallery_size)
    if meaning == "next":
        behind: Values = np.any(found.ranks[:, : cut + 1] == cut + 1, axis=1).astype(np.float64)
        return behind
    if meaning == "relevant":
        last = min(last, found.ranks.shape[1])
    values: Values = np.sum(found.ranks[:, :last] <= last, axis=1) / last
    return values


def _last_rank(cut: int | None, gallery_size: int) -> int:
    if cut is None:
        return gallery_size
    if cut < 1:
        raise ValueError(f"a cut is at least 1, not {cut}")
    return min(cut, gallery_size)
