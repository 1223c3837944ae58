"""A run given away: `inkseek export` writes a folder that search opens, with figures on its card or none."""

import json
from pathlib import Path

import pytest

from tests.cli.calling import inkseek
from tests.e2e.conftest import Run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def exported(finished: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export") / "given"
    done = inkseek("export", finished.folder, "--out", out, "--json")
    assert done.code == 0
    assert done.json()["model"] == str(out)
    return out


def test_the_folder_holds_the_network_alone_and_half_its_size(exported: Path, finished: Run) -> None:
    assert {path.name for path in exported.iterdir()} == {"README.md", "config.json", "encoder.onnx"}
    full = finished.folder / "model" / "encoder.onnx"
    assert (exported / "encoder.onnx").stat().st_size < 0.55 * full.stat().st_size
    assert json.loads((exported / "config.json").read_text())["precision"] == "float16"


def test_its_figures_go_on_its_card(exported: Path, finished: Run, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    measured = inkseek("evaluate", exported, "--data", finished.data, "--split", "sketchy2", "--json")
    figures.write_text(measured.out)
    done = inkseek("export", finished.folder, "--out", exported, "--figures", figures)
    assert done.code == 0
    card = (exported / "README.md").read_text()
    value = measured.json()["protocols"]["standard"]["micro"]["mAP@all"]
    assert f"{value:.3f}" in card
    assert measured.json()["model"]["fingerprint"][:12] in card


def test_figures_of_another_encoder_are_refused(exported: Path, finished: Run, tmp_path: Path) -> None:
    measured = inkseek("evaluate", finished.folder, "--data", finished.data, "--split", "sketchy2", "--json")
    figures = tmp_path / "figures.json"
    figures.write_text(measured.out)
    before = (exported / "README.md").read_text()
    done = inkseek("export", finished.folder, "--out", exported, "--figures", figures)
    assert done.code == 2
    assert "evaluate" in done.err
    assert (exported / "README.md").read_text() == before


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = inkseek("export", tmp_path / "empty", "--out", tmp_path / "out")
    assert done.code == 2
    assert "not a finished run" in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("inside", [False, True])
def test_nothing_but_a_model_folder_is_replaced(finished: Run, tmp_path: Path, inside: bool) -> None:
    out = finished.folder / "model" if inside else tmp_path / "photos"
    if not inside:
        out.mkdir()
        (out / "holiday.jpg").write_bytes(b"mine")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    done = inkseek("export", finished.folder, "--out", out)
    assert done.code == 2
    assert str(out) in done.err
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 1}'])
def test_figures_that_are_none_are_refused(finished: Run, tmp_path: Path, text: str) -> None:
    figures = tmp_path / "figures.json"
    figures.write_text(text)
    done = inkseek("export", finished.folder, "--out", tmp_path / "out", "--figures", figures)
    assert done.code == 2
    assert "evaluate --json" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]
