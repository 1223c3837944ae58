"""Studies: every row of every file is an experiment that can be run, and a table says what its measurements say."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from inkseek.arrays import save_arrays
from inkseek.training.experiment import load_experiment
from tests.docs.loading import ROOT, load_script

STUDIES = sorted((ROOT / "configs" / "studies").glob("*.toml"))


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load_script("study")


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_every_row_is_an_experiment_on_the_classes_that_are_measured(script: ModuleType, file: Path) -> None:
    study = script.read_study(file)
    names = [row.name for row in study.rows]
    assert study.reference in names
    assert len(set(names)) == len(names)
    folders: list[Path] = []
    for row in study.rows:
        for repeat in script.repeats(study, file.stem, row):
            folders.append(repeat.measurement)
            if repeat.command is not None:
                command = list(repeat.command)
                settings = [command[i + 1] for i, word in enumerate(command) if word == "--set"]
                assert load_experiment(ROOT / command[2], settings).data.split == study.split
    assert len(set(folders)) == len(folders)


def measured(folder: Path, values: list[float]) -> None:
    """A run folder with what a table reads of it."""
    (folder / "model").mkdir(parents=True)
    weights = {"weight": np.zeros((3, 4), np.float32), "bias": np.zeros(3, np.float32)}
    save_file(weights, folder / "model" / "model.safetensors")
    (folder / "environment.json").write_text(json.dumps({"commits": ["0ld", "abc"]}))
    steps = [{"kind": "step", "seconds": 30.0}, {"kind": "held_out", "mAP@all": 0.1}, {"kind": "step", "seconds": 60.0}]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(step) + "\n" for step in steps))
    (folder / "study").mkdir()
    data = {"split": "sketchy2", "queries": 4, "gallery": 4, "classes": 2, "manifest": "0" * 64}
    evaluation = {"feature": {"dimension": 8}, "data": data}
    (folder / "study" / "evaluation.json").write_text(json.dumps(evaluation))
    columns = {"path": np.array(list("abcd")), "class": np.array(list("xxyy")), "standard/mAP@all": np.array(values)}
    save_arrays(folder / "study" / "queries.npz", columns)


STUDY = """
title = "t"
question = "q"
config = "configs/sake-sketchy25.toml"
data = "d"
split = "sketchy2"
seeds = [0, 1]
reference = "full"
[[rows]]
name = "full"
[[rows]]
name = "less"
paper = "0.5"
settings = ["training.epochs=1"]
[[rows]]
name = "not run"
[[rows]]
name = "given"
run = "given"
"""


@pytest.fixture
def keep(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[dict[str, list[float]]], Any]:
    """From the values of every query of a run folder to the rows of STUDY's table."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(script, "KEPT", tmp_path / "kept")
    (tmp_path / "s.toml").write_text(STUDY)

    def kept(runs: dict[str, list[float]]) -> Any:  # noqa: ANN401 - JSON
        for folder, values in runs.items():
            measured(tmp_path / "runs/studies/s" / folder, values)
        measured(tmp_path / "given", [1.0, 1.0, 1.0, 1.0])
        script.keep(script.read_study(tmp_path / "s.toml"), "s")
        return json.loads((tmp_path / "kept" / "s.json").read_text())["rows"]

    return kept


def test_a_table_holds_means_over_seeds_and_differences_of_the_same_queries(
    keep: Callable[[dict[str, list[float]]], Any],
) -> None:
    full, less, absent, given = keep(
        {
            "full-s0": [0.5, 0.5, 0.25, 0.25],
            "full-s1": [0.5, 0.5, 0.75, 0.75],
            "less-s0": [0.25, 0.25, 0.25, 0.25],
            "less-s1": [0.25, 0.25, 0.25, 0.25],
        }
    )
    assert (full["mean"], less["mean"], given["mean"]) == (0.5, 0.25, 1.0)
    assert full["scores"] == [0.375, 0.625]
    assert "difference" not in full
    assert less["difference"]["mean"] == -0.25
    assert less["difference"]["low"] == less["difference"]["high"] == -0.25
    assert (less["parameters"], less["minutes"], less["runs"], less["paper"]) == (15, 1.5, 2, "0.5")
    assert absent == {"name": "not run", "paper": "", "runs": 0}
    assert given["command"] == "run given"


def test_a_row_of_fewer_seeds_is_held_against_those_of_the_reference(
    keep: Callable[[dict[str, list[float]]], Any],
) -> None:
    _, less, _, given = keep({"full-s0": [0.375] * 4, "full-s1": [0.625] * 4, "less-s1": [0.25] * 4})
    assert less["difference"]["mean"] == -0.375
    assert given["difference"]["mean"] == 0.5


def test_every_row_gets_its_first_seed_before_any_gets_its_second(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "study.toml"
    file.write_text(STUDY)
    study = script.read_study(file)
    seeds = {"a": (0,), "b": (0,), "c": (0, 1, 2)}
    rows = tuple(script.Row(name=name, seeds=found) for name, found in seeds.items())
    study = study.model_copy(update={"rows": (*rows, script.Row(name="done", run="runs/done"))})
    done: list[str] = []
    monkeypatch.setattr(script, "execute", lambda command: done.append(" ".join(command[:2] + command[4:5])))
    script.run(study, "s", list(study.rows)[script.part("1/2")])
    trained = [line.split("/")[-1] for line in done if " train " in line]
    assert trained == ["a-s0", "c-s0", "c-s1", "c-s2"]
    done.clear()
    script.run(study, "s", list(study.rows), 1)
    assert [line.split("/")[-1] for line in done if " train " in line] == ["a-s0", "b-s0", "c-s0"]
    assert [row.name for row in list(study.rows)[script.part("2/2")]] == ["b", "done"]
    for part in ("0/2", "3/2", "half"):
        with pytest.raises(ValueError, match=r"K is from|invalid literal"):
            script.part(part)
