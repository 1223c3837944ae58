"""Whether the files of a saved measurement belong together; a page of mixed files would be wrong without a word."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from inkseek.errors import FormatError
from inkseek.evaluation.hamming import hamming_metrics
from inkseek.evaluation.per_query import PerQuery
from inkseek.evaluation.protocols import PROTOCOLS
from inkseek.evaluation.result import DataFacts, FeatureFacts, ModelFacts, RunFacts
from inkseek.evaluation.retrieval_metrics import RetrievalMetrics, retrieval_metrics
from inkseek.evaluation.saved import EVALUATION, FEATURES, QUERIES, SavedEvaluation

TOLERANCE = 1e-9
"""Between a printed mean and the mean of its column: both are float64 sums of the same values."""

RANKED = 8
"""Queries that are ranked anew."""

AGREEMENT = 1e-3
"""Between two average precisions of one query that are the same but for the last bits of scores."""

_AGAIN = "measure again"
_REQUIRED = {
    "model": ModelFacts.__required_keys__,
    "data": DataFacts.__required_keys__,
    "feature": FeatureFacts.__required_keys__,
    "run": RunFacts.__required_keys__,
}


def check_measurement(saved: SavedEvaluation, per_query: PerQuery) -> None:
    """Refuse files that lack something, or that come from different measurements.

    Raises:
        FormatError: the result lacks a fact, the features are not of its kind, the values of queries are not finite,
            belong to other queries, have other means than the result, or come from other features.
    """
    _check_facts(saved)
    _check_features(saved)
    _check_queries(saved, per_query)
    _check_values(saved, per_query)
    _check_ranking(saved, per_query)


def _check_facts(saved: SavedEvaluation) -> None:
    facts: Mapping[str, Any] = saved.evaluation
    for name, required in _REQUIRED.items():
        if name == "run" and facts[name] is None:
            continue
        keys = facts[name].keys() if isinstance(facts[name], dict) else ()
        if missing := sorted(required - {*keys}):
            raise FormatError(f"{saved.path / EVALUATION}: its {name} lacks {', '.join(missing)}; {_AGAIN}")


def _check_features(saved: SavedEvaluation) -> None:
    feature = saved.evaluation["feature"]
    binary = feature["kind"] == "binary"
    for side in (saved.queries, saved.gallery):
        dimension = side.features.shape[1] * (8 if binary else 1)
        if binary != (side.features.dtype == np.uint8) or dimension != feature["dimension"]:
            raise FormatError(f"{saved.path / FEATURES}: not the features that {EVALUATION} tells of; {_AGAIN}")


def _check_queries(saved: SavedEvaluation, per_query: PerQuery) -> None:
    """Every row is one of the saved queries, of the same class; a query that a list names twice has two rows."""
    names = (saved.class_names[label] for label in saved.queries.labels.tolist())
    known = Counter(zip(saved.queries.paths, names, strict=True))
    rows = Counter(zip(per_query.paths, per_query.classes, strict=True))
    if not rows or not rows <= known:
        raise FormatError(f"{saved.path / QUERIES}: its queries are not those of {FEATURES}; {_AGAIN}")


def _check_values(saved: SavedEvaluation, per_query: PerQuery) -> None:
    file = saved.path / QUERIES
    printed = _printed_means(saved.path / EVALUATION, saved.evaluation["protocols"])
    if differing := sorted(printed.keys() ^ per_query.values.keys()):
        raise FormatError(f"{file}: {differing[0]} is not in both it and {EVALUATION}; {_AGAIN}")
    for column, values in per_query.values.items():
        if not np.isfinite(values).all():
            raise FormatError(f"{file}: {column} holds values that are not finite; {_AGAIN}")
        if not abs(float(values.mean()) - printed[column]) <= TOLERANCE:
            raise FormatError(f"{file}: the mean of {column} is not the one of {EVALUATION}; {_AGAIN}")


def _check_ranking(saved: SavedEvaluation, per_query: PerQuery) -> None:
    """Some queries, ranked anew by the saved features, have the average precision that was saved.

    Another machine may order photos of nearly equal score otherwise; features of another encoder agree on few queries.
    """
    name = next(iter(saved.evaluation["protocols"]))
    if name not in PROTOCOLS:
        return
    place = {path: row for row, path in enumerate(saved.queries.paths)}
    chosen = np.unique(np.linspace(0, len(per_query.paths) - 1, RANKED).round().astype(np.int64))
    rows = np.array([place[per_query.paths[row]] for row in chosen])
    measure: Callable[..., dict[str, RetrievalMetrics]] = retrieval_metrics
    if saved.evaluation["feature"]["kind"] == "binary":
        measure = hamming_metrics
    sides = saved.queries.features[rows], saved.gallery.features
    labels = saved.queries.labels[rows], saved.gallery.labels
    found = measure(*sides, *labels, protocols=(PROTOCOLS[name],), cuts=())[name].values["mAP@all"]
    kept = per_query.values[f"{name}/mAP@all"][chosen]
    if len(found) != len(kept) or np.isclose(found, kept, rtol=0, atol=AGREEMENT).mean() < 0.5:
        raise FormatError(f"{saved.path / FEATURES}: its features do not give the values of {QUERIES}; {_AGAIN}")


def _printed_means(file: Path, protocols: Mapping[str, Any]) -> dict[str, float]:
    """`protocol/metric` -> mean over queries, after a check that there is one over classes too."""
    try:
        for means in protocols.values():
            if means["micro"].keys() != means["macro"].keys() or "mAP@all" not in means["micro"]:
                raise KeyError
        return {
            f"{protocol}/{metric}": float(value)
            for protocol, means in protocols.items()
            for metric, value in means["micro"].items()
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        raise FormatError(f"{file}: its protocols are damaged; {_AGAIN}") from None
