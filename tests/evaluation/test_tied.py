"""Metrics over all orders inside ties against every order, one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkseek.evaluation.metrics import average_precision
from inkseek.evaluation.protocols import BEST, TEXTBOOK
from inkseek.evaluation.tied import (
    TiedGroups,
    best_ranks,
    expected_average_precision,
    expected_precision,
    worst_ranks,
)
from tests.evaluation.rankings import Ranking, found_in, tied_rankings
from tests.reference import metrics_reference as reference

CUTS = (1, 2, 3, 5, None)

cuts = st.sampled_from(CUTS)
short_rankings = tied_rankings(most=7, levels=3)


def groups_of(*rankings: Ranking) -> TiedGroups:
    """Groups by score, with the empty groups that distances have which nothing lies at."""
    levels = range(int(max(max(ranking.scores) for ranking in rankings)) + 1, -1, -1)
    photos = [[sum(score >= level for score in ranking.scores) for level in levels] for ranking in rankings]
    hits = [
        [
            sum(hit for hit, score in zip(ranking.relevance, ranking.scores, strict=True) if score >= level)
            for level in levels
        ]
        for ranking in rankings
    ]
    return TiedGroups(np.array(photos), np.array(hits))


@given(short_rankings, cuts)
def test_average_precision_equals_the_mean_over_all_orders(ranking: Ranking, cut: int | None) -> None:
    orders = list(reference.orders_within_ties(ranking.relevance, ranking.scores))
    expected = np.mean([reference.average_precision(order, cut, "standard") for order in orders])

    (found,) = expected_average_precision(groups_of(ranking), cut)

    assert found == pytest.approx(expected, abs=1e-12)


@given(short_rankings, st.sampled_from((1, 2, 3, 5, 9)))
def test_precision_equals_the_mean_over_all_orders(ranking: Ranking, cut: int) -> None:
    orders = list(reference.orders_within_ties(ranking.relevance, ranking.scores))

    (found,) = expected_precision(groups_of(ranking), cut)

    assert found == pytest.approx(np.mean([reference.precision_at(order, cut) for order in orders]), abs=1e-12)


@given(short_rankings, cuts)
def test_best_and_worst_are_the_ends_of_the_range(ranking: Ranking, cut: int | None) -> None:
    values = [
        reference.average_precision(order, cut, "standard")
        for order in reference.orders_within_ties(ranking.relevance, ranking.scores)
    ]
    groups = groups_of(ranking)

    (best,) = average_precision(best_ranks(groups), cut, BEST.ap)
    (worst,) = average_precision(worst_ranks(groups), cut, BEST.ap)

    assert (best, worst) == pytest.approx((max(values), min(values)), abs=1e-12)


def test_one_tie_of_everything() -> None:
    """One relevant photo of two: first or second, so AP 1 or 1/2; P@1 1 or 0."""
    groups = groups_of(Ranking([1, 0], [1, 1]))

    assert expected_average_precision(groups, None) == pytest.approx([0.75])
    assert expected_average_precision(groups, 1) == pytest.approx([0.5])
    assert expected_precision(groups, 1) == pytest.approx([0.5])


@given(st.lists(st.integers(0, 1), min_size=1, max_size=100).filter(any), cuts)
def test_without_ties_it_is_the_standard_value(relevance: list[int], cut: int | None) -> None:
    groups = groups_of(Ranking(relevance, [float(score) for score in range(len(relevance), 0, -1)]))

    (found,) = expected_average_precision(groups, cut)

    assert found == pytest.approx(average_precision(found_in(relevance), cut, TEXTBOOK)[0], abs=1e-12)


def test_queries_are_measured_side_by_side() -> None:
    rankings = [Ranking([1, 0, 1, 0], [2, 2, 1, 1]), Ranking([0, 0, 1, 1], [3, 1, 1, 1])]

    together = expected_average_precision(groups_of(*rankings), 3)

    assert together.tolist() == pytest.approx(
        [expected_average_precision(groups_of(ranking), 3)[0] for ranking in rankings]
    )


def test_large_ties_stay_exact() -> None:
    """A million photos in one tie: rank i is a hit with probability R/N, and AP is about R/N as well."""
    photos, hits = 1_000_000, 1_000
    groups = TiedGroups(np.array([[photos]]), np.array([[hits]]))

    (found,) = expected_average_precision(groups, None)

    ranks = np.arange(1, photos + 1, dtype=np.longdouble)
    exact = ((1 + (ranks - 1) * (hits - 1) / (photos - 1)) / ranks).sum() / photos
    assert found == pytest.approx(float(exact), rel=1e-9)
