"""Letters, and the queries that figures are drawn from."""

from pathlib import Path

import numpy as np
import pytest

from inkseek.evaluation.report import shown as module
from inkseek.evaluation.report.shown import best_first, letter, shown, spaced
from tests.evaluation.report.saved_runs import CLASSES, open_run, rows_of, table, write_run


def test_letters_go_on_past_z() -> None:
    assert [letter(place) for place in (0, 4, 25, 26, 53)] == ["A", "E", "Z", "A2", "B3"]


def test_one_measurement_needs_no_letter(tmp_path: Path) -> None:
    run = open_run(write_run(tmp_path / "run"))

    assert [one.letter for one in shown([run])] == [""]
    assert [(one.letter, one.style) for one in shown([run] * 6)][3:] == [("D", "s4"), ("E", "s5"), ("F", "")]


@pytest.mark.parametrize(
    ("count", "most", "expected"), [(3, 5, [0, 1, 2]), (5, 5, [0, 1, 2, 3, 4]), (9, 3, [0, 4, 8]), (10, 1, [0])]
)
def test_places_are_spread_evenly(count: int, most: int, expected: list[int]) -> None:
    assert spaced(count, most).tolist() == expected


def test_classes_are_ordered_by_their_mean() -> None:
    assert best_first(np.array([0.25, 1.0, 0.75, 0.5, 0.5]), np.array([7, 2, 7, 5, 5])).tolist() == [2, 5, 7]


def test_queries_without_a_photo_of_their_class_have_no_figure(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    queries, gallery = (table(rng, side, CLASSES, 6, 0.6) for side in ("sketch", "photo"))
    gallery = rows_of(gallery, np.flatnonzero(gallery.labels != 1))
    [run] = shown([open_run(write_run(tmp_path / "run", queries=queries, gallery=gallery))])

    # The precision at 10 that was measured is the share of right photos that is shown, query by query.
    paths = run.measurement.per_query.paths
    measured = dict(zip(paths, run.measurement.per_query.values["standard/P@10"].tolist(), strict=True))
    found = {queries.paths[row]: share for row, share in zip(run.rows, run.right.mean(axis=1).tolist(), strict=True)}
    assert len(found) == 18
    assert found == pytest.approx(measured)
    assert run.query_labels.tolist() == queries.labels[run.rows].tolist()
    values = run.measurement.per_query.values["standard/mAP@all"]
    assert run.average_precision.tolist() == [values[paths.index(queries.paths[row])] for row in run.rows]


def test_of_many_queries_some_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIGURE_QUERIES", 4)
    [run] = shown([open_run(write_run(tmp_path / "run"))])

    drawn = [run.measurement.saved.queries.paths[row] for row in run.rows]

    assert drawn == ["sketch/bat/0.png", "sketch/cow/4.png", "sketch/door/7.png", "sketch/pear/9.png"]


def test_chance_is_the_share_of_relevant_photos(tmp_path: Path) -> None:
    [run] = shown([open_run(write_run(tmp_path / "run", each=(2, 5)))])

    assert run.chance == pytest.approx(10 * 5 / 20)
