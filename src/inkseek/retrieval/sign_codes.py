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
    # The sum turns -0 into 0, which `_ordered` would tell apart.
    return mean.astype(np.float16) + np.float16(0)


def sign_codes(features: NDArray[np.floating], above: NDArray[np.float16]) -> NDArray[np.uint8]:
    """Packed codes uint8 [n, ceil(d / 8)] of features [n, d]: bit i is 1 where value i is above `above[i]`."""
    codes = np.empty((len(features), -(-features.shape[1] // 8)), np.uint8)
    for start in range(0, len(features), BLOCK_ROWS):
        block = features[start : start + BLOCK_ROWS].astype(np.float16, copy=False)
        codes[start : start + BLOCK_ROWS] = np.packbits(_ordered(block) > _ordered(above), axis=1)
    return codes


def _ordered(values: NDArray[np.float16]) -> NDArray[np.int16]:
    # Integers in the same order: a hundred times faster to compare than float16, for which processors have nothing.
    bits = values.view(np.int16)
    return bits ^ ((bits >> 15) & np.int16(0x7FFF))
