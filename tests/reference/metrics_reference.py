"""Retrieval metrics as explicit loops in float64, written from the definitions in words and from nothing else.

One query, a gallery of N photos in ranked order, `relevance[i - 1]` is r_i in {0, 1}:

    R      = sum_i r_i
    P(i)   = (1 / i) sum_{j <= i} r_j
    P*_k(i) = max_{i <= j <= k} P(j)
    standard AP@k = sum_{i <= k} r_i P(i)    / min(k, R)
    sake     AP@k = sum_{i <= k} r_i P*_k(i) / min(k, R)
    P@k    = sum_{i <= k} r_i / min(k, N)

A cut of None is the whole gallery.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


def precision(relevance: Sequence[int], rank: int) -> float:
    """P(i)."""
    found = 0
    for position in range(rank):
        found += relevance[position]
    return found / rank


def envelope(relevance: Sequence[int], rank: int, cut: int) -> float:
    """P*_k(i)."""
    best = 0.0
    for later in range(rank, cut + 1):
        best = max(best, precision(relevance, later))
    return best


def average_precision(relevance: Sequence[int], cut: int | None, protocol: str) -> float:
    """AP@k under `standard` or `sake`."""
    last = len(relevance) if cut is None else min(cut, len(relevance))
    total = 0.0
    for rank in range(1, last + 1):
        if relevance[rank - 1]:
            total += {"standard": precision(relevance, rank), "sake": envelope(relevance, rank, last)}[protocol]
    return total / min(last, sum(relevance))


def precision_at(relevance: Sequence[int], cut: int) -> float:
    """P@k."""
    return precision(relevance, min(cut, len(relevance)))


def ranked_relevance(
    query: NDArray[np.floating], gallery: NDArray[np.floating], label: int, gallery_labels: Sequence[int]
) -> list[int]:
    """Relevance down the ranking of one query, in rational arithmetic; equal scores keep the gallery's order."""
    scores = []
    for row in gallery:
        score = Fraction(0)
        for left, right in zip(query.tolist(), row.tolist(), strict=True):
            score += Fraction(left) * Fraction(right)
        scores.append(score)
    order = sorted(range(len(scores)), key=lambda position: (-scores[position], position))
    return [int(gallery_labels[position] == label) for position in order]
