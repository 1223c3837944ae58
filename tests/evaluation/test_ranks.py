"""Ranks of the relevant photos against a full sort in rational arithmetic, and what must not change them."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inkseek.errors import DataError
from inkseek.evaluation.ranks import relevant_ranks
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


def ranks_of(data: Problem, block: int | None = None) -> list[list[int]]:
    found = list(relevant_ranks(*data, block=block))
    assert [query for query, _ in found] == list(range(len(data[0])))
    return [ranks.tolist() for _, ranks in found]


def with_ties(seed: int) -> Problem:
    """Few distinct photos, each several times, at positions and with labels mixed at random."""
    queries, gallery, query_labels, gallery_labels = problem(seed)
    copies = np.random.default_rng(seed + 1).integers(0, 8, len(gallery))
    return queries, gallery[copies], query_labels, gallery_labels


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("make", [problem, with_ties])
def test_ranks_equal_a_sort_in_rational_arithmetic(make: Callable[[int], Problem], seed: int) -> None:
    queries, gallery, query_labels, gallery_labels = data = make(seed)

    for query, ranks in enumerate(ranks_of(data)):
        relevance = reference.ranked_relevance(
            queries[query], gallery, int(query_labels[query]), gallery_labels.tolist()
        )
        assert ranks == [position + 1 for position, hit in enumerate(relevance) if hit]


@given(st.integers(0, 1000), st.integers(1, 9))
def test_blocked_equals_unblocked(seed: int, block: int) -> None:
    data = with_ties(seed)

    assert ranks_of(data, block) == ranks_of(data, len(data[0])) == ranks_of(data)


def test_blocks_of_a_wide_problem_agree_to_the_last_rank() -> None:
    """Wide enough that a plain float32 product differs between block sizes in its last bits."""
    data = problem(1, queries=33, gallery=501, dimension=512)
    twice = (data[0], np.concatenate([data[1], data[1]]), data[2], np.concatenate([data[3], data[3]]))

    assert ranks_of(twice, 1) == ranks_of(twice, 7) == ranks_of(twice, 33)


def test_equal_scores_keep_the_order_of_the_gallery() -> None:
    same = np.full((300, 512), 512**-0.5, dtype=np.float32)
    gallery_labels = np.arange(300) % 3

    found = ranks_of((same[:4], same, np.array([0, 1, 2, 7]), gallery_labels))

    assert found == [[*range(1, 301, 3)], [*range(2, 301, 3)], [*range(3, 301, 3)], []]


@given(st.integers(0, 1000))
def test_permuting_a_gallery_of_distinct_scores_changes_nothing(seed: int) -> None:
    queries, gallery, query_labels, gallery_labels = data = problem(seed)
    order = np.random.default_rng(seed).permutation(len(gallery))

    assert ranks_of((queries, gallery[order], query_labels, gallery_labels[order])) == ranks_of(data)


@given(st.integers(0, 1000))
def test_permuting_queries_permutes_ranks(seed: int) -> None:
    queries, gallery, query_labels, gallery_labels = data = with_ties(seed)
    order = np.random.default_rng(seed).permutation(len(queries))

    permuted = ranks_of((queries[order], gallery, query_labels[order], gallery_labels))

    assert permuted == [ranks_of(data)[query] for query in order]


def test_photos_farther_than_all_others_change_no_rank() -> None:
    queries, gallery, query_labels, gallery_labels = data = problem(3, queries=1)
    far = np.repeat(-queries, 5, axis=0)

    found = ranks_of((queries, np.concatenate([gallery, far]), query_labels, np.append(gallery_labels, [9] * 5)))

    assert found == ranks_of(data)


def test_scores_that_differ_in_the_seventh_digit_are_told_apart() -> None:
    query = np.array([[1.0, 0.0]], dtype=np.float32)
    steps = np.float32(0.5) + np.arange(8, dtype=np.float32) * np.float32(2**-24)
    gallery = np.stack([steps, np.zeros(8, dtype=np.float32)], axis=1)

    assert ranks_of((query, gallery, np.array([1]), np.array([0, 0, 0, 0, 0, 0, 0, 1]))) == [[1]]


@pytest.mark.parametrize("factor", [1e-3, 1.0, 7.3, 1e4])
def test_rows_need_not_be_of_unit_length(factor: float) -> None:
    queries, gallery, query_labels, gallery_labels = data = problem(4)

    assert ranks_of((queries * np.float32(factor), gallery, query_labels, gallery_labels)) == ranks_of(data)


def test_one_photo_is_ranked_first() -> None:
    assert ranks_of(problem(0, gallery=1, classes=1)) == [[1]] * 7


@pytest.mark.parametrize("side", ["query", "gallery"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_features_that_are_not_finite_are_refused(side: str, wrong: float) -> None:
    data = problem(0)
    data[0 if side == "query" else 1][3, 2] = wrong

    with pytest.raises(DataError, match=rf"{side} feature 3 is not finite \(1 of"):
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
    queries, gallery, query_labels, gallery_labels = problem(0)

    with pytest.raises(ValueError, match="differ in dimension: 5 and 6"):
        ranks_of((queries[:, :5], gallery, query_labels, gallery_labels))
    with pytest.raises(ValueError, match=r"labels \[n\]"):
        ranks_of((queries, gallery, query_labels[:2], gallery_labels))
