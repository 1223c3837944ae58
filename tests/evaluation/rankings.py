"""Rankings written down as relevance and scores, in the form that the metrics take."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from inkseek.evaluation.ranks import RelevantRanks, rank_relevant


@dataclass(frozen=True)
class Ranking:
    """Relevance and scores down one ranking; the scores fall, equal ones tie."""

    relevance: list[int]
    scores: list[float]


def found_in(relevance: Sequence[int]) -> RelevantRanks:
    """Ranks in one ranking without ties."""
    return RelevantRanks.without_ties(np.flatnonzero(relevance)[np.newaxis] + 1, len(relevance))


def found_with_ties(ranking: Ranking) -> RelevantRanks:
    """Ranks in one ranking in which equal scores tie."""
    distances = -np.array([ranking.scores], dtype=np.float32)
    return rank_relevant(distances, np.flatnonzero(ranking.relevance))


relevances = st.lists(st.integers(0, 1), min_size=1, max_size=150).filter(any)


@st.composite
def tied_rankings(draw: st.DrawFn, most: int = 60, levels: int = 12) -> Ranking:
    """Rankings of few different scores."""
    relevance = draw(st.lists(st.integers(0, 1), min_size=1, max_size=most).filter(any))
    scores = draw(st.lists(st.integers(1, levels), min_size=len(relevance), max_size=len(relevance)))
    return Ranking(relevance, sorted(map(float, scores), reverse=True))
