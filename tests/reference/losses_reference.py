"""Losses in float64 with loops, written from dsn.md sections 4.1 to 4.3 and from nothing of ours."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def log_softmax(row: Array) -> Array:
    total = 0.0
    for value in row:
        total += math.exp(value - max(row))
    return np.array([value - max(row) - math.log(total) for value in row])


def kd_targets(teacher: Array, relation: Array, lambda_kd: float, lambda_neg: float) -> Array:
    rows = []
    for o, a in zip(teacher, relation, strict=True):
        rows.append(np.exp(log_softmax(lambda_kd * o + lambda_neg * a)))
    return np.array(rows)


def kd(student: Array, targets: Array) -> float:
    total = 0.0
    for logits, q in zip(student, targets, strict=True):
        log_p = log_softmax(logits)
        for k in range(len(q)):
            total -= q[k] * log_p[k]
    return total / len(student)


def supcon(u: Array, labels: list[int], tau: float) -> float:
    losses = []
    for a in range(len(u)):
        positives = [p for p in range(len(u)) if p != a and labels[p] == labels[a]]
        if not positives:
            continue
        denominator = sum(math.exp(float(u[a] @ u[b]) / tau) for b in range(len(u)) if b != a)
        terms = [math.log(math.exp(float(u[a] @ u[p]) / tau) / denominator) for p in positives]
        losses.append(-sum(terms) / len(positives))
    return sum(losses) / len(losses) if losses else 0.0


def sketch_kd(student: Array, targets: Array, sketch_labels: list[int], photo_labels: list[int]) -> float:
    losses = []
    for logits, label in zip(student, sketch_labels, strict=True):
        own = [q for q, other in zip(targets, photo_labels, strict=True) if other == label]
        if not own:
            continue
        mean = sum(own) / len(own)
        losses.append(-float(sum(mean * log_softmax(logits))))
    return sum(losses) / len(losses) if losses else 0.0
