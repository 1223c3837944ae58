"""Equality with scikit-learn, torchmetrics and ranx where their definition is one of ours, and where it is not.

| theirs                                                     | ours                                              |
|------------------------------------------------------------|---------------------------------------------------|
| scikit-learn average_precision_score, first k photos alone | AP@k of sempcyc and doodle, ties grouped          |
| torchmetrics retrieval_average_precision, positive scores  | AP@k of sempcyc and doodle, without ties          |
| torchmetrics retrieval_precision, adaptive_k               | P@k of standard, sake, sempcyc                    |
| torchmetrics retrieval_r_precision                         | P@N of zse                                        |
| ranx map (no cut)                                          | AP at all of standard                             |
| ranx map@k                                                 | AP@k of standard, but divided by R                |
| ranx precision@k                                           | P@k of standard, where the gallery holds k photos |
"""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score  # type: ignore[import-untyped]
from torchmetrics.functional.retrieval import (
    retrieval_average_precision,
    retrieval_precision,
    retrieval_r_precision,
)

from tests.evaluation.rankings import Ranking, found_in, found_with_ties, relevances, tied_rankings
from tests.evaluation.test_metrics import ap, precision

CUTS = (1, 2, 5, 25, 100, None)

cuts = st.sampled_from(CUTS)


def positive(relevance: list[int]) -> torch.Tensor:
    return torch.arange(len(relevance), 0, -1, dtype=torch.float64)


@given(tied_rankings(), cuts, st.sampled_from(("sempcyc", "doodle")))
def test_scikit_learn_on_the_first_photos_alone(ranking: Ranking, cut: int | None, protocol: str) -> None:
    relevance, scores = ranking.relevance[:cut], ranking.scores[:cut]

    ours = ap(found_with_ties(ranking), cut, protocol)

    assert ours == pytest.approx(average_precision_score(relevance, scores) if any(relevance) else 0, abs=1e-6)


@given(relevances)
def test_scikit_learn_on_the_whole_ranking_is_standard(relevance: list[int]) -> None:
    theirs = average_precision_score(relevance, np.arange(len(relevance), 0, -1))

    assert ap(found_in(relevance), None, "standard") == pytest.approx(theirs, abs=1e-6)


@given(relevances, cuts, st.sampled_from(("sempcyc", "doodle")))
def test_torchmetrics_average_precision_of_positive_scores(
    relevance: list[int], cut: int | None, protocol: str
) -> None:
    theirs = retrieval_average_precision(positive(relevance), torch.tensor(relevance), top_k=cut).item()

    assert ap(found_in(relevance), cut, protocol) == pytest.approx(theirs, abs=1e-6)


@given(relevances, st.sampled_from((1, 5, 25, 100)), st.sampled_from(("standard", "sake", "sempcyc")))
def test_torchmetrics_precision(relevance: list[int], cut: int, protocol: str) -> None:
    theirs = retrieval_precision(positive(relevance), torch.tensor(relevance), top_k=cut, adaptive_k=True).item()

    assert precision(found_in(relevance), cut, protocol) == pytest.approx(theirs, abs=1e-6)


@given(relevances)
def test_torchmetrics_r_precision(relevance: list[int]) -> None:
    theirs = retrieval_r_precision(positive(relevance), torch.tensor(relevance)).item()

    assert precision(found_in(relevance), len(relevance), "zse") == pytest.approx(theirs, abs=1e-6)


@pytest.mark.slow
def test_ranx() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ranx import Qrels, Run, evaluate  # type: ignore[import-untyped]

    random = np.random.default_rng(0)
    rankings = {f"q{number:02}": [*random.integers(0, 2, random.integers(5, 60)).tolist(), 1] for number in range(40)}
    qrels = Qrels({query: {f"p{i}": 1 for i, hit in enumerate(row) if hit} for query, row in rankings.items()})
    run = Run({query: {f"p{i}": 1 / (i + 1) for i in range(len(row))} for query, row in rankings.items()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = evaluate(qrels, run, ["map", "map@5", "precision@5"], return_mean=False)

    found = {query: found_in(row) for query, row in rankings.items()}
    ours = {
        "map": [ap(ranks, None, "standard") for ranks in found.values()],
        "map@5": [ap(found[query], 5, "standard") * min(5, sum(row)) / sum(row) for query, row in rankings.items()],
        "precision@5": [precision(ranks, 5, "standard") for ranks in found.values()],
    }
    for metric, values in ours.items():
        assert list(theirs[metric]) == pytest.approx(values, abs=1e-6), metric
