"""Shares of classes among the first photos."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkseek.evaluation.report import confusion as module
from inkseek.evaluation.report.confusion import confusion, confusion_section
from inkseek.evaluation.report.shown import shown
from tests.evaluation.report.saved_runs import open_run, rows_of, table, unit, write_run


def test_shares_worked_by_hand() -> None:
    # Two queries of class 0 with first photos (0, 0) and (0, 1), one of class 2 with (1, 1), none of class 1.
    found = confusion(np.array([0, 2, 0]), np.array([[0, 0], [1, 1], [0, 1]]), 3)

    assert found.tolist() == [[0.75, 0.25, 0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


def test_the_largest_confusions_are_told_in_words(tmp_path: Path) -> None:
    # Every bat finds cows; a cow finds cows.
    rng = np.random.default_rng(0)
    queries, gallery = (table(rng, side, ("bat", "cow"), 10, 0.0) for side in ("sketch", "photo"))
    queries = replace(queries, features=unit([[0, 1]] * 20))
    gallery = replace(gallery, features=unit([[1, 0]] * 10 + [[0, 1]] * 10))
    run = write_run(tmp_path / "run", classes=("bat", "cow"), queries=queries, gallery=gallery)

    page = confusion_section(shown([open_run(run)]))

    assert "<b>bat</b> finds <b>cow</b>: 100 %" in page
    assert page.count(" finds <b>") == 1
    assert 'title="bat finds cow: 100 %">100<' in page
    assert 'title="cow finds cow: 100 %">100<' in page


def test_a_perfect_encoder_confuses_nothing(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", classes=("bat", "cow"), noise=0.0, each=(2, 12))

    assert "Nothing is taken for anything else." in confusion_section(shown([open_run(run)]))


def heads_of(page: str) -> tuple[list[str], list[str]]:
    """Names of the rows and of the columns of the first map."""
    first = page.split("</table>", 1)[0]
    return re.findall(r'<th scope="row">(.*?)</th>', first), re.findall(r"<span>(.*?)</span></th>", first)


def test_of_many_classes_the_most_confused_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 4)
    monkeypatch.setattr(module, "OTHERS", 2)
    names = tuple(f"class{place}" for place in range(9))
    [run] = shown([open_run(write_run(tmp_path / "run", classes=names, noise=1.0))])

    page = confusion_section([run])

    rows, columns = heads_of(page)
    assert "Rows: the 4 of 9 drawn classes with the largest confusions." in page
    assert rows == sorted(rows)
    assert columns[:4] == rows
    assert len(set(columns)) == 6
    assert "then the 2 of 5 other classes found most often" in page
    first = page.split(" finds <b>", 1)[0].rsplit("<b>", 1)[1].removesuffix("</b>")
    assert first in rows


def test_many_classes_without_confusions_still_have_a_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    run = write_run(tmp_path / "run", classes=("bat", "cow", "sun"), noise=0.0, each=(2, 12))

    rows, columns = heads_of(confusion_section(shown([open_run(run)])))

    assert rows == columns == ["bat", "cow"]


def test_under_a_generalized_gallery_every_class_that_was_drawn_has_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Sketches of the last two classes alone; photos of all seven.
    monkeypatch.setattr(module, "MOST", 4)
    monkeypatch.setattr(module, "OTHERS", 1)
    names = tuple(f"class{place}" for place in range(7))
    rng = np.random.default_rng(0)
    queries, gallery = (table(rng, side, names, 4, 2.0) for side in ("sketch", "photo"))
    kept = np.flatnonzero(queries.labels >= 5)
    run = write_run(tmp_path / "run", classes=names, queries=rows_of(queries, kept), gallery=gallery)

    page = confusion_section(shown([open_run(run)]))

    rows, columns = heads_of(page)
    assert rows == ["class5", "class6"]
    assert columns[:2] == rows
    assert len(columns) == 4
    assert "Rows:" not in page
    assert "Columns: the drawn classes, then the 2 of 5 other classes found most often." in page


def test_nothing_is_said_of_a_map_that_holds_all(tmp_path: Path) -> None:
    page = confusion_section(shown([open_run(write_run(tmp_path / "run", noise=1.5))]))

    assert "Rows:" not in page
    assert "Columns:" not in page


def test_a_diagonal_that_cannot_be_full_is_told(tmp_path: Path) -> None:
    few = open_run(write_run(tmp_path / "few", each=(2, 5)))
    many = open_run(write_run(tmp_path / "many", each=(2, 10)))

    words = "A class with fewer photos than that cannot fill its place on the diagonal."
    assert words in confusion_section(shown([few]))
    assert words not in confusion_section(shown([many]))
