"""Metrics over all orders inside ties, from the sizes of the ties: Hamming distances tie by the hundred.

One query's photos fall into groups of equal distance, from the closest: group `c` holds `n_c` photos, `r_c` of them
relevant, behind `t_c = n_1 + ... + n_{c-1}` photos and `b_c = r_1 + ... + r_{c-1}` relevant ones.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkseek.evaluation.metrics import Values
from inkseek.evaluation.ranks import RelevantRanks

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TiedGroups:
    """Groups of equal distance of `q` queries with the same number of relevant photos.

    Attributes:
        photos: int64 [q, c], `t_c + n_c`: photos up to and with each group; the last column is the gallery's size.
        hits: int64 [q, c], `b_c + r_c`: relevant ones among them; the last column is `R`, at least 1.
    """

    photos: Counts
    hits: Counts

    @property
    def gallery_size(self) -> int:
        """`N`."""
        return int(self.photos[0, -1])

    @property
    def relevant(self) -> int:
        """`R`."""
        return int(self.hits[0, -1])


def expected_average_precision(groups: TiedGroups, cut: int | None) -> Values:
    """Mean of AP@k, `sum_{i<=k} r_i P(i) / min(k, R)`, over all orders inside the groups; float64 [q].

    In a random order, rank `i` of group `c` is a hit with probability `r_c / n_c`, and then `b_c + 1` hits are certain
    up to it, and `(i - t_c - 1)(r_c - 1)/(n_c - 1)` more are expected. With harmonic numbers `H`, `m` the last rank of
    the group within the cut, and `s = (r_c - 1)/(n_c - 1)`, the sum over the group's ranks is

        (r_c / n_c) ((b_c + 1 - s (t_c + 1)) (H_m - H_{t_c}) + s (m - t_c)).

    Source: McSherry and Najork, Computing Information Retrieval Performance Measures Efficiently in the Presence of
    Tied Scores (ECIR 2008), section on average precision.

    Args:
        groups: of every query.
        cut: `k`; None, or more than `N`, means the whole gallery.
    """
    last = groups.gallery_size if cut is None else min(cut, groups.gallery_size)
    before, hits_before = _before(groups.photos), _before(groups.hits)
    photos, hits = groups.photos - before, groups.hits - hits_before
    end, start = np.minimum(groups.photos, last), np.minimum(before, last)
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, groups.gallery_size + 1))])
    slope = (hits - 1) / np.maximum(photos - 1, 1)
    share = hits / np.maximum(photos, 1)
    sums = (hits_before + 1 - slope * (before + 1)) * (harmonic[end] - harmonic[start]) + slope * (end - start)
    values: Values = (share * sums).sum(axis=1) / min(last, groups.relevant)
    return values


def expected_precision(groups: TiedGroups, cut: int) -> Values:
    """Mean of P@k, `(1 / min(k, N)) sum_{i<=k} r_i`, over all orders inside the groups; float64 [q].

    A group gives the share of its photos that lies within the cut of its hits.

    Args:
        groups: of every query.
        cut: `k`.
    """
    last = min(cut, groups.gallery_size)
    before = _before(groups.photos)
    photos, hits = groups.photos - before, groups.hits - _before(groups.hits)
    within = np.minimum(groups.photos, last) - np.minimum(before, last)
    values: Values = (hits * within / np.maximum(photos, 1)).sum(axis=1) / last
    return values


def best_ranks(groups: TiedGroups) -> RelevantRanks:
    """The order in which the relevant photos of each group come first."""
    place, group = _places(groups)
    rows = np.arange(len(group))[:, np.newaxis]
    before, hits_before = _before(groups.photos), _before(groups.hits)
    ranks = before[rows, group] + place - hits_before[rows, group]
    return RelevantRanks.without_ties(ranks, groups.gallery_size)


def worst_ranks(groups: TiedGroups) -> RelevantRanks:
    """The order in which the relevant photos of each group come last."""
    place, group = _places(groups)
    rows = np.arange(len(group))[:, np.newaxis]
    ranks = groups.photos[rows, group] - (groups.hits[rows, group] - place)
    return RelevantRanks.without_ties(ranks, groups.gallery_size)


def _before(upto: Counts) -> Counts:
    """The counts up to each group without the group itself."""
    return np.concatenate([np.zeros_like(upto[:, :1]), upto[:, :-1]], axis=1)


def _places(groups: TiedGroups) -> tuple[Counts, Counts]:
    """1, ..., R [R], and the group [q, R] in which each query meets its j-th relevant photo."""
    place = np.arange(1, groups.relevant + 1)
    return place, np.stack([row.searchsorted(place) for row in groups.hits])
