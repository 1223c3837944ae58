"""DSN's memory in float64 with loops, written from dsn.md sections 4.4 to 4.6 and from nothing of ours.

The bank holds one list of filled rows a class, so that it shares nothing of the method's arrays. The loops of L_kd and
L_con are in `losses_reference`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tests.reference.losses_reference import log_softmax

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Bank = list[list[Array]]


def cosine(a: Array, b: Array) -> float:
    dot = norm_a = norm_b = 0.0
    for x, y in zip(a.tolist(), b.tolist(), strict=True):
        dot += x * y
        norm_a += x * x
        norm_b += y * y
    return dot / math.sqrt(norm_a * norm_b)


def mean(rows: list[Array]) -> Array:
    total = np.zeros_like(rows[0])
    for row in rows:
        total = total + row
    return total / len(rows)


def update(
    bank: Bank,
    slots: int,
    sketches: Array,
    sketch_labels: Labels,
    photos: Array,
    photo_labels: Labels,
    *,
    index_bug: bool = False,
) -> None:
    for e, c in zip(sketches, sketch_labels.tolist(), strict=True):
        if len(bank[c]) < slots:
            bank[c].append(e)
            continue
        of_class = [f for f, label in zip(photos, photo_labels.tolist(), strict=True) if label == c]
        if not of_class:
            continue
        q = mean(of_class)
        least, least_cosine = -1, math.inf
        for slot, row in enumerate(bank[c]):
            if cosine(q, row) < least_cosine:
                least, least_cosine = slot, cosine(q, row)
        if cosine(q, e) > least_cosine:
            if index_bug:
                bank[least] = [e for _ in bank[least]]
            else:
                bank[c][least] = e


def memory_loss(bank: Bank, photos: Array, photo_labels: Labels) -> float:
    cosines = [cosine(f, mean(bank[y])) for f, y in zip(photos, photo_labels.tolist(), strict=True) if bank[y]]
    return 1 - sum(cosines) / len(cosines) if cosines else 0.0


def classification(logits: Array, labels: list[int]) -> float:
    total = 0.0
    for row, label in zip(logits, labels, strict=True):
        total -= log_softmax(row)[label]
    return total / len(labels)


def total(cls: float, kd: float, con: float, mem: float) -> float:
    return 1.0 * cls + 1.0 * kd + 0.1 * con + 1.0 * mem
