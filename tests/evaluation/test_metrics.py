"""Metrics of one query against a worked example, the loops and what every definition implies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkseek.evaluation.metrics import average_precision, precision_at
from inkseek.evaluation.protocols import PROTOCOLS
from inkseek.evaluation.ranks import RelevantRanks
from tests.evaluation.rankings import Ranking, found_in, found_with_ties, relevances, tied_rankings
from tests.reference import metrics_reference as reference

CUTS = (1, 5, 25, 100, None)
WORKED = [1, 0, 1, 1, 0, 0, 0, 1]
"""R = 4; precision at the hits: 1, 2/3, 3/4, 1/2; envelope over the whole list: 1, 3/4, 3/4, 1/2."""

cuts = st.sampled_from(CUTS)
protocols = st.sampled_from(sorted(PROTOCOLS))


def ap(found: RelevantRanks, cut: int | None, protocol: str) -> float:
    (value,) = average_precision(found, cut, PROTOCOLS[protocol].ap)
    return float(value)


def precision(found: RelevantRanks, cut: int, protocol: str) -> float:
    (value,) = precision_at(found, cut, PROTOCOLS[protocol].precision)
    return float(value)


@pytest.mark.parametrize(
    ("protocol", "cut", "expected"),
    [
        ("standard", 5, 0.6042),  # (1 + 2/3 + 3/4) / 4
        ("sake", 5, 0.625),  # (1 + 3/4 + 3/4) / 4
        ("sempcyc", 5, 0.8056),  # (1 + 2/3 + 3/4) / 3
        ("doodle", 5, 0.8056),
        ("zse", 5, 0.625),
        ("standard", None, 0.7292),  # (1 + 2/3 + 3/4 + 1/2) / 4
        ("sake", None, 0.75),  # (1 + 3/4 + 3/4 + 1/2) / 4
        ("sempcyc", None, 0.7292),
        ("doodle", None, 0.7292),
        ("zse", None, 0.75),
        ("sake", 8, 0.75),
        ("standard", 1000, 0.7292),
        ("standard", 2, 0.5),  # one hit, over min(2, 4)
        ("sake", 2, 0.5),
        ("sempcyc", 2, 1.0),  # one hit, over one hit
    ],
)
def test_worked_example(protocol: str, cut: int | None, expected: float) -> None:
    assert ap(found_in(WORKED), cut, protocol) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        # cut           1    2    5    7    8    200
        ("standard", [1.0, 0.5, 0.6, 3 / 7, 0.5, 0.5]),
        ("sake", [1.0, 0.5, 0.6, 3 / 7, 0.5, 0.5]),
        ("sempcyc", [1.0, 0.5, 0.6, 3 / 7, 0.5, 0.5]),
        ("zse", [1.0, 0.5, 0.75, 0.75, 0.75, 0.75]),  # never beyond rank 4 = R
        ("doodle", [0.0, 1.0, 0.0, 1.0, 0.0, 0.0]),  # ranks 2, 3, 6, 8, and two that do not exist
    ],
)
def test_worked_example_of_precision(protocol: str, expected: list[float]) -> None:
    found = found_in(WORKED)

    assert [precision(found, cut, protocol) for cut in (1, 2, 5, 7, 8, 200)] == pytest.approx(expected)


def test_worked_example_with_a_tie() -> None:
    """Ranks 2 to 4 tie. Grouped, the hits there count 3/4, the precision at rank 4; cut at 3, 2/3, that at rank 3."""
    found = found_with_ties(Ranking(WORKED, [9, 8, 8, 8, 7, 6, 5, 4]))

    assert ap(found, None, "sempcyc") == pytest.approx((1 + 3 / 4 + 3 / 4 + 1 / 2) / 4)
    assert ap(found, 3, "sempcyc") == pytest.approx((1 + 2 / 3) / 2)
    assert ap(found, None, "standard") == pytest.approx((1 + 2 / 3 + 3 / 4 + 1 / 2) / 4)


def test_envelope_stays_inside_the_cut() -> None:
    found = found_in([0, 1, 1, 1, 1, 1])

    assert ap(found, 2, "sake") == pytest.approx(0.5 / 2)
    assert ap(found, None, "sake") == pytest.approx(5 / 6)


@given(relevances, cuts, protocols)
def test_average_precision_equals_the_loops(relevance: list[int], cut: int | None, protocol: str) -> None:
    found = ap(found_in(relevance), cut, protocol)

    assert found == pytest.approx(reference.average_precision(relevance, cut, protocol), abs=1e-12)


@given(tied_rankings(), st.sampled_from((1, 2, 3, 5, 25, None)), protocols)
def test_average_precision_of_ties_equals_the_loops(ranking: Ranking, cut: int | None, protocol: str) -> None:
    expected = reference.average_precision(ranking.relevance, cut, protocol, ranking.scores)

    assert ap(found_with_ties(ranking), cut, protocol) == pytest.approx(expected, abs=1e-12)


@given(relevances, st.sampled_from((1, 5, 25, 100, 200)), protocols)
def test_precision_equals_the_loops(relevance: list[int], cut: int, protocol: str) -> None:
    found = precision(found_in(relevance), cut, protocol)

    assert found == pytest.approx(reference.precision_at(relevance, cut, protocol), abs=1e-15)


@given(relevances, cuts)
def test_standard_is_the_least_of_the_three(relevance: list[int], cut: int | None) -> None:
    found = found_in(relevance)

    standard = ap(found, cut, "standard")

    assert standard <= ap(found, cut, "sake") + 1e-12
    assert standard <= ap(found, cut, "sempcyc") + 1e-12


@given(relevances, cuts, protocols)
def test_values_lie_between_0_and_1(relevance: list[int], cut: int | None, protocol: str) -> None:
    found = found_in(relevance)

    assert 0 <= ap(found, cut, protocol) <= 1 + 1e-12
    assert 0 <= precision(found, cut or 200, protocol) <= 1


@given(st.lists(st.integers(0, 1), min_size=20, max_size=150), st.integers(1, 12))
def test_average_precision_is_at_most_precision_where_enough_photos_are_relevant(
    relevance: list[int], cut: int
) -> None:
    found = found_in(relevance + [1] * cut)

    assert ap(found, cut, "sake") <= precision(found, cut, "sake") + 1e-12


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("cut", CUTS)
def test_a_perfect_ranking_is_1(protocol: str, cut: int | None) -> None:
    assert ap(found_in([1] * 30 + [0] * 70), cut, protocol) == pytest.approx(1)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_query_without_a_hit_within_the_cut_is_0(protocol: str) -> None:
    found = found_in([0] * 30 + [1])

    assert ap(found, 25, protocol) == 0
    assert precision(found, 25, protocol) == 0


def test_queries_are_measured_side_by_side() -> None:
    ranks = np.array([[1, 3, 4, 8], [1, 2, 3, 4], [5, 6, 7, 8]])
    together = RelevantRanks.without_ties(ranks, 8)

    for protocol in PROTOCOLS.values():
        values = average_precision(together, 5, protocol.ap)
        alone = [average_precision(RelevantRanks.without_ties(row[np.newaxis], 8), 5, protocol.ap)[0] for row in ranks]
        np.testing.assert_array_equal(values, alone)


def test_a_cut_below_one_is_refused() -> None:
    found = found_in([1, 0])

    with pytest.raises(ValueError, match="at least 1"):
        average_precision(found, 0, PROTOCOLS["standard"].ap)
    with pytest.raises(ValueError, match="at least 1"):
        precision_at(found, 0, "gallery")
