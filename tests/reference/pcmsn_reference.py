"""PCMSN's losses in float64 with loops, written from pcmsn.md section 4 and from nothing of ours."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def mean_square(x: Array, y: Array) -> float:
    """Mean over the batch and over the elements."""
    total = 0.0
    for row, other in zip(x, y, strict=True):
        for value, wanted in zip(np.atleast_1d(row), np.atleast_1d(other), strict=True):
            total += (value - wanted) ** 2
    return total / x.size


def sigmoid(score: float) -> float:
    return 1 / (1 + math.exp(-score))


def least_squares_generator(sketch: Array, photo: Array, real_s: Array, real_i: Array) -> float:
    """L_gen = MSE(D(a_s), real) + MSE(D(a_i), real)."""
    return mean_square(sketch, real_s) + mean_square(photo, real_i)


def least_squares_discriminator(
    real: Array, sketch: Array, photo: Array, real_label: Array, fake_s: Array, fake_i: Array
) -> float:
    """L_dis = MSE(D(e), real) + 1/2 MSE(D(a_s), fake) + 1/2 MSE(D(a_i), fake)."""
    return mean_square(real, real_label) + 0.5 * mean_square(sketch, fake_s) + 0.5 * mean_square(photo, fake_i)


def log_game(real: Array, sketch: Array, photo: Array) -> float:
    """Equation 1: 2 E log D(e) + E log(1 - D(a_s)) + E log(1 - D(a_i))."""
    total = 0.0
    for score in real:
        total += 2 * math.log(sigmoid(score)) / len(real)
    for fakes in (sketch, photo):
        for score in fakes:
            total += math.log(1 - sigmoid(score)) / len(fakes)
    return total


def log_generator(sketch: Array, photo: Array) -> float:
    """What the generators can change of equation 1."""
    total = 0.0
    for fakes in (sketch, photo):
        for score in fakes:
            total += math.log(1 - sigmoid(score)) / len(fakes)
    return total


def cross_reconstruction(rebuilt: dict[tuple[str, str], Array], sketch: Array, photo: Array) -> float:
    """Equations 2 to 8; `rebuilt["ske", "i"]` is R_ske(a_i)."""
    total = 0.0
    for decoder, wanted in (("ske", sketch), ("img", photo)):
        for aligned in ("s", "i"):
            total += mean_square(rebuilt[decoder, aligned], wanted)
    return total


def single_reconstruction(rebuilt: dict[tuple[str, str], Array], sketch: Array, photo: Array) -> float:
    """Equation 16."""
    return mean_square(rebuilt["ske", "s"], sketch) + mean_square(rebuilt["img", "i"], photo)


def cross_entropy(logits: Array, labels: list[int]) -> float:
    total = 0.0
    for row, label in zip(logits, labels, strict=True):
        denominator = 0.0
        for value in row:
            denominator += math.exp(value - max(row))
        total -= row[label] - max(row) - math.log(denominator)
    return total / len(labels)


def classification(w: Array, sketch: Array, photo: Array, labels: list[int]) -> float:
    """Equation 9: CE(W r_s, y) + CE(W r_i, y)."""
    return cross_entropy(sketch @ w.T, labels) + cross_entropy(photo @ w.T, labels)


def euclidean(sketch: Array, photo: Array) -> float:
    """Equation 12, mean over pairs and elements."""
    return mean_square(sketch, photo)
