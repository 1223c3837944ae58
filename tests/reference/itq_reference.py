"""Iterative quantisation in float64 with loops, written from Gong and Lazebnik (CVPR 2011) and from nothing of ours.

No LAPACK: eigenvectors by Jacobi's rotations, the orthogonal factor that solves the Procrustes problem by Newton's
iteration. Where the paper leaves a sign open (principal directions, columns of the random start) the value of largest
magnitude is positive.

    V = X W,  B = sgn(V R),  R = argmin ||B - V R||_F^2 = orthogonal polar factor of V^T B
"""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SWEEPS = 60
NEWTON_STEPS = 60


def product(left: Array, right: Array) -> Array:
    result = np.zeros((len(left), right.shape[1]))
    for i in range(len(left)):
        for j in range(right.shape[1]):
            for k in range(len(right)):
                result[i, j] += left[i, k] * right[k, j]
    return result


def mean(rows: Array) -> Array:
    total = np.zeros(rows.shape[1])
    for row in rows:
        total += row
    return total / len(rows)


def eigenvectors(symmetric: Array) -> Array:
    """Columns by falling eigenvalue, value of largest magnitude positive."""
    matrix, vectors = symmetric.copy(), np.eye(len(symmetric))
    for _ in range(SWEEPS):
        for p in range(len(matrix)):
            for q in range(p + 1, len(matrix)):
                if matrix[p, q] != 0:
                    angle = math.atan2(2 * matrix[p, q], matrix[q, q] - matrix[p, p]) / 2
                    turn = np.eye(len(matrix))
                    turn[p, p] = turn[q, q] = math.cos(angle)
                    turn[p, q], turn[q, p] = math.sin(angle), -math.sin(angle)
                    matrix = turn.T @ matrix @ turn
                    vectors = vectors @ turn
    order = sorted(range(len(matrix)), key=lambda i: -matrix[i, i])
    columns = []
    for i in order:
        column = vectors[:, i]
        largest = max(column, key=abs)
        columns.append(column if largest > 0 else -column)
    return np.array(columns).T


def polar(matrix: Array) -> Array:
    """Orthogonal factor of a regular matrix."""
    factor = matrix / np.linalg.norm(matrix)
    for _ in range(NEWTON_STEPS):
        factor = (factor + np.linalg.inv(factor).T) / 2
    return factor


def sign(value: float) -> float:
    return 1.0 if value >= 0 else -1.0


def directions(centred: Array, bits: int) -> Array:
    return eigenvectors(product(centred.T, centred))[:, :bits]


def start(bits: int, seed: int) -> Array:
    """Left singular vectors of a Gaussian matrix G: eigenvectors of G G^T."""
    gaussian = np.random.RandomState(seed).standard_normal((bits, bits))
    return eigenvectors(product(gaussian, gaussian.T))


def signs(projected: Array, rotation: Array) -> Array:
    rotated = product(projected, rotation)
    return np.array([[sign(value) for value in row] for row in rotated])


def rotation(projected: Array, iterations: int, seed: int) -> Array:
    found = start(projected.shape[1], seed)
    for _ in range(iterations):
        found = polar(product(projected.T, signs(projected, found)))
    return found


def error(projected: Array, found: Array) -> float:
    """Mean over rows of ||sgn(v R) - v R||^2."""
    rotated = product(projected, found)
    total = 0.0
    for row in rotated:
        for value in row:
            total += (sign(value) - value) ** 2
    return total / len(projected)


def code(feature: Array, centre: Array, projection: Array) -> list[int]:
    """Bytes; the first bit is the highest of the first byte."""
    bits = []
    for column in projection.T:
        value = 0.0
        for x, m, w in zip(feature, centre, column, strict=True):
            value += (x - m) * w
        bits.append(1 if value > 0 else 0)
    packed = []
    for first in range(0, len(bits), 8):
        byte = 0
        for bit in bits[first : first + 8]:
            byte = 2 * byte + bit
        packed.append(byte)
    return packed
