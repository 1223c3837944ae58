"""Small retrieval problems: features and labels of both sides."""

import numpy as np
from numpy.typing import NDArray

from inkseek.evaluation.blocks import measure_blocks
from inkseek.evaluation.ranks import rank_relevant
from inkseek.evaluation.scores import NegatedScores
from tests.reference import metrics_reference as reference

Features = NDArray[np.float32]
Labels = NDArray[np.int64]
Problem = tuple[Features, Features, Labels, Labels]


def unit_rows(random: np.random.Generator, rows: int, dimension: int) -> Features:
    features = random.standard_normal((rows, dimension), dtype=np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    return features


def problem(seed: int, queries: int = 7, gallery: int = 40, dimension: int = 6, classes: int = 3) -> Problem:
    random = np.random.default_rng(seed)
    return (
        unit_rows(random, queries, dimension),
        unit_rows(random, gallery, dimension),
        random.integers(0, classes, queries),
        random.integers(0, classes, gallery),
    )


def with_ties(seed: int) -> Problem:
    """Few distinct photos, each several times, at positions and with labels mixed at random."""
    queries, gallery, query_labels, gallery_labels = problem(seed)
    copies = np.random.default_rng(seed + 1).integers(0, 8, len(gallery))
    return queries, gallery[copies], query_labels, gallery_labels


def ranks_of(data: Problem, block: int | None = None) -> list[list[int]]:
    """Ranks of each query's relevant photos; none for a query without."""
    queries, gallery, query_labels, gallery_labels = data
    found: list[list[int]] = [[] for _ in query_labels]
    scores = NegatedScores(queries, gallery)
    for positions, measured in measure_blocks(scores, rank_relevant, query_labels, gallery_labels, block=block):
        for position, ranks in zip(positions, measured.ranks, strict=True):
            assert not found[position], "measured twice"
            found[position] = ranks.tolist()
    return found


def relevance_of(data: Problem) -> list[list[int]]:
    """Relevance down each query's ranking, in rational arithmetic."""
    queries, gallery, query_labels, gallery_labels = data
    return [
        reference.ranked_relevance(query, gallery, int(label), gallery_labels.tolist())
        for query, label in zip(queries, query_labels, strict=True)
    ]
