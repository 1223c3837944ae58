"""The tables of results.md and of the methods' pages are written from the measurements, and from nothing else."""

import json
from pathlib import Path
from types import ModuleType

import pytest

from inkseek.retrieval.model_folder import open_model_folder
from tests.docs.loading import ROOT, load_script


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load_script("results")


PAGES = [ROOT / "docs" / "results.md", *sorted((ROOT / "docs" / "methods").glob("*.md"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_tables_are_fresh(script: ModuleType, path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    assert script.page_with_tables(page) == page, "run python scripts/results.py"


def test_every_study_stands_on_a_page() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    for study in (ROOT / "configs" / "studies").glob("*.toml"):
        assert f"<!-- study {study.stem} -->" in pages


def test_the_bundled_encoder_that_was_measured_is_the_one_in_the_package() -> None:
    measured = json.loads((ROOT / "docs" / "measurements" / "bundled-sketchy2.json").read_text(encoding="utf-8"))
    assert measured["evaluation"]["model"]["fingerprint"] == open_model_folder("bundled").fingerprint
    assert measured["evaluation"]["zero_shot"] is True


def test_the_readme_states_the_measured_figure() -> None:
    measured = json.loads((ROOT / "docs" / "measurements" / "bundled-sketchy2.json").read_text(encoding="utf-8"))
    value = measured["evaluation"]["protocols"]["standard"]["micro"]["mAP@all"]
    assert f"mAP@all {value:.3f}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_costs_says_what_was_measured(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "MEASUREMENTS", tmp_path)
    assert script.cost_table() == "Not measured yet."
    (tmp_path / "cost").mkdir()
    found = {"method": "sake", "sketches": 32, "photos": 64, "training_size": 128, "precision": "bf16", "threads": 2}
    found |= {"ours_seconds_per_step": 1.25, "bare_seconds_per_step": 1.2, "ours_over_bare": 1.0417}
    found |= {"epoch_minutes": 3.1, "peak_memory_mib": 2048, "commit": "abc"}
    (tmp_path / "cost" / "sake.json").write_text(json.dumps(found))
    *_, head, line, row = script.cost_table().splitlines()
    assert head.count("|") == line.count("|") == row.count("|")
    assert row == "| sake | 32 + 64 | 128 | bf16 | 1.250 | 1.200 | 1.042 | 3.1 | 2.0 GiB | 2 | abc |"
