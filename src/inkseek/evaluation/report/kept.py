"""Measurements as the report and the comparison read them: what was saved, with the values of every query."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkseek.evaluation.per_query import PerQuery, load_per_query
from inkseek.evaluation.result import Evaluation
from inkseek.evaluation.saved import QUERIES, SavedEvaluation, open_evaluations

MAIN_PROTOCOL = "standard"


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
        """`standard`, or the first protocol where it was not measured."""
        protocols = self.evaluation["protocols"]
        return MAIN_PROTOCOL if MAIN_PROTOCOL in protocols else next(iter(protocols))


def open_measurements(paths: Sequence[Path]) -> list[KeptMeasurement]:
    """Every measurement of some folders, in the order of the folders.

    Args:
        paths: run folders, or folders of saved measurements.

    Raises:
        FormatError: a folder holds none, or one is damaged.
    """
    saved = [found for path in paths for found in open_evaluations(path)]
    return [KeptMeasurement(found, load_per_query(found.path / QUERIES)) for found in saved]


def comparable(features: NDArray[np.float32] | NDArray[np.uint8]) -> NDArray[np.float32]:
    """Rows whose inner products order photos as they were ranked.

    Packed binary codes [n, b / 8] become rows [n, b] of -1 and 1: their inner product is `b - 2 h` at Hamming distance
    `h`, a whole number, so that ties stay ties. Other features are given back as they are.
    """
    if features.dtype != np.uint8:
        return features.astype(np.float32, copy=False)
    return 2 * np.unpackbits(features.astype(np.uint8), axis=1).astype(np.float32) - 1
