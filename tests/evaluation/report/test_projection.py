"""The map: which pictures are on it, where they lie, and what it needs."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from inkseek.errors import MissingExtraError
from inkseek.evaluation.report import projection as module
from inkseek.evaluation.report.projection import needs_report_extra, project, projection_section, subsample, tsne
from inkseek.evaluation.report.shown import shown
from tests.evaluation.report.saved_runs import open_run, write_run


def test_few_pictures_are_all_on_the_map() -> None:
    assert subsample(np.array([0, 1, 1]), np.array([True, False, True]), 3).tolist() == [0, 1, 2]


def test_of_many_the_same_number_of_each_class_and_modality_is() -> None:
    labels = np.repeat([0, 0, 1, 1], [100, 10, 20, 70])
    sketches = np.repeat([False, True, False, True], [100, 10, 20, 70])

    chosen = subsample(labels, sketches, 32)

    assert np.bincount(2 * labels[chosen] + sketches[chosen]).tolist() == [8, 8, 8, 8]
    assert chosen[:2].tolist() == [0, 14]
    assert chosen[7] == 99


def test_more_classes_than_points_still_fit() -> None:
    labels = np.repeat(np.arange(40), 3)

    assert len(subsample(labels, np.zeros(120, dtype=bool), 25)) == 25


def test_groups_stay_together_and_places_repeat() -> None:
    rng = np.random.default_rng(0)
    features = np.repeat(np.eye(3, 8), 15, axis=0) + 0.05 * rng.standard_normal((45, 8))
    places = tsne(features.astype(np.float32))

    middles = places.reshape(3, 15, 2).mean(axis=1)
    spread = np.linalg.norm(places.reshape(3, 15, 2) - middles[:, None], axis=2).max()
    apart = min(np.linalg.norm(middles[one] - middles[other]) for one, other in ((0, 1), (0, 2), (1, 2)))
    assert apart > spread
    assert np.array_equal(tsne(features.astype(np.float32)), places)


def test_equal_features_are_no_obstacle() -> None:
    # Without principal components the first places are drawn at random, from a fixed seed.
    places = tsne(np.ones((20, 4), np.float32))

    assert np.isfinite(places).all()
    assert np.array_equal(tsne(np.ones((20, 4), np.float32)), places)


def test_a_handful_of_pictures_has_no_map(tmp_path: Path) -> None:
    [run] = shown([open_run(write_run(tmp_path / "run", classes=("bat", "cow"), each=(1, 2)))])

    assert project(run) is None
    assert "A map needs at least 8 pictures." in projection_section([run])


def test_maps_of_the_same_classes_have_the_same_colours(tmp_path: Path) -> None:
    classes = tuple(f"class{place}" for place in range(8))
    folders = [write_run(tmp_path / str(seed), classes=classes, seed=seed, noise=1.2, each=(2, 2)) for seed in (0, 1)]
    runs = shown([open_run(folder) for folder in folders])
    assert runs[0].classes.tolist() != runs[1].classes.tolist()

    parts = projection_section(runs).split("<figure")[1:]

    keys = [part.split('<ul class="legend">')[1].split("</ul>")[0] for part in parts]
    assert keys[0] == keys[1]


def test_the_map_says_what_was_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POINTS", 16)
    [run] = shown([open_run(write_run(tmp_path / "run"))])

    assert "16 pictures of 32: at most 2 of each class and modality" in projection_section([run])


def test_grey_stands_in_the_legend_only_where_it_is_on_the_map(tmp_path: Path) -> None:
    five = open_run(write_run(tmp_path / "five", classes=tuple("abcde")))
    six = open_run(write_run(tmp_path / "six", classes=tuple("abcdef")))

    assert "grey: the other classes" not in projection_section(shown([five]))
    assert "grey: the other classes" in projection_section(shown([six]))


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "sklearn" else find_spec(name))

    with pytest.raises(MissingExtraError, match=r"scikit-learn, which is not installed.*report"):
        needs_report_extra()
