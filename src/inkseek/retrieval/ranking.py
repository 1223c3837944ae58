"""A ranking: which pictures are closest to each query, and how close."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Ranking:
    """The k closest pictures of each query.

    Row i is ordered by falling score; equal scores by rising id, so the same gallery gives the same ranking always.

    Attributes:
        ids: int64 [q, k], picture ids of the gallery.
        scores: float32 [q, k], cosine of query and picture, higher is closer.
    """

    ids: NDArray[np.int64]
    scores: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Check that ids and scores belong together and that no row rises."""
        if self.ids.shape != self.scores.shape or self.ids.ndim != 2:
            raise ValueError(f"ids {self.ids.shape} and scores {self.scores.shape} must both be [queries, k]")
        if (np.diff(self.scores, axis=1) > 0).any():
            raise ValueError("scores of a ranking must not rise from one rank to the next")


def closest_first(ids: NDArray[np.int64], scores: NDArray[np.float32]) -> NDArray[np.intp]:
    """Positions of `ids` [n] ordered by falling `scores` [n], equal scores by rising id."""
    return np.lexsort((ids, -scores))
