"""Metrics of a whole evaluation: every protocol from one ranking pass, each query's value kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import DataError
from inkseek.evaluation.blocks import measure_blocks
from inkseek.evaluation.metrics import Values, average_precision, precision_at
from inkseek.evaluation.protocols import PROTOCOLS, Protocol
from inkseek.evaluation.ranks import Distances, RelevantRanks, rank_relevant
from inkseek.evaluation.scores import NegatedScores, check_labels

CUTS = (25, 100, 200)
"""The cuts `k` that are reported beside mAP@all."""


@dataclass(frozen=True, eq=False)
class RetrievalMetrics:
    """Values of every query under one protocol, and their means.

    A query without a relevant photo in the gallery has no average precision: it is left out of every mean, and counted.
    A query whose relevant photos all stand behind the cut counts with the value 0.

    Attributes:
        protocol: the formulas.
        gallery_size: photos ranked for each query.
        queries: [q] rising positions, in the query features, of the queries that count.
        labels: [q] their labels.
        values: name of a metric (`mAP@all`, `mAP@25`, `P@25`, ...) -> [q] value of each query.
        excluded: queries left out.
    """

    protocol: Protocol
    gallery_size: int
    queries: NDArray[np.int64]
    labels: NDArray[np.int64]
    values: Mapping[str, Values]
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
    """Rank the gallery once for every query by falling inner product, and measure under every protocol.

    A photo is relevant if its label equals the query's. Scores are float32; photos of equal score keep the order of the
    gallery, and photos with the same features always have equal scores. Everything after the scores is exact and
    independent of threads. The scores themselves come from NumPy's matrix product, whose last bits may change with the
    machine, its number of threads and `block`: on the same three, values repeat bit by bit.

    Memory is a few blocks of scores, beside the features.

    Args:
        query_features: [q, d] retrieval features, unit rows.
        gallery_features: [g, d] retrieval features, unit rows.
        query_labels: [q].
        gallery_labels: [g].
        protocols: formulas to measure under.
        cuts: `k` of mAP@k and P@k; mAP@all always comes first.
        block: queries whose scores are held at a time; by default as many as make 64 MiB.

    Returns:
        Name of the protocol -> metrics, in the order asked for.

    Raises:
        DataError: a feature is not finite, a side is empty, or no query has a relevant photo.
        ValueError: the shapes disagree.
    """
    scores = NegatedScores(query_features, gallery_features)
    check_labels(query_labels, len(query_features), "query")
    check_labels(gallery_labels, len(gallery_features), "gallery")

    def measure(distances: Distances, relevant: NDArray[np.intp]) -> Values:
        found = rank_relevant(distances, relevant)
        return protocol_values(found, protocols, cuts)

    measured = measure_blocks(scores, measure, query_labels, gallery_labels, block=block)
    return collect(measured, query_labels, len(gallery_labels), protocols, cuts)


def metric_names(cuts: Sequence[int]) -> list[str]:
    """`mAP@all`, then `mAP@k` and `P@k` for every cut."""
    return ["mAP@all", *(f"{metric}@{cut}" for cut in cuts for metric in ("mAP", "P"))]


def protocol_values(found: RelevantRanks, protocols: Sequence[Protocol], cuts: Sequence[int]) -> Values:
    """[protocols, metrics, q] values of queries of one class, in the order of `metric_names`."""
    # Protocols share formulas, and what they share is computed once.
    ap = {
        formula: [average_precision(found, cut, formula) for cut in (None, *cuts)]
        for formula in {protocol.ap for protocol in protocols}
    }
    precision = {
        meaning: [precision_at(found, cut, meaning) for cut in cuts]
        for meaning in {protocol.precision for protocol in protocols}
    }
    return np.stack([arrange(ap[protocol.ap], precision[protocol.precision]) for protocol in protocols])


def arrange(ap: Sequence[Values], precision: Sequence[Values]) -> Values:
    """[metrics, q] values in the order of `metric_names`, from AP at all and at every cut, and P at every cut."""
    return np.stack([ap[0], *(values for pair in zip(ap[1:], precision, strict=True) for values in pair)])


def collect(
    measured: Iterable[tuple[NDArray[np.intp], Values]],
    query_labels: NDArray[np.integer],
    gallery_size: int,
    protocols: Sequence[Protocol],
    cuts: Sequence[int],
) -> dict[str, RetrievalMetrics]:
    """Put together what was measured in pieces.

    Args:
        measured: positions [n] of queries, and their values [protocols, metrics, n].
        query_labels: [q] of all queries; those that were not measured are left out and counted.
        gallery_size: photos ranked for each query.
        protocols: in the order of the values.
        cuts: of the metrics.

    Raises:
        DataError: nothing was measured.
    """
    names = metric_names(cuts)
    table = np.empty((len(protocols), len(names), len(query_labels)))
    counts = np.zeros(len(query_labels), dtype=bool)
    for queries, values in measured:
        counts[queries] = True
        table[..., queries] = values
    if not counts.any():
        raise DataError("no query has a photo of its class in the gallery; check that both sides name classes alike")
    return {
        protocol.name: RetrievalMetrics(
            protocol=protocol,
            gallery_size=gallery_size,
            queries=np.flatnonzero(counts),
            labels=np.asarray(query_labels, dtype=np.int64)[counts],
            values=dict(zip(names, rows[:, counts], strict=True)),
            excluded=int((~counts).sum()),
        )
        for protocol, rows in zip(protocols, table, strict=True)
    }
