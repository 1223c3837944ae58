"""Metrics of a whole evaluation: every protocol from one ranking pass, each query's value kept."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import DataError
from inkseek.evaluation.metrics import average_precision, precision_at
from inkseek.evaluation.protocols import PROTOCOLS, Protocol
from inkseek.evaluation.ranks import relevant_ranks

CUTS = (25, 100, 200)
"""The cuts `k` that are reported beside mAP@all."""

Measure = Callable[[NDArray[np.int64]], float]
"""One metric of one query, from the ranks of its relevant photos."""


@dataclass(frozen=True, eq=False)
class RetrievalMetrics:
    """Values of every query under one protocol, and their means.

    A query without a relevant photo in the gallery has no average precision: it is left out of every mean, and counted.

    Attributes:
        protocol: the formulas.
        gallery_size: photos ranked for each query.
        queries: [q] positions, in the query features, of the queries that count.
        labels: [q] their labels.
        values: name of a metric (`mAP@all`, `mAP@25`, `P@25`, ...) -> [q] value of each query.
        excluded: queries left out.
    """

    protocol: Protocol
    gallery_size: int
    queries: NDArray[np.int64]
    labels: NDArray[np.int64]
    values: Mapping[str, NDArray[np.float64]]
    excluded: int

    def micro(self) -> dict[str, float]:
        """Mean over queries: every query weighs the same."""
        return {name: float(values.mean()) for name, values in self.values.items()}

    def macro(self) -> dict[str, float]:
        """Mean over the classes' means: every class weighs the same, however many queries it has."""
        _, position, counts = np.unique(self.labels, return_inverse=True, return_counts=True)
        return {
            name: float((np.bincount(position, weights=values) / counts).mean()) for name, values in self.values.items()
        }

    def of_class(self, label: int) -> tuple[int, dict[str, float]]:
        """Number of queries of one class, and their means; no means if there is no query."""
        own = self.labels == label
        count = int(own.sum())
        return count, {name: float(values[own].mean()) for name, values in self.values.items() if count}


def retrieval_metrics(
    query_features: NDArray[np.floating],
    gallery_features: NDArray[np.floating],
    query_labels: NDArray[np.integer],
    gallery_labels: NDArray[np.integer],
    *,
    protocols: Sequence[Protocol] = tuple(PROTOCOLS.values()),
    cuts: Sequence[int] = CUTS,
    block: int | None = None,
) -> dict[str, RetrievalMetrics]:
    """Rank the gallery once for every query and measure the ranking under every protocol.

    Args:
        query_features: [q, d] retrieval features, unit rows.
        gallery_features: [g, d] retrieval features, unit rows.
        query_labels: [q].
        gallery_labels: [g].
        protocols: formulas to measure under.
        cuts: `k` of mAP@k and P@k; mAP@all always comes first.
        block: queries ranked at a time; changes no value.

    Returns:
        Name of the protocol -> metrics, in the order asked for.

    Raises:
        DataError: a feature is not finite, a side is empty, or no query has a relevant photo.
    """
    size = len(gallery_features)
    columns = {protocol.name: dict(_columns(protocol, size, cuts)) for protocol in protocols}
    values = {name: {metric: np.empty(len(query_labels)) for metric in column} for name, column in columns.items()}
    counts = np.zeros(len(query_labels), dtype=bool)
    for query, ranks in relevant_ranks(query_features, gallery_features, query_labels, gallery_labels, block=block):
        counts[query] = ranks.size > 0
        if ranks.size:
            for name, column in columns.items():
                for metric, measure in column.items():
                    values[name][metric][query] = measure(ranks)
    if not counts.any():
        raise DataError("no query has a photo of its class in the gallery; check that both sides name classes alike")
    return {
        protocol.name: RetrievalMetrics(
            protocol=protocol,
            gallery_size=size,
            queries=np.flatnonzero(counts),
            labels=np.asarray(query_labels, dtype=np.int64)[counts],
            values={metric: column[counts] for metric, column in values[protocol.name].items()},
            excluded=int((~counts).sum()),
        )
        for protocol in protocols
    }


def _columns(protocol: Protocol, gallery_size: int, cuts: Sequence[int]) -> Iterator[tuple[str, Measure]]:
    yield "mAP@all", partial(average_precision, gallery_size=gallery_size, cut=None, protocol=protocol)
    for cut in cuts:
        yield f"mAP@{cut}", partial(average_precision, gallery_size=gallery_size, cut=cut, protocol=protocol)
        yield f"P@{cut}", partial(precision_at, cut=cut, gallery_size=gallery_size)
