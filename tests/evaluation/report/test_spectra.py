"""Singular values: the four matrices, and what each is divided by."""

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from inkseek.evaluation.report.shown import shown
from inkseek.evaluation.report.spectra import Part, spectra, spectra_figure
from tests.evaluation.report.saved_runs import open_run, write_run


def matrix(seed: int, rows: int, columns: int = 5, scale: float = 1.0) -> NDArray[np.float32]:
    return (scale * np.random.default_rng(seed).standard_normal((rows, columns))).astype(np.float32)


def test_diagonal_matrices_worked_by_hand() -> None:
    def diagonal(*values: float) -> NDArray[np.float32]:
        return np.diag(values).astype(np.float32)

    found = spectra(
        {
            ("training", "photo"): diagonal(8, 4),
            ("test", "photo"): diagonal(1, 2),
            ("training", "sketch"): diagonal(3, 3),
            ("test", "sketch"): diagonal(6, 0),
        }
    )

    assert found["training", "photo"].tolist() == [1.0, 0.5]
    assert found["test", "photo"].tolist() == [0.25, 0.125]
    assert found["training", "sketch"].tolist() == [0.5, 0.5]
    assert found["test", "sketch"].tolist() == [1.0, 0.0]


@pytest.mark.parametrize("rows", [3, 5, 60])
def test_values_are_those_of_a_decomposition(rows: int) -> None:
    features = matrix(rows, rows)
    expected = np.linalg.svd(features.astype(np.float64), compute_uv=False)

    found = spectra({("test", "photo"): features})["test", "photo"]

    assert found == pytest.approx(expected / expected[0], abs=1e-7)
    assert len(found) == min(rows, 5)


def test_the_first_thirty_are_kept() -> None:
    part: Part = ("test", "sketch")

    assert len(spectra({part: matrix(0, 50, 40)})[part]) == 30


def test_nothing_is_centred() -> None:
    features = np.ones((4, 3), np.float32)

    found = spectra({("test", "photo"): features, ("test", "sketch"): 5 * features})

    assert found["test", "photo"] == pytest.approx([1.0, 0.0, 0.0], abs=1e-7)
    assert math.isclose(found["test", "sketch"][0], 1.0)


def test_without_training_features_the_figure_says_so(tmp_path: Path) -> None:
    [without] = shown([open_run(write_run(tmp_path / "without"))])
    [with_training] = shown([open_run(write_run(tmp_path / "with", training=True))])

    assert "inkseek evaluate … --training-data DIR" in spectra_figure(without, explained=False)
    page = spectra_figure(with_training, explained=False)
    assert "were not saved" not in page
    assert page.count('<path class="curve') == 2 * 4
    assert "photos, training (80)" in page


def test_training_codes_are_not_asked_for(tmp_path: Path) -> None:
    [codes] = shown([open_run(write_run(tmp_path / "codes", codes=True))])

    page = spectra_figure(codes, explained=False)

    assert "Training codes are not kept" in page
    assert "--training-data" not in page
