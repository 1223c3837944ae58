"""A measurement as the page shows it: its letter, its colour, and the queries that its figures are drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from inkseek.evaluation.hamming import hamming_metrics
from inkseek.evaluation.protocols import EXPECTED
from inkseek.evaluation.report.html import text
from inkseek.evaluation.report.kept import KeptMeasurement, comparable
from inkseek.evaluation.report.nearest import nearest

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

DRAWN = 5
"""Measurements that have figures: as many as there are colours that everybody can tell apart. Tables hold all."""

ROUNDING = 1e-9
"""Difference of two means below which neither is the better one."""

FIGURE_QUERIES = 20_000
"""Queries that figures are drawn from at most. The tables' figures come from all."""


@dataclass(frozen=True, eq=False)
class Shown:
    """A measurement on the page.

    Attributes:
        measurement: what was saved.
        letter: short name in figures; empty where it is the only one.
        style: class name of its colour and dash in the style sheet.
    """

    measurement: KeptMeasurement
    letter: str
    style: str

    @property
    def label(self) -> str:
        """Letter and name as HTML."""
        name = text(self.measurement.name)
        return f'{self.chip} <span class="name">{name}</span>' if self.letter else name

    @property
    def chip(self) -> str:
        """The letter in its colour as HTML."""
        return f'<b class="chip {self.style}">{self.letter}</b>'

    @property
    def data(self) -> tuple[object, ...]:
        """What was measured on; figures of equal data compare."""
        data = self.measurement.evaluation["data"]
        return data["split"], data["manifest"], data["gallery_mode"], data["generalized"]

    @property
    def words(self) -> str:
        """Letter and name as plain text, escaped."""
        return text(f"{self.letter} {self.measurement.name}".strip())

    @cached_property
    def sample(self) -> NDArray[np.int64]:
        """[f] positions among the queries that count; the same queries in all measurements of the same queries.

        All of them, or `FIGURE_QUERIES` at even distances in the order of their paths.
        """
        paths = self.measurement.per_query.paths
        order = np.array(sorted(range(len(paths)), key=paths.__getitem__), dtype=np.int64)
        return order[spaced(len(paths), FIGURE_QUERIES)]

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """[f] positions of the sample among the saved queries, which hold those without a relevant photo as well."""
        position = {path: place for place, path in enumerate(self.measurement.saved.queries.paths)}
        paths = self.measurement.per_query.paths
        return np.array([position[paths[place]] for place in self.sample], dtype=np.int64)

    @cached_property
    def query_features(self) -> NDArray[np.float32]:
        """[f, d] of the sample."""
        return comparable(self.measurement.saved.queries.features[self.rows])

    @cached_property
    def gallery_features(self) -> NDArray[np.float32]:
        """[g, d]."""
        return comparable(self.measurement.saved.gallery.features)

    @cached_property
    def query_labels(self) -> NDArray[np.int64]:
        """[f] of the sample."""
        return self.measurement.saved.queries.labels[self.rows]

    @cached_property
    def nearest(self) -> NDArray[np.int64]:
        """[f, k] positions in the gallery of the first photos of the sample's queries."""
        return nearest(self.query_features, self.gallery_features)

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """[f, k] whether they are of the query's class."""
        found: NDArray[np.bool_] = self.measurement.saved.gallery.labels[self.nearest] == self.query_labels[:, None]
        return found

    @cached_property
    def attainable(self) -> NDArray[np.int64]:
        """[f] right photos that there can be among the first ones, `min(R, k)`."""
        return np.minimum(self._relevant, self.nearest.shape[1])

    @cached_property
    def expected_right(self) -> float:
        """Right photos among the first ones, mean over the sample; of codes also over all orders inside ties."""
        saved, first = self.measurement.saved, self.nearest.shape[1]
        codes, photos = saved.queries.features, saved.gallery.features
        if codes.dtype != np.uint8 or photos.dtype != np.uint8:
            return float(self.right.sum(axis=1).mean())
        sides = codes[self.rows].astype(np.uint8), photos.astype(np.uint8)
        labels = self.query_labels, saved.gallery.labels
        found = hamming_metrics(*sides, *labels, protocols=(EXPECTED,), cuts=(first,))[EXPECTED.name]
        return float(first * found.micro()[f"P@{first}"])

    @cached_property
    def average_precision(self) -> NDArray[np.float64]:
        """[f] AP over the whole gallery under the main protocol."""
        return self.measurement.per_query.values[f"{self.measurement.main_protocol}/mAP@all"][self.sample]

    @cached_property
    def class_means(self) -> dict[str, float]:
        """Class with a query that counts -> mean of mAP@all under the main protocol, over all its queries."""
        kept = self.measurement.per_query
        names, position, counts = np.unique(kept.classes, return_inverse=True, return_counts=True)
        values = kept.values[f"{self.measurement.main_protocol}/mAP@all"]
        means = np.bincount(position, weights=values) / counts
        return dict(zip(map(str, names), means.tolist(), strict=True))

    @cached_property
    def classes(self) -> NDArray[np.int64]:
        """[c] labels of the classes with a query, best first by the mean of their average precision."""
        return best_first(self.average_precision, self.query_labels)

    @property
    def chance(self) -> float:
        """Right photos among the first ones, expected where the order is random."""
        return float(self._relevant.mean() / len(self.gallery_features) * self.nearest.shape[1])

    @cached_property
    def _relevant(self) -> NDArray[np.int64]:
        """[f] photos of the query's class in the gallery, `R`."""
        saved = self.measurement.saved
        return np.bincount(saved.gallery.labels, minlength=len(saved.class_names))[self.query_labels]


def shown(measurements: Sequence[KeptMeasurement]) -> list[Shown]:
    """Measurements with their letters; those past `DRAWN` have no colour."""
    several = len(measurements) > 1
    return [
        Shown(measurement, letter(place) if several else "", f"s{place + 1}" if place < DRAWN else "")
        for place, measurement in enumerate(measurements)
    ]


def main_protocols(runs: Sequence[Shown]) -> str:
    """The main protocol of measurements in words, as HTML: `standard`, or `A standard, B expected`."""
    names = [text(run.measurement.main_protocol) for run in runs]
    if len(set(names)) == 1:
        return names[0]
    return ", ".join(f"{run.letter} {name}" for run, name in zip(runs, names, strict=True))


def best_first(values: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Labels by falling mean of their values [q]; of equal means the smaller label comes first."""
    found, position, counts = np.unique(labels, return_inverse=True, return_counts=True)
    means = np.bincount(position, weights=values) / counts
    return found[np.argsort(-means, kind="stable")].astype(np.int64)


def at_the_top(values: NDArray[np.float64]) -> list[int]:
    """Positions of the largest value, in order; equal is what differs by rounding alone."""
    return np.flatnonzero(values >= values.max() - ROUNDING).tolist()


def letter(place: int) -> str:
    """A, B, ... Z, A2, B2, ..."""
    turn, rest = divmod(place, len(LETTERS))
    return LETTERS[rest] + (str(turn + 1) if turn else "")


def spaced(count: int, most: int) -> NDArray[np.int64]:
    """Positions 0..count-1, or `most` of them at even distances where there are more."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).round().astype(np.int64)
