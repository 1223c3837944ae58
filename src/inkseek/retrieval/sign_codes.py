"""Binary codes of a gallery's vectors that need no training: one bit a value, 1 where it is above the gallery's mean.

A code is a sixteenth of its float16 vector. No rotation comes first: on features of our encoders it finds no more of
the closest pictures, and a product with a d x d matrix for every picture is most of the cost.
"""

import numpy as np
from numpy.typing import NDArray

SAMPLED_ROWS = 8192
"""Vectors, evenly spaced, that the mean is taken of."""

BLOCK_ROWS = 4096


def thresholds(vectors: NDArray[np.float16]) -> NDArray[np.float16]:
    """The mean [d] of evenly spaced rows of vectors [n, d]; zero of none."""
    if not len(vectors):
        return np.zeros(vectors.shape[1], np.float16)
    sample = vectors[:: -(-len(vectors) // SAMPLED_ROWS)]
    mean: NDArray[np.float64] = sample.mean(axis=0, dtype=np.float64)
    return mean.astype(np.float16)


def sign_codes(features: NDArray[np.floating], above: NDArray[np.float16]) -> NDArray[np.uint8]:
    """Packed codes uint8 [n, ceil(d / 8)] of features [n, d]: bit i is 1 where value i is above threshold i."""
    codes = np.empty((len(features), -(-features.shape[1] // 8)), np.uint8)
    for start in range(0, len(features), BLOCK_ROWS):
        codes[start : start + BLOCK_ROWS] = np.packbits(features[start : start + BLOCK_ROWS] > above, axis=1)
    return codes
