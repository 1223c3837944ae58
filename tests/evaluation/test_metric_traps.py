"""One ranking, one name, many values: what every definition in use makes of the same case, frozen.

The case of most tests: 17,101 photos, 684 of them relevant. One is found first, 49 more at ranks 2 to 50, one at rank
201, and all others behind rank 9,000.
"""

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score  # type: ignore[import-untyped]
from torchmetrics.functional.retrieval import retrieval_average_precision

from inkseek.evaluation.protocols import PROTOCOLS
from inkseek.evaluation.ranks import RelevantRanks
from tests.evaluation.test_metrics import ap, precision

SIZE, RELEVANT = 17_101, 684


def found(*first: int) -> RelevantRanks:
    ranks = np.array([[*first, *range(9_001, 9_001 + RELEVANT - len(first))]])
    return RelevantRanks.without_ties(ranks, SIZE)


FIFTY_AND_201 = found(*range(1, 51), 201)


def test_precision_at_200_is_not_the_relevance_of_rank_201() -> None:
    assert {name: precision(FIFTY_AND_201, 200, name) for name in PROTOCOLS} == {
        "standard": 0.25,
        "sake": 0.25,
        "sempcyc": 0.25,
        "doodle": 1.0,
        "zse": 0.25,
    }
    assert precision(found(*range(1, 51)), 200, "doodle") == 0.0


def test_precision_cut_at_the_number_of_relevant_photos() -> None:
    """R = 20, all at ranks 1 to 20: a perfect ranking, of which P@200 cannot say so."""
    perfect = RelevantRanks.without_ties(np.arange(1, 21)[np.newaxis], SIZE)

    assert {name: precision(perfect, 200, name) for name in PROTOCOLS} == {
        "standard": 0.1,
        "sake": 0.1,
        "sempcyc": 0.1,
        "doodle": 0.0,
        "zse": 1.0,
    }


def test_a_lone_hit_at_rank_1() -> None:
    """AP@200 over the hits found is 1 for a ranking that misses 683 of 684 photos; over R it is smaller yet."""
    lone = found(1)

    values = {name: ap(lone, 200, name) for name in PROTOCOLS}

    assert values == {"standard": 0.005, "sake": 0.005, "sempcyc": 1.0, "doodle": 1.0, "zse": 0.005}
    assert values["standard"] * 200 / RELEVANT == pytest.approx(0.00146, abs=5e-6)  # TREC, ranx map@200: over R


def test_the_hits_denominator_breaks_the_bound_of_precision() -> None:
    """With R >= 200, AP@200 over min(200, R) is at most P@200; a value above P@200 tells the other denominator."""
    assert ap(FIFTY_AND_201, 200, "sake") == pytest.approx(0.25)
    assert ap(FIFTY_AND_201, 200, "sempcyc") == pytest.approx(1.0)
    assert precision(FIFTY_AND_201, 200, "sempcyc") == 0.25


def test_the_envelope_lifts_a_late_run_of_hits() -> None:
    """A miss, then 199 hits: the first hit counts 1/2, under the envelope 199/200."""
    late = found(*range(2, 201))

    assert ap(late, 200, "standard") == pytest.approx(sum(j / (j + 1) for j in range(1, 200)) / 200)
    assert ap(late, 200, "standard") == pytest.approx(0.9706, abs=5e-5)
    assert ap(late, 200, "sake") == pytest.approx(199 / 200 * 199 / 200)


def test_torchmetrics_takes_photos_of_negative_scores_for_irrelevant() -> None:
    """A perfect ranking by cosine, all cosines negative: 0 there, 1 from 1 + cosine, and here no score is looked at."""
    cosine = torch.tensor([-0.1, -0.2, -0.3, -0.4])
    relevance = torch.tensor([1, 1, 0, 0])

    assert retrieval_average_precision(cosine, relevance).item() == 0
    assert retrieval_average_precision(1 + cosine, relevance).item() == 1
    perfect = RelevantRanks.without_ties(np.array([[1, 2]]), 4)
    assert [ap(perfect, None, name) for name in PROTOCOLS] == [1] * 5


def test_scikit_learn_on_the_whole_ranking_is_not_scikit_learn_on_its_beginning() -> None:
    relevance = np.zeros(SIZE, dtype=int)
    relevance[FIFTY_AND_201.ranks - 1] = 1
    scores = np.arange(SIZE, 0, -1)

    assert average_precision_score(relevance, scores) == pytest.approx(ap(FIFTY_AND_201, None, "sempcyc"), abs=1e-9)
    assert average_precision_score(relevance[:200], scores[:200]) == ap(FIFTY_AND_201, 200, "sempcyc") == 1
    late = sum((52 + i) / (9_001 + i) for i in range(RELEVANT - 51))
    assert ap(FIFTY_AND_201, None, "sempcyc") == pytest.approx((50 + 51 / 201 + late) / RELEVANT)
    assert ap(FIFTY_AND_201, None, "sempcyc") == pytest.approx(0.1097, abs=5e-5)
