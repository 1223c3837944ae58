"""A measurement as the page shows it: its letter, its colour, and the queries that its figures are drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from inkseek.evaluation.report.html import text
from inkseek.evaluation.report.kept import KeptMeasurement, comparable
from inkseek.evaluation.report.nearest import nearest

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

DRAWN = 5
"""Measurements that have figures: as many as there are colours that everybody can tell apart. Tables hold all."""

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
    def average_precision(self) -> NDArray[np.float64]:
        """[f] AP over the whole gallery under the main protocol."""
        return self.measurement.per_query.values[f"{self.measurement.main_protocol}/mAP@all"][self.sample]

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


def best_first(values: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Labels by falling mean of their values [q]; of equal means the smaller label comes first."""
    found, position, counts = np.unique(labels, return_inverse=True, return_counts=True)
    means = np.bincount(position, weights=values) / counts
    return found[np.argsort(-means, kind="stable")].astype(np.int64)


def letter(place: int) -> str:
    """A, B, ... Z, A2, B2, ..."""
    turn, rest = divmod(place, len(LETTERS))
    return LETTERS[rest] + (str(turn + 1) if turn else "")


def spaced(count: int, most: int) -> NDArray[np.int64]:
    """Positions 0..count-1, or `most` of them at even distances where there are more."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).round().astype(np.int64)
