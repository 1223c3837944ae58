"""The first photos of a query: the order of the ranking, ties included."""

import numpy as np
import pytest
from numpy.typing import NDArray

from inkseek.evaluation.report import nearest as module
from inkseek.evaluation.report.kept import comparable
from inkseek.evaluation.report.nearest import nearest


def brute_force(distances: NDArray[np.float64], count: int) -> list[list[int]]:
    """Positions by (distance, position), one query at a time."""
    return [sorted(range(len(row)), key=lambda place: (row[place], place))[:count] for row in distances.tolist()]


def whole_numbers(seed: int, rows: int, values: int = 2) -> NDArray[np.float32]:
    """[rows, 4] of few values, so that inner products are exact and many are equal."""
    return np.random.default_rng(seed).integers(-values, values + 1, (rows, 4)).astype(np.float32)


@pytest.mark.parametrize("count", [1, 3, 10, 40])
def test_order_and_ties_are_those_of_the_definition(count: int) -> None:
    queries, gallery = whole_numbers(0, 12), whole_numbers(1, 30)

    found = nearest(queries, gallery, count)

    assert found.tolist() == brute_force(-(queries.astype(np.float64) @ gallery.T), count)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    queries, gallery = whole_numbers(2, 25), whole_numbers(3, 30)
    at_once = nearest(queries, gallery)

    monkeypatch.setattr(module, "BLOCK_VALUES", 70)

    assert nearest(queries, gallery).tolist() == at_once.tolist()


def test_packed_codes_are_ordered_by_hamming_distance() -> None:
    rng = np.random.default_rng(4)
    queries, gallery = (rng.integers(0, 256, (rows, 2), np.uint8) for rows in (9, 50))
    distances = np.unpackbits(queries[:, None] ^ gallery[None], axis=2).sum(axis=2)

    found = nearest(comparable(queries), comparable(gallery), 20)

    assert found.tolist() == brute_force(distances.astype(np.float64), 20)


def test_real_features_are_compared_as_they_are() -> None:
    features = whole_numbers(5, 6)

    assert comparable(features) is features
