"""Whether the files of a saved measurement belong together; a page of mixed files would be wrong without a word."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from inkseek.errors import FormatError
from inkseek.evaluation.per_query import PerQuery
from inkseek.evaluation.result import DataFacts, FeatureFacts, ModelFacts, RunFacts
from inkseek.evaluation.saved import EVALUATION, FEATURES, QUERIES, SavedEvaluation

TOLERANCE = 1e-9
"""Between a printed mean and the mean of its column: both are float64 sums of the same values."""

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
            belong to other queries or have other means than the result.
    """
    _check_facts(saved)
    _check_features(saved)
    _check_queries(saved, per_query)
    _check_values(saved, per_query)


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
    """Every row is one of the saved queries, of the same class."""
    names = {
        path: saved.class_names[label]
        for path, label in zip(saved.queries.paths, saved.queries.labels.tolist(), strict=True)
    }
    rows = dict(zip(per_query.paths, per_query.classes, strict=True))
    if not rows or len(rows) != len(per_query.paths) or not rows.items() <= names.items():
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
