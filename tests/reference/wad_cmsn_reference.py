"""WAD-CMSN's terms in float64 with loops, written from wad_cmsn.md sections 2 to 4 and from nothing of ours."""

import math

import numpy as np
from numpy.typing import NDArray

from tests.reference.losses_reference import log_softmax

Array = NDArray[np.float64]
Layers = list[tuple[Array, Array]]  # weight [outputs, inputs] and bias of every Linear, leaky ReLU between them


def score(x: Array, layers: Layers) -> float:
    """C(x) of one row."""
    value = x
    for place, (weight, bias) in enumerate(layers):
        value = weight @ value + bias
        if place < len(layers) - 1:
            value = np.array([v if v > 0 else 0.2 * v for v in value])
    return float(value[0])


def slope(x: Array, layers: Layers) -> Array:
    """Gradient of C at one row by the chain rule: W_3 diag(s_2) W_2 diag(s_1) W_1, s the slopes of the leaky ReLU."""
    value, product = x, np.eye(len(x), dtype=np.float64)
    for place, (weight, bias) in enumerate(layers):
        value = weight @ value + bias
        product = weight @ product
        if place < len(layers) - 1:
            product = np.array([row if v > 0 else 0.2 * row for v, row in zip(value, product, strict=True)])
            value = np.array([v if v > 0 else 0.2 * v for v in value])
    gradient: Array = product[0]
    return gradient


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def wasserstein_critic(real: Array, fakes: list[Array]) -> float:
    """Section 4.2: E[C(e_s)] + E[C(e_i)] - 2 E[C(ê)], for any number of fakes."""
    return math.fsum(mean(list(fake)) for fake in fakes) - len(fakes) * mean(list(real))


def wasserstein_generator(fakes: list[Array]) -> float:
    return -math.fsum(mean(list(fake)) for fake in fakes)


def penalty(real: Array, fake: Array, share: Array, layers: Layers, condition: Array | None = None) -> float:
    """E[(||grad C(u)|| - 1)^2], u = share real + (1 - share) fake; a condition is held fixed."""
    found = []
    for i in range(len(real)):
        mixed = np.array([share[i] * r + (1 - share[i]) * f for r, f in zip(real[i], fake[i], strict=True)])
        whole = mixed if condition is None else np.concatenate((mixed, condition[i]))
        gradient = slope(whole, layers)[: len(mixed)]
        found.append((math.sqrt(math.fsum(g * g for g in gradient)) - 1) ** 2)
    return mean(found)


def clipped(weight: Array, bound: float) -> Array:
    return np.array([min(max(value, -bound), bound) for value in weight.ravel()]).reshape(weight.shape)


def matching(a: Array, b: Array) -> float:
    """mean ||a - b||^2 over rows."""
    return mean([math.fsum((p - q) ** 2 for p, q in zip(x, y, strict=True)) for x, y in zip(a, b, strict=True)])


def absolute(a: Array, b: Array) -> float:
    """mean |a - b| over elements."""
    return mean([abs(p - q) for x, y in zip(a, b, strict=True) for p, q in zip(x, y, strict=True)])


def squared(a: Array, b: Array) -> float:
    """mean (a - b)^2 over elements."""
    return mean([(p - q) ** 2 for x, y in zip(a, b, strict=True) for p, q in zip(x, y, strict=True)])


def linear_layer(x: Array, weight: Array, bias: Array) -> Array:
    """W x + b, the auto-encoder's way back."""
    return np.array([[math.fsum(weight[j] * row) + bias[j] for j in range(len(bias))] for row in x])


def relu_layer(x: Array, weight: Array, bias: Array) -> Array:
    """ReLU(W x + b), the auto-encoder's way there."""
    return np.array([[max(value, 0.0) for value in row] for row in linear_layer(x, weight, bias)])


def column_norms(weight: Array, samples: int) -> float:
    """Sum over input features of the norm of their column, over the batch size."""
    found = 0.0
    for j in range(weight.shape[1]):
        found += math.sqrt(math.fsum(weight[k, j] ** 2 for k in range(weight.shape[0])))
    return found / samples


def cross_entropy(logits: Array, labels: list[int]) -> float:
    return mean([-float(log_softmax(row)[label]) for row, label in zip(logits, labels, strict=True)])


def least_squares(scores: Array, targets: Array) -> float:
    return mean([(d - t) ** 2 for d, t in zip(scores, targets, strict=True)])
