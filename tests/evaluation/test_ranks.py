"""Ranks of the relevant photos against a full sort in rational arithmetic, ties, and what must not change them."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkseek.evaluation.ranks import RelevantRanks, rank_relevant
from tests.evaluation.problems import Problem, problem, ranks_of, relevance_of, with_ties


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("make", [problem, with_ties])
def test_ranks_equal_a_sort_in_rational_arithmetic(make: Callable[[int], Problem], seed: int) -> None:
    data = make(seed)

    expected = [[rank for rank, hit in enumerate(row, start=1) if hit] for row in relevance_of(data)]

    assert ranks_of(data) == expected


@given(st.integers(0, 1000), st.integers(1, 9))
def test_blocks_change_no_rank(seed: int, block: int) -> None:
    data = with_ties(seed)

    assert ranks_of(data, block) == ranks_of(data, len(data[0])) == ranks_of(data)


levels = st.lists(st.integers(0, 4), min_size=1, max_size=40)


@given(levels, st.data())
def test_ties_keep_the_order_of_the_gallery_and_know_their_ends(values: list[int], data: st.DataObject) -> None:
    relevant = data.draw(st.sets(st.integers(0, len(values) - 1), min_size=1))

    found = rank_relevant(np.array([values, values], dtype=np.float32), np.array(sorted(relevant)))

    order = sorted(range(len(values)), key=lambda position: (values[position], position))
    ranks = [rank for rank, position in enumerate(order, start=1) if position in relevant]
    ends = [sum(value <= values[order[rank - 1]] for value in values) for rank in ranks]
    hits = [sum(position in relevant for position in order[:end]) for end in ends]
    for row in range(2):
        assert found.ranks[row].tolist() == ranks
        assert found.tie_ends[row].tolist() == ends
        assert found.tie_hits[row].tolist() == hits
    assert found.gallery_size == len(values)


def test_rows_with_and_without_ties_are_ranked_together() -> None:
    distances = np.array(
        [
            [3.0, 1.0, 2.0, 4.0],  # no tie
            [1.0, 2.0, 1.0, 2.0],  # two ties of a relevant and another photo
            [2.0, 2.0, 1.0, 1.0],  # two ties, one of relevant photos alone
            [0.0, -0.0, 0.0, 5.0],  # the sign of zero is no difference
        ],
        dtype=np.float32,
    )

    found = rank_relevant(distances, np.array([0, 1]))

    assert found.ranks.tolist() == [[1, 3], [1, 3], [3, 4], [1, 2]]
    assert found.tie_ends.tolist() == [[1, 3], [2, 4], [4, 4], [3, 3]]
    assert found.tie_hits.tolist() == [[1, 2], [1, 2], [2, 2], [2, 2]]


def test_photos_that_are_all_alike_keep_the_order_of_the_gallery() -> None:
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


@pytest.mark.parametrize("ranks", [[[0, 2]], [[3, 11]], [[3, 3]], [[4, 2]], [[]], [1, 2]])
def test_ranks_that_no_ranking_has_are_refused(ranks: list[list[int]]) -> None:
    with pytest.raises(ValueError, match=r"ranks must (rise within 1\.\.10|be \[q, R\])"):
        RelevantRanks.without_ties(np.array(ranks, dtype=np.int64), 10)
