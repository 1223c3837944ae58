"""Measurements as the report and the comparison read them: what was saved, with the values of every query."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkseek.evaluation.per_query import PerQuery, load_per_query
from inkseek.evaluation.protocols import main_protocol
from inkseek.evaluation.report.checks import check_measurement
from inkseek.evaluation.result import Evaluation
from inkseek.evaluation.saved import QUERIES, FeatureTable, SavedEvaluation, open_evaluations


@dataclass(frozen=True, eq=False)
class KeptMeasurement:
    """A saved measurement and its columns.

    Attributes:
        saved: figures, features and picture files.
        per_query: value of every query that counts, by `protocol/metric`.
    """

    saved: SavedEvaluation
    per_query: PerQuery

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return self.saved.name

    @property
    def evaluation(self) -> Evaluation:
        """The printed result."""
        return self.saved.evaluation

    @property
    def main_protocol(self) -> str:
        """Where figures show one protocol."""
        return main_protocol(self.evaluation["protocols"])

    @cached_property
    def sketches(self) -> dict[str, bytes]:
        """Path -> SHA-256 of every query that counts."""
        digests = _digests(self.saved.queries)
        return {path: digests[path] for path in self.per_query.paths}

    @cached_property
    def photos(self) -> dict[str, bytes]:
        """Path -> SHA-256 of every photo of the gallery."""
        return _digests(self.saved.gallery)


def open_measurements(paths: Sequence[Path]) -> list[KeptMeasurement]:
    """Every measurement of some folders, in the order of the folders.

    Args:
        paths: run folders, or folders of saved measurements.

    Raises:
        FormatError: a folder holds none, or one is damaged, or its files come from different measurements.
    """
    return [_open(found) for path in paths for found in open_evaluations(path)]


def _open(saved: SavedEvaluation) -> KeptMeasurement:
    measurement = KeptMeasurement(saved, load_per_query(saved.path / QUERIES))
    check_measurement(saved, measurement.per_query)
    return measurement


def _digests(side: FeatureTable) -> dict[str, bytes]:
    return {path: digest.tobytes() for path, digest in zip(side.paths, side.digests, strict=True)}


def comparable(features: NDArray[np.float32] | NDArray[np.uint8]) -> NDArray[np.float32]:
    """Rows whose inner products order photos as they were ranked.

    Packed binary codes [n, b / 8] become rows [n, b] of -1 and 1: their inner product is `b - 2 h` at Hamming distance
    `h`, a whole number, so that ties stay ties. Other features are given back as they are.
    """
    if features.dtype != np.uint8:
        return features.astype(np.float32, copy=False)
    return 2 * np.unpackbits(features.astype(np.uint8), axis=1).astype(np.float32) - 1
