"""TCN's terms in float64 with loops, written from tcn.md sections 2.2 and 3.1 to 3.3 and from nothing of ours."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EPSILON = 1e-5
MOMENTUM = 0.1


def soft_sharing(sketch: Mapping[str, Array], photo: Mapping[str, Array]) -> float:
    """Section 3.1."""
    total = 0.0
    for name, kernel in sketch.items():
        squares = 0.0
        for s, p in zip(kernel.ravel(), photo[name].ravel(), strict=True):
            squares += (s - p) ** 2
        total += math.sqrt(squares)
    return total


def soft_sharing_gradient(sketch: Array, photo: Array) -> Array:
    """Of one kernel, with respect to the sketches' copy: of length 1, and 0 where the two are equal."""
    difference = sketch - photo
    norm = math.sqrt(sum(float(value) ** 2 for value in difference.ravel()))
    return difference / norm if norm > 0 else np.zeros_like(difference)


def softmax(row: Array) -> Array:
    exponentials = [math.exp(value - max(row)) for value in row]
    return np.array([value / sum(exponentials) for value in exponentials])


def cross_entropy(logits: Array, labels: Sequence[int]) -> float:
    """Section 3.2, one modality's half of L_cls."""
    return float(np.mean([-math.log(softmax(row)[label]) for row, label in zip(logits, labels, strict=True)]))


def entropy_weight(logits: Array) -> float:
    """Section 3.3, omega of one anchor."""
    entropy = 0.0
    for probability in softmax(logits):
        if probability > 0:
            entropy -= probability * math.log(probability)
    return 1 + math.exp(-entropy)


def affine(x: Array, weight: Array, bias: Array) -> Array:
    return np.array([[sum(row * value) for row in weight] + bias for value in x])


def anchors(x: Array, projected_words: Array, alpha: Array) -> Array:
    """Section 3.3, m; `projected_words` is A(w_j) of each sample."""
    return np.array([a * word + (1 - a) * value for a, word, value in zip(alpha, projected_words, x, strict=True)])


def distance(m: Array, x: Array) -> float:
    return math.sqrt(sum((m_c - x_c) ** 2 + 1e-16 for m_c, x_c in zip(m, x, strict=True)))


def batch_hard(m: Array, x: Array, labels: Sequence[int], anchor_logits: Array) -> float:
    """Section 3.3, L_SEM from blended anchors m, embeddings x and the logits G m."""
    losses = []
    for j, label in enumerate(labels):
        hardest_positive, hardest_negative = -math.inf, math.inf
        for k, other in enumerate(labels):
            if other == label and k != j:
                hardest_positive = max(hardest_positive, distance(m[j], x[k]))
            if other != label:
                hardest_negative = min(hardest_negative, distance(m[j], x[k]))
        loss = math.log1p(math.exp(hardest_positive - hardest_negative))
        losses.append(entropy_weight(anchor_logits[j]) * loss)
    return sum(losses) / len(losses)


def regression(predicted: Array, words: Array) -> float:
    """Section 3.3, the SR of BHT + SR: mean over samples and entries."""
    total = 0.0
    for row, word in zip(predicted, words, strict=True):
        for value, target in zip(row, word, strict=True):
            total += (value - target) ** 2
    return total / words.size


def batch_norm(x: Array, weight: Array, bias: Array) -> Array:
    """Section 2.2 while training: by the statistics of the given samples."""
    out = np.empty_like(x)
    for c in range(x.shape[1]):
        mean = sum(x[:, c]) / len(x)
        variance = sum((x[:, c] - mean) ** 2) / len(x)
        out[:, c] = (x[:, c] - mean) / math.sqrt(variance + EPSILON) * weight[c] + bias[c]
    return out


def running(statistics: tuple[Array, Array], x: Array) -> tuple[Array, Array]:
    """Section 2.2, running mean and variance after one more call; the variance is the unbiased one."""
    mean, variance = statistics
    batch_mean = np.array([sum(column) / len(x) for column in x.T])
    batch_variance = np.array([sum((column - sum(column) / len(x)) ** 2) / (len(x) - 1) for column in x.T])
    return (1 - MOMENTUM) * mean + MOMENTUM * batch_mean, (1 - MOMENTUM) * variance + MOMENTUM * batch_variance


def batch_norm_test(x: Array, mean: Array, variance: Array, weight: Array, bias: Array) -> Array:
    """Section 2.2 at test time: by running statistics."""
    return (x - mean) / np.sqrt(variance + EPSILON) * weight + bias
