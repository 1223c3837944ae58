"""Means over queries and classes, and queries that cannot be measured."""

import numpy as np
import pytest

from inkseek.errors import DataError
from inkseek.evaluation.protocols import PROTOCOLS
from inkseek.evaluation.retrieval_metrics import retrieval_metrics
from tests.evaluation.test_ranks import Problem, problem
from tests.reference import metrics_reference as reference


def relevance_of(data: Problem) -> list[list[int]]:
    queries, gallery, query_labels, gallery_labels = data
    return [
        reference.ranked_relevance(query, gallery, int(label), gallery_labels.tolist())
        for query, label in zip(queries, query_labels, strict=True)
    ]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_value_equals_the_loops(name: str) -> None:
    data = problem(5)
    metrics = retrieval_metrics(*data, cuts=(5, 25))[name]
    relevance = relevance_of(data)

    assert list(metrics.values) == ["mAP@all", "mAP@5", "P@5", "mAP@25", "P@25"]
    for metric, values in metrics.values.items():
        kind, cut = metric.split("@")
        k = None if cut == "all" else int(cut)
        expected = [
            reference.precision_at(one, int(cut)) if kind == "P" else reference.average_precision(one, k, name)
            for one in relevance
        ]
        np.testing.assert_allclose(values, expected, atol=1e-12)


def unbalanced() -> Problem:
    """Class 0: nine queries that find their photo first. Class 1: one query that finds its photo last."""
    gallery = np.eye(2, dtype=np.float32)
    return np.repeat(gallery[:1], 10, axis=0), gallery, np.array([0] * 9 + [1]), np.array([0, 1])


def test_micro_weighs_queries_and_macro_weighs_classes() -> None:
    metrics = retrieval_metrics(*unbalanced())["standard"]

    assert metrics.micro()["mAP@all"] == pytest.approx(0.95)
    assert metrics.macro()["mAP@all"] == pytest.approx(0.75)
    for label, queries, value in ((0, 9, 1.0), (1, 1, 0.5)):
        count, means = metrics.of_class(label)
        assert (count, list(means)) == (queries, list(metrics.values))
        assert means["mAP@all"] == pytest.approx(value)


def test_queries_without_a_relevant_photo_are_left_out_and_counted() -> None:
    queries, gallery, _, gallery_labels = unbalanced()

    metrics = retrieval_metrics(queries, gallery, np.array([0] * 8 + [7, 1]), gallery_labels)["sake"]

    assert metrics.excluded == 1
    assert metrics.queries.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 9]
    assert metrics.micro()["mAP@all"] == pytest.approx(8.5 / 9)
    assert metrics.macro()["mAP@all"] == pytest.approx(0.75)
    assert metrics.of_class(7) == (0, {})


def test_no_measurable_query_is_an_error() -> None:
    queries, gallery, query_labels, gallery_labels = problem(0)

    with pytest.raises(DataError, match="no query has a photo of its class"):
        retrieval_metrics(queries, gallery, query_labels + 10, gallery_labels)


def test_protocols_share_ranks_and_precision() -> None:
    found = retrieval_metrics(*problem(6))

    assert list(found) == ["standard", "sake"]
    for cut in (25, 100, 200):
        np.testing.assert_array_equal(found["standard"].values[f"P@{cut}"], found["sake"].values[f"P@{cut}"])


@pytest.mark.parametrize("block", [1, 3, 100])
def test_block_size_changes_no_value(block: int) -> None:
    data = problem(7)
    blocked, whole = retrieval_metrics(*data, block=block), retrieval_metrics(*data)

    assert all(blocked[name].micro() == whole[name].micro() for name in PROTOCOLS)
