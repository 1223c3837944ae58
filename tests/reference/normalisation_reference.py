"""Within-class normalisation in loops, written from its formula."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


def within_class_map(
    sketch: Array, sketch_labels: Labels, photo: Array, photo_labels: Labels, ridge: float, gap: float
) -> Array:
    """A = (W + r tr(W)/d I)^(-1/2), W the within-class covariances of both modalities and the scatter of their gap."""
    d = sketch.shape[1]
    w = np.zeros((d, d))
    means = []
    for codes, labels in ((sketch, sketch_labels), (photo, photo_labels)):
        mean: dict[int, Array] = {}
        for c in set(labels.tolist()):
            members = [codes[i] for i in range(len(codes)) if labels[i] == c]
            mean[c] = np.array([sum(one[j] for one in members) / len(members) for j in range(d)])
        for i in range(len(codes)):
            rest = codes[i] - mean[labels[i]]
            for j in range(d):
                for k in range(d):
                    w[j, k] += rest[j] * rest[k] / len(codes)
        means.append(mean)
    both = [c for c in means[0] if c in means[1]]
    gaps = [means[0][c] - means[1][c] for c in both]
    mean_gap = np.array([sum(each[j] for each in gaps) / len(gaps) for j in range(d)])
    for each in gaps:
        w += gap * np.outer(each - mean_gap, each - mean_gap) / len(gaps)
    w += ridge * sum(w[j, j] for j in range(d)) / d * np.eye(d)
    values, vectors = np.linalg.eig(w)
    result = np.zeros((d, d))
    for j in range(d):
        result += np.outer(vectors[:, j], vectors[:, j]).real / math.sqrt(values[j].real)
    return result
