"""Precision-recall curves, for figures."""

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import DataError
from inkseek.evaluation.blocks import measure_blocks
from inkseek.evaluation.metrics import Values
from inkseek.evaluation.ranks import Distances, RelevantRanks, rank_relevant
from inkseek.evaluation.scores import NegatedScores, check_labels


def precision_recall(
    query_features: NDArray[np.floating],
    gallery_features: NDArray[np.floating],
    query_labels: NDArray[np.integer],
    gallery_labels: NDArray[np.integer],
    *,
    points: int = 101,
    block: int | None = None,
) -> Values:
    """Mean over queries of the interpolated precision at the recalls 0, 1/(points - 1), ..., 1.

    Of one query, at recall `x`: `max {P(i) : recall(i) >= x}`, the highest precision of any list that finds the share
    `x` of the relevant photos or more (Manning, Raghavan, Schütze, Introduction to Information Retrieval, 2008,
    section 8.4). Ranking and left-out queries are those of `retrieval_metrics`.

    Args:
        query_features: [q, d] retrieval features, unit rows.
        gallery_features: [g, d] retrieval features, unit rows.
        query_labels: [q].
        gallery_labels: [g].
        points: recalls, at least 2.
        block: queries whose scores are held at a time.

    Returns:
        float64 [points], falling.

    Raises:
        DataError: a feature is not finite, a side is empty, or no query has a relevant photo.
        ValueError: the shapes disagree, or there are fewer than 2 points.
    """
    if points < 2:
        raise ValueError(f"a curve has at least 2 points, not {points}")
    scores = NegatedScores(query_features, gallery_features)
    check_labels(query_labels, len(query_features), "query")
    check_labels(gallery_labels, len(gallery_features), "gallery")

    def measure(distances: Distances, relevant: NDArray[np.intp]) -> Values:
        curves: Values = interpolated_precision(rank_relevant(distances, relevant), points).sum(axis=0)
        return curves

    total, count = np.zeros(points), 0
    for queries, part in measure_blocks(scores, measure, query_labels, gallery_labels, block=block):
        total += part
        count += len(queries)
    if not count:
        raise DataError("no query has a photo of its class in the gallery; check that both sides name classes alike")
    curve: Values = total / count
    return curve


def interpolated_precision(found: RelevantRanks, points: int) -> Values:
    """[q, points] `max {P(i) : recall(i) >= x}` of each query at recalls from 0 to 1."""
    relevant = found.ranks.shape[1]
    precision = np.arange(1, relevant + 1) / found.ranks
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    # The first hit that reaches recall p / (points - 1), in whole numbers: the least j with j (points - 1) >= p R.
    reached = -(-np.arange(points) * relevant // (points - 1))
    curve: Values = envelope[:, np.maximum(reached, 1) - 1]
    return curve
