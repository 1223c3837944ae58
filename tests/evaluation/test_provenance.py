"""Repeats of one experiment are known by their settings."""

import json
from pathlib import Path

import pytest

from inkseek.errors import FormatError
from inkseek.evaluation.provenance import run_facts


def write_run(folder: Path, *, seed: int = 0, epochs: int = 4, root: str = "data") -> Path:
    """The two files of a run that tell where it comes from."""
    folder.mkdir(parents=True)
    config = {
        "data": {"root": root, "cache": "cache", "split": "sketchy2"},
        "training": {"seed": seed, "epochs": epochs},
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "environment.json").write_text(json.dumps({"commits": ["abc"]}), encoding="utf-8")
    return folder


def test_seed_and_commits_are_read(tmp_path: Path) -> None:
    facts = run_facts(write_run(tmp_path / "run", seed=3))

    assert facts is not None
    assert (facts["seed"], facts["commits"], len(facts["settings"])) == (3, ["abc"], 64)


def test_runs_that_differ_by_seed_or_place_are_repeats(tmp_path: Path) -> None:
    runs = [
        write_run(tmp_path / "one"),
        write_run(tmp_path / "other", seed=1, root="elsewhere"),
        write_run(tmp_path / "longer", epochs=5),
    ]

    one, other, longer = (facts["settings"] for run in runs if (facts := run_facts(run)))

    assert one == other
    assert one != longer


def test_a_model_folder_alone_has_no_run(tmp_path: Path) -> None:
    assert run_facts(tmp_path) is None


def test_a_damaged_run_is_an_error(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    (run / "environment.json").write_text("{}", encoding="utf-8")

    with pytest.raises(FormatError, match="damaged"):
        run_facts(run)
