"""Metrics of one query against worked examples, the loops, scikit-learn and torchmetrics."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score  # type: ignore[import-untyped]
from torchmetrics.functional.retrieval import retrieval_average_precision, retrieval_precision

from inkseek.evaluation.metrics import average_precision, precision_at
from inkseek.evaluation.protocols import PROTOCOLS
from tests.reference import metrics_reference as reference

STANDARD, SAKE = PROTOCOLS["standard"], PROTOCOLS["sake"]
CUTS = (1, 5, 25, 100, None)

rankings = st.lists(st.integers(0, 1), min_size=1, max_size=150).filter(any)
cuts = st.sampled_from(CUTS)
protocols = st.sampled_from(sorted(PROTOCOLS))


def ranks_of(relevance: list[int]) -> NDArray[np.int64]:
    return np.flatnonzero(relevance) + 1


@pytest.mark.parametrize(
    ("protocol", "cut", "expected"),
    [
        ("sake", 5, 0.625),  # hits 1, 3, 4: envelope 1, 3/4, 3/4, over min(5, 4)
        ("standard", 5, 0.6042),  # 1 + 2/3 + 3/4, over 4
        ("sake", None, 0.75),
        ("standard", None, 0.7292),
        ("sake", 8, 0.75),
        ("standard", 1000, 0.7292),
        ("standard", 2, 0.5),  # one hit, over min(2, 4)
    ],
)
def test_worked_example(protocol: str, cut: int | None, expected: float) -> None:
    ranks = ranks_of([1, 0, 1, 1, 0, 0, 0, 1])

    assert average_precision(ranks, 8, cut, PROTOCOLS[protocol]) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(("cut", "expected"), [(1, 1.0), (2, 0.5), (5, 0.6), (8, 0.5), (200, 0.5)])
def test_worked_example_of_precision(cut: int, expected: float) -> None:
    assert precision_at(ranks_of([1, 0, 1, 1, 0, 0, 0, 1]), cut, 8) == pytest.approx(expected)


def test_envelope_stays_inside_the_cut() -> None:
    ranks = ranks_of([0, 1, 1, 1, 1, 1])

    assert average_precision(ranks, 6, 2, SAKE) == pytest.approx(0.5 / 2)
    assert average_precision(ranks, 6, None, SAKE) == pytest.approx(5 / 6)


@pytest.mark.parametrize("relevance_of_rank_201", [0, 1])
def test_precision_at_200_is_not_the_relevance_of_rank_201(relevance_of_rank_201: int) -> None:
    first = [1] * 50 + [0] * 150

    assert precision_at(ranks_of([*first, relevance_of_rank_201, 0]), 200, 202) == 0.25


def test_missing_relevant_photos_cost_average_precision_at_a_cut() -> None:
    ranks = np.array([1, *range(9_000, 9_500)])

    assert average_precision(ranks, 17_101, 200, STANDARD) == pytest.approx(1 / 200)
    assert average_precision(ranks, 17_101, 200, SAKE) == pytest.approx(1 / 200)


@given(rankings, cuts, protocols)
def test_average_precision_equals_the_loops(relevance: list[int], cut: int | None, protocol: str) -> None:
    found = average_precision(ranks_of(relevance), len(relevance), cut, PROTOCOLS[protocol])

    assert found == pytest.approx(reference.average_precision(relevance, cut, protocol), abs=1e-12)


@given(rankings, st.sampled_from((1, 5, 25, 100, 200)))
def test_precision_equals_the_loops(relevance: list[int], cut: int) -> None:
    found = precision_at(ranks_of(relevance), cut, len(relevance))

    assert found == pytest.approx(reference.precision_at(relevance, cut), abs=1e-15)


@given(rankings)
def test_standard_equals_scikit_learn(relevance: list[int]) -> None:
    falling = np.arange(len(relevance), 0, -1)

    found = average_precision(ranks_of(relevance), len(relevance), None, STANDARD)

    assert found == pytest.approx(average_precision_score(relevance, falling), abs=1e-12)


@given(rankings, cuts)
def test_standard_equals_torchmetrics_but_for_its_divisor(relevance: list[int], cut: int | None) -> None:
    ranks = ranks_of(relevance)
    last = min(cut or len(relevance), len(relevance))
    positive_scores = torch.arange(len(relevance), 0, -1, dtype=torch.float64)
    hits = int((ranks <= last).sum())

    theirs = retrieval_average_precision(positive_scores, torch.tensor(relevance), top_k=cut).item()

    ours = average_precision(ranks, len(relevance), cut, STANDARD)
    assert ours == pytest.approx(theirs * hits / min(last, len(ranks)), abs=1e-6)


@given(rankings, st.sampled_from((1, 5, 25, 100)))
def test_precision_equals_torchmetrics(relevance: list[int], cut: int) -> None:
    positive_scores = torch.arange(len(relevance), 0, -1, dtype=torch.float64)

    theirs = retrieval_precision(positive_scores, torch.tensor(relevance), top_k=cut, adaptive_k=True).item()

    assert precision_at(ranks_of(relevance), cut, len(relevance)) == pytest.approx(theirs, abs=1e-6)


@given(rankings, cuts)
def test_sake_is_never_below_standard(relevance: list[int], cut: int | None) -> None:
    ranks, size = ranks_of(relevance), len(relevance)

    standard = average_precision(ranks, size, cut, STANDARD)

    assert 0 <= standard <= average_precision(ranks, size, cut, SAKE) + 1e-12 <= 1 + 2e-12


@given(rankings, st.integers(1, 50), protocols)
def test_irrelevant_photos_at_the_end_change_nothing(relevance: list[int], more: int, protocol: str) -> None:
    ranks, size = ranks_of(relevance), len(relevance)

    before = average_precision(ranks, size, None, PROTOCOLS[protocol])

    assert average_precision(ranks, size + more, None, PROTOCOLS[protocol]) == before


@given(rankings, st.sampled_from((1, 5, 25)), protocols)
def test_average_precision_is_at_most_precision_where_photos_suffice(
    relevance: list[int], cut: int, protocol: str
) -> None:
    enough = [*relevance, *[1] * cut]

    found = average_precision(ranks_of(enough), len(enough), cut, PROTOCOLS[protocol])

    assert found <= precision_at(ranks_of(enough), cut, len(enough)) + 1e-12


@given(st.integers(1, 40), st.integers(0, 40), cuts, protocols)
def test_a_perfect_ranking_scores_one(relevant: int, others: int, cut: int | None, protocol: str) -> None:
    found = average_precision(np.arange(1, relevant + 1), relevant + others, cut, PROTOCOLS[protocol])

    assert found == pytest.approx(1)


def test_no_relevant_photo_has_no_average_precision() -> None:
    with pytest.raises(ValueError, match="leave the query out"):
        average_precision(np.array([], dtype=np.int64), 10, None, STANDARD)


@pytest.mark.parametrize("ranks", [[0, 2], [3, 11]])
def test_rank_outside_the_gallery_is_refused(ranks: list[int]) -> None:
    with pytest.raises(ValueError, match=r"1\.\.10"):
        average_precision(np.array(ranks), 10, None, STANDARD)
    with pytest.raises(ValueError, match=r"1\.\.10"):
        precision_at(np.array(ranks), 5, 10)


def test_cut_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        precision_at(np.array([1]), 0, 10)
