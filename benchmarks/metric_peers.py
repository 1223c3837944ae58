"""The list of metrics of `metrics.py` by scikit-learn and torchmetrics, query by query as they are meant to be called.

    python benchmarks/metric_peers.py --only sklearn
    python benchmarks/metric_peers.py --only torchmetrics

Scores come from the float32 matrix product that inkseek uses, in blocks. torchmetrics has the number of threads that a
trial finds faster.
"""

import os
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score  # type: ignore[import-untyped]
from torchmetrics.functional.retrieval import retrieval_average_precision, retrieval_precision

from inkseek.evaluation.scores import NegatedScores
from metric_problem import CUTS, Problem, arguments, report

BLOCK = 490
TRIAL = 100

Scores = NDArray[np.float32]
Relevance = NDArray[np.bool_]
METRICS = ["mAP@all", *(f"{metric}@{cut}" for cut in CUTS for metric in ("mAP", "P"))]


def scored(data: Problem, queries: int) -> Iterator[tuple[Scores, Relevance]]:
    """Scores and relevance of one query after another."""
    negated = NegatedScores(data.queries, data.gallery)
    for start in range(0, queries, BLOCK):
        block = np.arange(start, min(start + BLOCK, queries))
        yield from zip(-negated(block), data.query_labels[block, None] == data.gallery_labels, strict=True)


def timed(
    measure: Callable[[Scores, Relevance], list[float]], data: Problem, queries: int
) -> tuple[float, list[float]]:
    """Seconds and means of the first queries."""
    started = time.perf_counter()
    rows = [measure(scores, relevance) for scores, relevance in scored(data, queries)]
    means: list[float] = np.mean(rows, axis=0).tolist()
    return time.perf_counter() - started, means


def by_sklearn(scores: Scores, relevance: Relevance) -> list[float]:
    """average_precision_score of the whole list and of the first k photos; P@k by NumPy."""
    values = [average_precision_score(relevance, scores)]
    order = np.argsort(-scores)[: max(CUTS)]
    for cut in CUTS:
        hits = relevance[order[:cut]]
        values += [average_precision_score(hits, scores[order[:cut]]) if hits.any() else 0.0, hits.mean()]
    return values


def by_torchmetrics(scores: Scores, relevance: Relevance) -> list[float]:
    """retrieval_average_precision and retrieval_precision of 1 + cosine, which is positive."""
    preds, target = torch.from_numpy(1 + scores), torch.from_numpy(relevance)
    values = [retrieval_average_precision(preds, target)]
    for cut in CUTS:
        values += [retrieval_average_precision(preds, target, top_k=cut), retrieval_precision(preds, target, cut)]
    return [value.item() for value in values]


def sklearn(data: Problem) -> tuple[float, dict[str, float]]:
    """Seconds and means."""
    seconds, means = timed(by_sklearn, data, len(data.queries))
    return seconds, dict(zip(METRICS, means, strict=True))


def torchmetrics(data: Problem) -> tuple[float, dict[str, float]]:
    """Seconds and means."""

    def trial(threads: int) -> float:
        torch.set_num_threads(threads)
        return timed(by_torchmetrics, data, TRIAL)[0]

    torch.set_num_threads(min((1, os.cpu_count() or 1), key=trial))
    seconds, means = timed(by_torchmetrics, data, len(data.queries))
    return seconds, dict(zip(METRICS, means, strict=True))


if __name__ == "__main__":
    chosen = arguments().parse_args()
    report({"sklearn": sklearn, "torchmetrics": torchmetrics}[chosen.only], chosen.size)
