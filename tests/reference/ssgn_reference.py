"""SSGN's losses and its PCA in float64 with loops, written from ssgn.md sections 2 and 4 and from nothing of ours."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def pca(parts: list[Array], dimension: int) -> tuple[Array, float]:
    """Principal directions of centred parts, largest first, each part weighing the same, and 1 / mean deviation.

    The largest entry of each direction is positive.
    """
    weighted = np.array([row / math.sqrt(len(part) * len(parts)) for part in parts for row in part])
    directions = np.linalg.svd(weighted)[2][:dimension]
    directions = np.array([u * np.sign(u[np.argmax(np.abs(u))]) for u in directions])
    variance = 0.0
    for u in directions:
        for row in weighted:
            variance += float(u @ row) ** 2
    return directions, 1.0 / math.sqrt(variance / dimension)


def standard(rows: Array, *, standardised: bool) -> tuple[Array, Array]:
    """Mean of each column, and its standard deviation or 1."""
    mean = np.array([sum(column) / len(rows) for column in rows.T])
    variances = [sum((x - m) ** 2 for x in column) / len(rows) for column, m in zip(rows.T, mean, strict=True)]
    deviation = [math.sqrt(variance) for variance in variances]
    return mean, np.array([q if standardised and q > 0 else 1.0 for q in deviation])


def kl(mean: Array, log_variance: Array) -> float:
    total = 0.0
    for mu, logs in zip(mean, log_variance, strict=True):
        for k in range(len(mu)):
            total += 0.5 * (math.exp(logs[k]) + float(mu[k]) ** 2 - 1.0 - float(logs[k]))
    return total / len(mean)


def squared_norm(found: Array, wanted: Array) -> float:
    """Mean over rows of the squared distance."""
    total = 0.0
    for x, t in zip(found, wanted, strict=True):
        for k in range(len(x)):
            total += float(x[k] - t[k]) ** 2
    return total / len(found)


def element_mean(found: Array, wanted: Array) -> float:
    return squared_norm(found, wanted) / len(found[0])


def cross_entropy(logits: Array, labels: list[int]) -> float:
    total = 0.0
    for row, label in zip(logits, labels, strict=True):
        total += math.log(sum(math.exp(value - max(row)) for value in row)) + float(max(row) - row[label])
    return total / len(labels)


def perceptron(x: Array, layers: list[tuple[Array, Array]]) -> Array:
    """Linear layers with ReLU between them, one row at a time."""
    rows = []
    for row in x:
        value = row
        for number, (weight, bias) in enumerate(layers):
            value = np.array([float(weight[o] @ value) + bias[o] for o in range(len(bias))])
            if number + 1 < len(layers):
                value = np.array([max(v, 0.0) for v in value])
        rows.append(value)
    return np.array(rows)


def centroid(features: list[Array], labels: list[int], label: int) -> Array:
    own = [feature for feature, found in zip(features, labels, strict=True) if found == label]
    return np.asarray(sum(own) / len(own))
