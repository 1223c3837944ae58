"""`scripts/spectrum.py`: the figures of a kept measurement, as a table and as JSON."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.docs.loading import load_script
from tests.evaluation.report.saved_runs import open_run, write_run


def test_the_four_spectra_of_a_measurement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_run(tmp_path / "measured", name="tiny", training=True)
    monkeypatch.setattr(sys, "argv", ["spectrum.py", str(folder), "--json", str(tmp_path / "spectrum.json")])

    load_script("spectrum").main()

    saved = open_run(folder).saved
    values = {
        "test sketch": np.linalg.svd(saved.queries.features, compute_uv=False),
        "test photo": np.linalg.svd(saved.gallery.features, compute_uv=False),
        "training sketch": np.linalg.svd(saved.training["sketch"].features, compute_uv=False),
        "training photo": np.linalg.svd(saved.training["photo"].features, compute_uv=False),
    }
    [figures] = json.loads((tmp_path / "spectrum.json").read_text()).values()
    assert figures.keys() == values.keys()
    for name, found in figures.items():
        modality = name.split()[1]
        largest = max(values[f"{side} {modality}"][0] for side in ("test", "training"))
        assert found == pytest.approx(values[name] / largest, abs=1e-5)
    rows = capsys.readouterr().out.splitlines()
    [row] = [row for row in rows if row.startswith("| training photo")]
    tenth = figures["training photo"][9]
    assert row.split(" | ")[1:] == ["80", "1.000", f"{figures['training photo'][4]:.3f}", f"{tenth:.3f}", "–", "– |"]


def test_without_training_features_there_are_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["spectrum.py", str(write_run(tmp_path / "measured"))])

    load_script("spectrum").main()

    rows = capsys.readouterr().out.splitlines()
    assert [row.split(" | ")[0] for row in rows if row.startswith("| t")] == ["| test sketch", "| test photo"]
