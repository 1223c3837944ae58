"""Ranks of the relevant photos of a query, from its distances to all photos.

A distance is anything of which less is closer: a negated score, or a number of differing bits. One sort of a row's
values and one search of the relevant ones in it give the ranks; no position is sorted along, except where a relevant
photo ties with one that is not.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

Distances = NDArray[Any]
Ranks = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RelevantRanks:
    """Where each of `q` queries meets its `R` relevant photos among `N`; all that a metric may know of a ranking.

    Photos at equal distance keep the order of the gallery: `ranks`. The two other arrays say how far such a tie goes,
    for definitions that look at it as a whole; without ties they equal `ranks` and 1, 2, ..., R.

    Attributes:
        ranks: int64 [q, R], rising along a row, counted from 1.
        tie_ends: int64 [q, R], the last rank of the photos at this one's distance.
        tie_hits: int64 [q, R], relevant photos among the ranks up to `tie_ends`.
        gallery_size: `N`.
    """

    ranks: Ranks
    tie_ends: Ranks
    tie_hits: Ranks
    gallery_size: int

    @classmethod
    def without_ties(cls, ranks: Ranks, gallery_size: int) -> Self:
        """Rankings in which no two photos are at equal distance.

        Raises:
            ValueError: ranks do not rise within 1..N, or there are none.
        """
        if ranks.ndim != 2 or not ranks.shape[1]:
            raise ValueError(f"ranks must be [q, R] with R of 1 at least, not {list(ranks.shape)}")
        if ranks.min() < 1 or ranks.max() > gallery_size or (np.diff(ranks, axis=1) < 1).any():
            raise ValueError(f"ranks must rise within 1..{gallery_size}")
        return cls(ranks, ranks, np.broadcast_to(np.arange(1, ranks.shape[1] + 1), ranks.shape), gallery_size)


def rank_relevant(distances: Distances, relevant: NDArray[np.intp]) -> RelevantRanks:
    """Rank the gallery of each query; equal distances keep the order of the gallery.

    `rank = 1 + #{strictly closer} + #{as close, and before it in the gallery}`.

    Args:
        distances: [q, g] of queries with the same relevant photos.
        relevant: [R] rising positions of these photos in the gallery.
    """
    ordered = np.sort(distances, axis=1)
    own = np.sort(distances.take(relevant, axis=1), axis=1)
    closer = search_rows(ordered, own)
    size = ordered.shape[1]
    # The next value in order shows a tie; the last one is its own neighbour, a tie of one.
    tied = np.take_along_axis(ordered, np.minimum(closer + 1, size - 1), axis=1) == own
    ranks = closer + 1
    tie_ends = ranks.copy()
    tie_hits = np.tile(np.arange(1, own.shape[1] + 1), (len(own), 1))
    if tied.any():
        _resolve_ties(RelevantRanks(ranks, tie_ends, tie_hits, size), tied, distances, ordered, relevant)
    return RelevantRanks(ranks, tie_ends, tie_hits, size)


def search_rows(ordered: Distances, values: Distances, side: Literal["left", "right"] = "left") -> Ranks:
    """How many of a row's rising values lie before each of the wanted ones: [q, g] and [q, n] -> int64 [q, n]."""
    found = np.empty(values.shape, dtype=np.int64)
    for row, (all_of_row, wanted) in enumerate(zip(ordered, values, strict=True)):
        found[row] = all_of_row.searchsorted(wanted, side)
    return found


def _resolve_ties(
    found: RelevantRanks, tied: NDArray[np.bool_], distances: Distances, ordered: Distances, relevant: NDArray[np.intp]
) -> None:
    """Write what a tie changes for the relevant photos marked in `tied` [q, R]; their ranks are still its first.

    A tie among relevant photos alone is counted; one with other photos is looked up in the gallery's order.
    """
    rows, places = np.nonzero(tied)
    closer = found.ranks[rows, places] - 1
    first = np.flatnonzero((np.diff(rows, prepend=-1) != 0) | (np.diff(closer, prepend=-1) != 0))
    hits = np.diff(first, append=len(rows))
    row_of, closer_of = rows[first], closer[first]
    found.ranks[rows, places] += np.arange(len(rows)) - np.repeat(first, hits)
    found.tie_hits[rows, places] = np.repeat(places[first] + hits, hits)
    ends = _tie_ends(ordered, row_of, closer_of)
    found.tie_ends[rows, places] = np.repeat(ends, hits)
    mixed = ends - closer_of != hits
    is_relevant = np.zeros(distances.shape[1], dtype=bool)
    is_relevant[relevant] = True
    for group in np.flatnonzero(mixed):
        row, place = row_of[group], places[first[group]]
        alike = np.flatnonzero(distances[row] == ordered[row, closer_of[group]])
        own = np.flatnonzero(is_relevant[alike])
        found.ranks[row, place : place + hits[group]] = closer_of[group] + 1 + own


def _tie_ends(ordered: Distances, rows: NDArray[np.intp], closer: Ranks) -> Ranks:
    """[t] last ranks of ties [t] that begin after `closer` photos of their row."""
    ends = np.empty(len(rows), dtype=np.int64)
    bounds = np.searchsorted(rows, np.arange(len(ordered) + 1))
    for row, (start, stop) in enumerate(pairwise(bounds)):
        ends[start:stop] = ordered[row].searchsorted(ordered[row, closer[start:stop]], "right")
    return ends
