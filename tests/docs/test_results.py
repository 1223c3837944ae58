"""The tables of results.md are written from the measurements, and from nothing else."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from inkseek.retrieval.model_folder import open_model_folder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("results_script", ROOT / "scripts" / "results.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_fresh(script: ModuleType) -> None:
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert script.page_with_tables(page) == page, "run python scripts/results.py"


def test_the_bundled_encoder_that_was_measured_is_the_one_in_the_package() -> None:
    measured = json.loads((ROOT / "docs" / "measurements" / "bundled-sketchy2.json").read_text(encoding="utf-8"))
    assert measured["evaluation"]["model"]["fingerprint"] == open_model_folder("bundled").fingerprint
    assert measured["evaluation"]["zero_shot"] is True


def test_the_readme_states_the_measured_figure() -> None:
    measured = json.loads((ROOT / "docs" / "measurements" / "bundled-sketchy2.json").read_text(encoding="utf-8"))
    value = measured["evaluation"]["protocols"]["standard"]["micro"]["mAP@all"]
    assert f"mAP@all {value:.3f}" in (ROOT / "README.md").read_text(encoding="utf-8")
