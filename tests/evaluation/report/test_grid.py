"""Which queries are shown, and how their photos look."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from inkseek.evaluation.report.grid import choose, grid_section
from inkseek.evaluation.report.shown import shown
from tests.evaluation.report.saved_runs import draw_pictures, open_run, rows_of, table, unit, write_run


def test_queries_are_chosen_by_rule() -> None:
    # Class 2 is the best (mean 0.8), then class 0 (0.5), then class 1 (0.2).
    labels = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
    values = np.array([0.9, 0.1, 0.5, 0.3, 0.0, 0.3, 0.8, 1.0, 0.6])

    chosen = choose(values, labels, 3)

    assert [(choice.position, choice.reason) for choice in chosen] == [
        (7, "best of all"),
        (6, "median of its class"),
        (2, "median of its class"),
        (5, "median of its class"),
        (4, "worst of all"),
    ]


def test_of_equal_queries_none_is_the_best_of_all() -> None:
    values = np.array([1.0, 0.3, 1.0 - 1e-12, 0.0, 0.0])

    chosen = choose(values, np.zeros(5, np.int64), 1)

    assert {choice.position: choice.reason for choice in chosen} == {
        0: "one of the best",
        1: "median of its class",
        4: "one of the worst",
    }


def test_classes_are_spread_from_the_best_to_the_worst() -> None:
    labels = np.arange(9)

    chosen = choose(1 - labels / 10, labels, 3)

    assert [choice.position for choice in chosen] == [0, 4, 8]


def test_right_and_wrong_differ_by_more_than_colour(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    queries, gallery = (table(rng, side, ("bat", "cow"), 2, 0.0) for side in ("sketch", "photo"))
    queries = replace(queries, features=unit([[1, 0]] * 4))
    gallery = replace(gallery, features=unit([[9, 1], [0, 1], [3, 1], [2, 1]]))
    measurement = open_run(write_run(tmp_path / "run", classes=("bat", "cow"), queries=queries, gallery=gallery))
    draw_pictures(measurement)

    page = grid_section(shown([measurement]))

    strip = page.split("<h3>bat", 1)[1].split("</ol>", 1)[0]
    verdicts = re.findall(
        r'<li class="(\w+)".*?alt="photo \d, (\w+): (\w+)".*?<path d="([^"]+)".*?hidden">(\w+)<', strip
    )
    assert [verdict[0] for verdict in verdicts] == ["right", "wrong", "wrong", "right"]
    assert all(kind == alt == spoken for kind, alt, _, _, spoken in verdicts)
    assert len({sign for *_, sign, _ in verdicts}) == 2
    assert "2 of 4 right (at most 2), AP 0.750" in strip


def test_pictures_that_are_gone_leave_placeholders_and_a_note(tmp_path: Path) -> None:
    measurement = open_run(write_run(tmp_path / "run"))
    draw_pictures(measurement)
    whole = grid_section(shown([measurement]))
    for path in measurement.saved.gallery.paths[:5]:
        (measurement.saved.root / path).unlink()
    (measurement.saved.root / measurement.saved.gallery.paths[5]).write_bytes(b"no picture")

    page = grid_section(shown([measurement]))

    lost = page.count("(file not found)")
    assert "could not be read" not in whole
    assert whole.count("<img") - page.count("<img") == lost > 0
    assert f"{lost} pictures could not be read" in page


def test_measurements_of_the_same_queries_stand_one_below_the_other(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    order = rng.permutation(12)
    queries = table(rng, "sketch", ("bat", "cow", "door", "pear"), 3, 0.6)
    turned = rows_of(queries, order)
    folders = [
        write_run(tmp_path / "one", name="one", queries=queries),
        write_run(tmp_path / "two", name="two", queries=turned),
        write_run(tmp_path / "other", name="other", classes=("bat", "cow"), each=(2, 4)),
    ]

    page = grid_section(shown([open_run(folder) for folder in folders]))

    first, second = page.split("Queries chosen by", 1)[1].split('<article class="card result">\n', 1)[1], page
    values = re.findall(r"AP (\d\.\d+)", first.split("</article>", 1)[0])
    assert len(values) == 2
    assert values[0] == values[1]
    assert second.count('<b class="chip s3">C</b> <span class="name">other</span>:') > 0
