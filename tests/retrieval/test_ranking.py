import numpy as np
import pytest

from inkseek.retrieval.ranking import Ranking, closest_first


def test_equal_scores_are_ordered_by_id() -> None:
    ids = np.array([7, 3, 9, 1])
    scores = np.array([0.5, 0.5, 0.9, 0.5], np.float32)
    assert ids[closest_first(ids, scores)].tolist() == [9, 1, 3, 7]


def test_a_ranking_never_rises() -> None:
    ids = np.array([[1, 2]])
    Ranking(ids, np.array([[0.5, 0.5]], np.float32))
    with pytest.raises(ValueError, match="must not rise"):
        Ranking(ids, np.array([[0.4, 0.5]], np.float32))


def test_ids_and_scores_belong_together() -> None:
    with pytest.raises(ValueError, match=r"must both be \[queries, k\]"):
        Ranking(np.array([[1, 2]]), np.array([[0.5]], np.float32))
