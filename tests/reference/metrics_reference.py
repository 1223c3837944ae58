"""Retrieval metrics as explicit loops in float64, written from the definitions in words and from nothing else.

One query, a gallery of N photos in ranked order, `relevance[i - 1]` is r_i in {0, 1}:

    R      = sum_i r_i
    P(i)   = (1 / i) sum_{j <= i} r_j
    P*_k(i) = max_{i <= j <= k} P(j)

AP@k
    standard        sum_{i <= k} r_i P(i)    / min(k, R)
    sake, zse       sum_{i <= k} r_i P*_k(i) / min(k, R)
    sempcyc, doodle area under the steps of precision over recall of the first k photos alone: one step for every
                    distinct score among them, its precision that of all photos with this score or a higher one; 0 if
                    no photo among them is relevant. Without ties: sum_{i <= k} r_i P(i) / sum_{i <= k} r_i
P@k
    standard, sake, sempcyc   sum_{i <= k} r_i / min(k, N)
    zse                       sum_{i <= m} r_i / m with m = min(k, R)
    doodle                    r_{k+1}; 0 if there is no photo at rank k + 1

A cut of None is the whole gallery.
"""

import itertools
from collections.abc import Iterator, Sequence
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


def average_precision(
    relevance: Sequence[int], cut: int | None, protocol: str, scores: Sequence[float] | None = None
) -> float:
    """AP@k under a protocol by name; `scores` fall down the ranking, and are all different if left out."""
    last = len(relevance) if cut is None else min(cut, len(relevance))
    if protocol in {"sempcyc", "doodle"}:
        falling = list(range(len(relevance), 0, -1)) if scores is None else scores
        return area_under_steps(relevance[:last], falling[:last])
    total = 0.0
    for rank in range(1, last + 1):
        if relevance[rank - 1]:
            total += precision(relevance, rank) if protocol == "standard" else envelope(relevance, rank, last)
    return total / min(last, sum(relevance))


def area_under_steps(relevance: Sequence[int], scores: Sequence[float]) -> float:
    """Precision times the growth of recall, summed over the distinct scores from the highest to the lowest."""
    relevant = sum(relevance)
    area, recall = 0.0, 0.0
    for score in sorted(set(scores), reverse=True):
        photos = [hit for hit, other in zip(relevance, scores, strict=True) if other >= score]
        if relevant:
            area += sum(photos) / len(photos) * (sum(photos) / relevant - recall)
            recall = sum(photos) / relevant
    return area


def precision_at(relevance: Sequence[int], cut: int, protocol: str = "standard") -> float:
    """P@k under a protocol by name."""
    if protocol == "doodle":
        return float(relevance[cut]) if cut < len(relevance) else 0.0
    if protocol == "zse":
        return precision(relevance, min(cut, sum(relevance)))
    return precision(relevance, min(cut, len(relevance)))


def orders_within_ties(relevance: Sequence[int], scores: Sequence[float]) -> Iterator[list[int]]:
    """Relevance down every ranking that the scores allow: each order of each tie, once per permutation."""
    ties = [
        [hit for hit, other in zip(relevance, scores, strict=True) if other == score]
        for score in sorted(set(scores), reverse=True)
    ]
    for orders in itertools.product(*(itertools.permutations(tie) for tie in ties)):
        yield [hit for order in orders for hit in order]


def interpolated_precision(relevance: Sequence[int], recall: Fraction) -> float:
    """The highest precision of a list whose recall is `recall` at least."""
    best = 0.0
    for rank in range(1, len(relevance) + 1):
        if Fraction(sum(relevance[:rank]), sum(relevance)) >= recall:
            best = max(best, precision(relevance, rank))
    return best


def hamming_distance(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> int:
    """Number of differing bits of two packed codes."""
    return sum((int(one) ^ int(other)).bit_count() for one, other in zip(left, right, strict=True))


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
