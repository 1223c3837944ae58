"""Shares of classes among the first photos."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkseek.evaluation.report import confusion as module
from inkseek.evaluation.report.confusion import confusion, confusion_section
from inkseek.evaluation.report.shown import shown
from tests.evaluation.report.saved_runs import open_run, table, unit, write_run


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


def test_of_many_classes_the_most_confused_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 4)
    names = tuple(f"class{place}" for place in range(9))
    [run] = shown([open_run(write_run(tmp_path / "run", classes=names, noise=1.0))])

    page = confusion_section([run])

    assert "The 4 classes with the largest confusions of 9." in page
    assert page.count('<th scope="row">') == 4
    first = page.split(" finds <b>", 1)[0].rsplit("<b>", 1)[1].removesuffix("</b>")
    assert f'<th scope="row">{first}</th>' in page
