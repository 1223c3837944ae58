"""Letters, and the queries that figures are drawn from."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkseek.evaluation.report import shown as module
from inkseek.evaluation.report.shown import at_the_top, best_first, letter, main_protocols, shown, spaced
from tests.evaluation.report.saved_runs import CLASSES, coded, open_run, rows_of, table, write_run


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


def test_right_photos_of_codes_are_expected_over_all_orders_inside_ties(tmp_path: Path) -> None:
    # One distance for all: of 4 + 12 photos in random order the first 10 hold 10 * 4/16 and 10 * 12/16 right ones.
    rng = np.random.default_rng(0)
    queries, gallery = (table(rng, side, ("bat", "cow"), 12, 0.6) for side in ("sketch", "photo"))
    queries, gallery = (replace(side, features=np.ones_like(side.features)) for side in (queries, gallery))
    gallery = rows_of(gallery, np.arange(8, 24))
    folder = write_run(tmp_path / "run", classes=("bat", "cow"), queries=queries, gallery=gallery, codes=True)
    [run] = shown([open_run(folder)])

    assert coded(queries).features.tolist() == [[255]] * 24
    assert run.expected_right == pytest.approx((10 * 4 / 16 + 10 * 12 / 16) / 2)
    assert run.right.sum(axis=1).tolist() == [4] * 12 + [6] * 12
    assert run.attainable.tolist() == [4] * 12 + [10] * 12


def test_codes_stand_under_expected(tmp_path: Path) -> None:
    codes = open_run(write_run(tmp_path / "codes", codes=True, noise=1.5))
    features = open_run(write_run(tmp_path / "features", noise=1.5))
    of_codes, of_features = shown([codes, features])

    assert (codes.main_protocol, features.main_protocol) == ("expected", "standard")
    assert main_protocols([of_codes, of_features]) == "A expected, B standard"
    assert main_protocols([of_features]) == "standard"
    paths = codes.per_query.paths
    values = dict(zip(paths, codes.per_query.values["expected/mAP@all"].tolist(), strict=True))
    assert of_codes.average_precision.tolist() == [values[path] for path in sorted(paths)]
    assert values != dict(zip(paths, codes.per_query.values["standard/mAP@all"].tolist(), strict=True))
    bats = [value for path, value in values.items() if "/bat/" in path]
    assert of_codes.class_means["bat"] == pytest.approx(sum(bats) / 3)


def test_where_expected_was_not_measured_the_first_protocol_stands(tmp_path: Path) -> None:
    codes = open_run(write_run(tmp_path / "codes", codes=True))
    protocols = {name: codes.evaluation["protocols"][name] for name in ("zse", "sake")}
    saved = replace(codes.saved, evaluation={**codes.evaluation, "protocols": protocols})

    assert replace(codes, saved=saved).main_protocol == "zse"


def test_the_largest_values_are_equal_up_to_rounding() -> None:
    assert at_the_top(np.array([0.2, 0.7 - 1e-12, 0.7, 0.69])) == [1, 2]
