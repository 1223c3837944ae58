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
