"""Bars of classes: their order, their lengths, and what is cut."""

import re
from pathlib import Path

import pytest

from inkseek.evaluation.report import class_bars as module
from inkseek.evaluation.report.class_bars import classes_section
from inkseek.evaluation.report.shown import shown
from tests.evaluation.report.saved_runs import open_run, write_run


def names_of(page: str) -> list[str]:
    """Classes of every table, in order."""
    return re.findall(r'<th scope="row">(.*?)</th>', page)


def test_classes_fall_by_the_mean_over_the_measurements(tmp_path: Path) -> None:
    runs = [open_run(write_run(tmp_path / str(seed), seed=seed, noise=1.2)) for seed in (0, 1)]
    values = [run.evaluation["per_class"] for run in runs]
    means = {name: sum(value[name]["mAP@all"] for value in values) for name in values[0]}

    page = classes_section(shown(runs))

    assert names_of(page) == sorted(means, key=lambda name: -means[name]) != sorted(means)
    for name in means:
        row = page.split(f'<th scope="row">{name}</th>', 1)[1].split("</tr>", 1)[0]
        figures = [f"{value[name]['mAP@all']:.3f}" for value in values]
        assert re.findall(r"--v:([\d.]+)", row) == figures
        assert re.findall(r"<td>([\d.]+)</td>", row) == figures


def test_of_many_classes_the_middle_opens_on_demand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 4)
    classes = tuple(f"class{place}" for place in range(7))
    run = open_run(write_run(tmp_path / "run", classes=classes, noise=1.2))

    page = classes_section(shown([run]))

    first, whole = page.split("<details>")
    assert "The best 2 of 7 classes" in first
    assert "The worst 2" in first
    assert names_of(whole) == [*names_of(first)[:2], *names_of(whole)[2:5], *names_of(first)[2:]]
    assert len(names_of(whole)) == 7


def test_a_class_of_one_measurement_only_has_a_gap(tmp_path: Path) -> None:
    runs = [
        open_run(write_run(tmp_path / str(place), classes=names))
        for place, names in enumerate((("a", "b"), ("b", "c")))
    ]

    page = classes_section(shown(runs))

    assert sorted(names_of(page)) == ["a", "b", "c"]
    assert page.count("<td>–</td>") == 2
