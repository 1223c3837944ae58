"""Scores of a block of queries against the gallery, in float32."""

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import DataError
from inkseek.retrieval.features import check_finite

Features = NDArray[np.floating]

LARGEST = 1e15
"""Largest feature value; its square, summed over any dimension, is far from float32's limit of 3e38."""


class NegatedScores:
    """Inner products of queries and photos, negated, so that the closest photo has the least value.

    Photos with the same features have the same score, whatever kernel of the matrix product each fell to: a photo's
    second copy in a gallery takes the score of the first.

    Args:
        query_features: [q, d].
        gallery_features: [g, d].

    Raises:
        DataError: a feature is not finite or holds a value above 1e15, or a side is empty.
        ValueError: the shapes disagree.
    """

    def __init__(self, query_features: Features, gallery_features: Features) -> None:
        _check(query_features, "query")
        _check(gallery_features, "gallery")
        if query_features.shape[1] != gallery_features.shape[1]:
            raise ValueError(f"features differ in dimension: {query_features.shape[1]} and {gallery_features.shape[1]}")
        self._queries = query_features
        self._gallery = np.ascontiguousarray(gallery_features, dtype=np.float32)
        self._copies, self._originals = _copies(self._gallery)

    def __call__(self, queries: NDArray[np.intp]) -> NDArray[np.float32]:
        """float32 [b, g] for query positions [b]."""
        rows = -self._queries[queries].astype(np.float32)
        scores: NDArray[np.float32] = rows @ self._gallery.T
        if self._copies.size:
            scores[:, self._copies] = scores[:, self._originals]
        return scores


def check_labels(labels: NDArray[np.integer], count: int, side: str) -> None:
    """Raise ValueError unless there is one label for each of `count` pictures."""
    if labels.shape != (count,):
        raise ValueError(f"{side}: labels must be [n] for {count} pictures, not {list(labels.shape)}")


def _check(features: Features, side: str) -> None:
    if features.ndim != 2:
        raise ValueError(f"{side}: features must be [n, d], not {list(features.shape)}")
    if not features.size:
        raise DataError(f"the {side} holds no picture; give at least one")
    check_finite(features, side)
    largest = max(float(features.max()), -float(features.min()))
    if largest > LARGEST:
        raise DataError(f"a {side} feature holds the value {largest:.3g}; give rows of unit length")


def _copies(features: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions [m] of rows that repeat an earlier row bit by bit, and positions [m] of those earlier rows."""
    rows = features.view(np.dtype((np.void, features.shape[1] * features.itemsize))).ravel()
    _, first, kind = np.unique(rows, return_index=True, return_inverse=True)
    originals = first[kind]
    copies = np.flatnonzero(originals != np.arange(len(features)))
    return copies, originals[copies]
