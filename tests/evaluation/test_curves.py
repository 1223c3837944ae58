"""Precision-recall curves against the loops."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkseek.errors import DataError
from inkseek.evaluation.curves import interpolated_precision, precision_recall
from tests.evaluation.problems import problem, relevance_of
from tests.evaluation.rankings import found_in, relevances
from tests.reference import metrics_reference as reference


@given(relevances, st.sampled_from((2, 5, 11, 101)))
def test_a_curve_equals_the_loops(relevance: list[int], points: int) -> None:
    (found,) = interpolated_precision(found_in(relevance), points)

    expected = [reference.interpolated_precision(relevance, Fraction(point, points - 1)) for point in range(points)]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_worked_example() -> None:
    """Recalls 1/4, 1/2, 3/4, 1 are reached at ranks 1, 3, 4, 8, with precision 1, 2/3, 3/4, 1/2."""
    (found,) = interpolated_precision(found_in([1, 0, 1, 1, 0, 0, 0, 1]), 5)

    assert found.tolist() == [1, 1, 0.75, 0.75, 0.5]


@pytest.mark.parametrize("block", [1, 2, None])
def test_the_curve_is_the_mean_over_queries(block: int | None) -> None:
    queries, gallery, query_labels, gallery_labels = problem(1)
    query_labels[:] = [0, 0, 0, 0, 1, 2, 9]
    data = (queries, gallery, query_labels, gallery_labels)
    curves = np.array(
        [
            [reference.interpolated_precision(one, Fraction(point, 10)) for point in range(11)]
            for one in relevance_of(data)[:6]
        ]
    )

    found = precision_recall(*data, points=11, block=block)

    np.testing.assert_allclose(found, curves.mean(axis=0), atol=1e-12)
    assert (np.diff(found) <= 0).all()
    assert precision_recall(*data).shape == (101,)


def test_no_measurable_query_is_an_error() -> None:
    queries, gallery, query_labels, gallery_labels = problem(0)

    with pytest.raises(DataError, match="no query has a photo of its class"):
        precision_recall(queries, gallery, query_labels + 10, gallery_labels)
    with pytest.raises(ValueError, match="at least 2 points"):
        precision_recall(queries, gallery, query_labels, gallery_labels, points=1)
    with pytest.raises(ValueError, match="labels must be"):
        precision_recall(queries, gallery, query_labels[1:], gallery_labels)
