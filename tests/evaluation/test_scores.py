"""Scores of a block: copies of a photo score alike, and what is refused."""

import numpy as np
import pytest

from inkseek.errors import DataError
from inkseek.evaluation.scores import NegatedScores
from tests.evaluation.problems import problem, ranks_of, unit_rows


def test_scores_are_negated_inner_products() -> None:
    queries, gallery, _, _ = problem(0)

    found = NegatedScores(queries, gallery)(np.array([5, 0]))

    assert found.dtype == np.float32
    np.testing.assert_allclose(found, -(queries[[5, 0]].astype(np.float64) @ gallery.T), atol=1e-6)


@pytest.mark.parametrize("dimension", [512, 509, 64, 3])
@pytest.mark.parametrize("count", [97, 1001])
def test_a_second_copy_of_a_photo_scores_like_the_first(count: int, dimension: int) -> None:
    """A matrix product may take columns at its edges through other kernels, which round otherwise."""
    random = np.random.default_rng(count)
    gallery, queries = unit_rows(random, count, dimension), unit_rows(random, 37, dimension)
    originals = random.integers(0, count, 50)
    listed = np.concatenate([gallery, gallery[originals]])

    found = NegatedScores(queries, listed)(np.arange(37))

    np.testing.assert_array_equal(found[:, count:], found[:, originals])


def test_three_copies_follow_the_first() -> None:
    queries, gallery, _, _ = problem(2, gallery=2)
    listed = gallery[[0, 1, 0, 1, 0]]

    scores = NegatedScores(queries, listed)(np.arange(7))

    assert all((scores[:, 0] == scores[:, place]).all() for place in (2, 4))
    assert (scores[:, 1] == scores[:, 3]).all()
    assert (scores[:, 0] != scores[:, 1]).all()


@pytest.mark.parametrize("side", ["query", "gallery"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_features_that_are_not_finite_are_refused(side: str, wrong: float) -> None:
    data = problem(0)
    data[0 if side == "query" else 1][3, 2] = wrong

    with pytest.raises(DataError, match=rf"{side} feature 3 is not finite \(1 of"):
        ranks_of(data)


@pytest.mark.parametrize("side", ["query", "gallery"])
def test_features_whose_scores_would_be_infinite_are_refused(side: str) -> None:
    data = problem(0)
    data[0 if side == "query" else 1][3, 2] = -1e30

    with pytest.raises(DataError, match=rf"a {side} feature holds the value 1e\+30; give rows of unit length"):
        ranks_of(data)


@pytest.mark.parametrize("side", ["query", "gallery"])
def test_an_empty_side_is_refused(side: str) -> None:
    queries, gallery, query_labels, gallery_labels = problem(0)
    nothing, no_label = np.empty((0, 6), dtype=np.float32), np.empty(0, dtype=np.int64)
    if side == "query":
        queries, query_labels = nothing, no_label
    else:
        gallery, gallery_labels = nothing, no_label

    with pytest.raises(DataError, match=f"the {side} holds no picture"):
        ranks_of((queries, gallery, query_labels, gallery_labels))


def test_shapes_that_disagree_are_refused() -> None:
    queries, gallery, _, _ = problem(0)

    with pytest.raises(ValueError, match="differ in dimension: 5 and 6"):
        NegatedScores(queries[:, :5], gallery)
    with pytest.raises(ValueError, match=r"query: features must be \[n, d\], not \[7\]"):
        NegatedScores(queries[:, 0], gallery)
