"""What `metrics.py` measures on, and how a measurement reports: clustered features of the published class sizes."""

import argparse
import json
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LISTS = Path(__file__).parents[2] / "shared" / "splits"
DIMENSION = 512
NOISE = 3.0
CUTS = (25, 100, 200)


@dataclass(frozen=True)
class Size:
    """A published test set: where its class sizes stand, and what they add up to."""

    counts: str
    classes: int
    queries: int
    gallery: int


SIZES = {
    "sketchy1": Size("sketchy/split1_sake_unseen25_counts.tsv", 25, 15_229, 17_101),
    "quickdraw": Size("quickdraw/unseen30_counts.tsv", 30, 92_291, 54_151),
}


@dataclass(frozen=True)
class Problem:
    """Features and labels of both sides."""

    queries: NDArray[np.float32]
    gallery: NDArray[np.float32]
    query_labels: NDArray[np.int64]
    gallery_labels: NDArray[np.int64]


def class_sizes(size: Size) -> NDArray[np.int64]:
    """[c, 3] queries, photos, and photos listed twice of every class; balanced where the lists are not at hand."""
    if not (LISTS / size.counts).is_file():
        numbers = np.arange(size.classes)
        queries, photos = ((total + numbers) // size.classes for total in (size.queries, size.gallery))
        return np.stack([queries, photos, np.zeros_like(numbers)], axis=1)
    lines = (LISTS / size.counts).read_text(encoding="utf-8").splitlines()[1:-1]
    rows = [[int(count) for count in line.split("\t")[1:]] for line in lines]
    found = np.array([[row[0], row[1], row[1] - row[-1]] for row in rows])
    assert found.sum(axis=0).tolist()[:2] == [size.queries, size.gallery]
    return found


def problem(size: Size) -> Problem:
    """Unit rows around one centre a class; second copies of photos stand behind all others, as of another folder."""
    random = np.random.default_rng(0)
    queries, listed, copies = class_sizes(size).T
    centres = random.standard_normal((len(queries), DIMENSION), np.float32)
    labels = np.arange(len(queries))
    photos = listed - copies
    gallery = _rows(random, centres, photos)
    again = [np.arange(count) + start for count, start in zip(copies, np.cumsum(photos) - photos, strict=True)]
    return Problem(
        queries=_rows(random, centres, queries),
        gallery=np.concatenate([gallery, gallery[np.concatenate(again)]]),
        query_labels=np.repeat(labels, queries),
        gallery_labels=np.concatenate([np.repeat(labels, photos), np.repeat(labels, copies)]),
    )


def _rows(random: np.random.Generator, centres: NDArray[np.float32], counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """Unit rows of every class in turn, made in place so that their making needs no more memory than they."""
    features = np.empty((counts.sum(), DIMENSION), np.float32)
    ends = np.cumsum(counts)
    for centre, start, end in zip(centres, ends - counts, ends, strict=True):
        rows = random.standard_normal((end - start, DIMENSION), np.float32)
        rows *= NOISE
        rows += centre
        features[start:end] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return features


def arguments() -> argparse.ArgumentParser:
    """Options of a measurement's process."""
    options = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--size", choices=list(SIZES), default="sketchy1")
    options.add_argument("--only", help="measure this in here and print JSON")
    return options


def report(measure: Callable[[Problem], tuple[float, dict[str, float]]], size: str) -> None:
    """Measure, and print seconds, largest resident set and values."""
    seconds, values = measure(problem(SIZES[size]))
    # Linux counts KiB, macOS bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> (20 if sys.platform == "darwin" else 10)
    print(json.dumps({"seconds": round(seconds, 2), "peak_mib": peak, "values": values}))
