"""`torchrun` and the command: one run folder, one voice, and a run that goes on after a process was killed."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calling import Done
from tests.e2e.conftest import EACH, SEEN, STEPS, Run, train
from tests.training.many import ROOT, surroundings, torchrun

pytestmark = pytest.mark.slow

COUNT = 2
EPOCHS = 2
TOLERANCE = 5e-3
FROZEN = ("--set", "training.batch_norm=frozen", "--set", f"training.epochs={EPOCHS}")


def command(*arguments: str | Path) -> list[str]:
    return torchrun(COUNT, "-m", "inkseek.cli.main", *map(str, arguments))


def many(*arguments: str | Path) -> Done:
    """Call the command on two processes."""
    done = subprocess.run(
        command(*arguments), env=surroundings(), cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    return Done(done.returncode, done.stdout, done.stderr)


def records(run: Path, kind: str) -> list[dict[str, Any]]:
    lines = map(json.loads, (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines())
    return [record for record in lines if record["kind"] == kind]


def assert_same_curve(one: Path, other: Path) -> None:
    """Two runs did the same steps, to the tolerance."""
    for left, right in zip(records(one, "step"), records(other, "step"), strict=True):
        assert left["step"] == right["step"]
        assert left["total"] == pytest.approx(right["total"], rel=TOLERANCE)


@pytest.fixture(scope="module")
def alone(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Trained by one process."""
    folder = tmp_path_factory.mktemp("alone") / "run"
    return Run(folder, shapes, train(shapes, folder, *FROZEN))


def test_two_processes_make_the_run_of_one(alone: Run, tmp_path: Path) -> None:
    done = train(alone.data, tmp_path / "run", *FROZEN, "--json", call=many)
    assert done.json()["run"] == str(tmp_path / "run")
    pictures = len(SEEN) * (EACH - 5)
    assert done.err.count(f"{pictures} sketches and {pictures} photos of") == 1
    assert_same_curve(alone.folder, tmp_path / "run")
    for left, right in zip(records(alone.folder, "held_out"), records(tmp_path / "run", "held_out"), strict=True):
        assert left["mAP@all"] == pytest.approx(right["mAP@all"], abs=0.02)
    assert {entry.name for entry in (tmp_path / "run").iterdir()} == {entry.name for entry in alone.folder.iterdir()}
    environment = json.loads((tmp_path / "run" / "environment.json").read_text())
    assert environment["device"] == "2 processes, each cpu, 1 threads"


def test_a_run_goes_on_after_one_of_its_processes_was_killed(alone: Run, tmp_path: Path) -> None:
    often = ("--set", "training.checkpoint_every=1")
    call = train(alone.data, tmp_path / "run", *FROZEN, *often, call=killed)
    assert call.code != 0
    position = json.loads((tmp_path / "run" / "checkpoint" / "state.json").read_text())
    done = position["epoch"] * STEPS + position["step"]
    assert 0 < done < EPOCHS * STEPS
    resumed = train(alone.data, tmp_path / "run", *FROZEN, *often, "--resume")
    assert resumed.code == 0, resumed.err
    assert [record["step"] for record in records(tmp_path / "run", "step")] == [*range(1, EPOCHS * STEPS + 1)]
    assert_same_curve(alone.folder, tmp_path / "run")


def killed(*arguments: str | Path) -> Done:
    """Call the command on two processes, and kill the second one at the first checkpoint."""
    folder = Path(arguments[arguments.index("--out") + 1])
    with subprocess.Popen(
        command(*arguments), env=surroundings(), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as torch_run:
        while not (folder / "checkpoint").exists():
            assert torch_run.poll() is None
            time.sleep(0.01)  # nothing tells of a file
        children = Path(f"/proc/{torch_run.pid}/task/{torch_run.pid}/children").read_text().split()
        os.kill(int(children[-1]), signal.SIGKILL)
        out, err = torch_run.communicate(timeout=120)
        return Done(torch_run.returncode, out, err)


def test_a_mistake_is_said_once(alone: Run, tmp_path: Path) -> None:
    done = train(alone.data, tmp_path / "run", "--set", "training.batch.sketches=5", call=many)
    assert done.code == 1  # of torchrun itself
    said = [line for line in done.err.splitlines() if line.startswith("inkseek:")]
    assert said == [
        "inkseek: training.batch.sketches: 5 cannot be shared evenly by 2 processes; choose a multiple of 2, or start "
        "fewer processes"
    ]
    assert "Traceback" not in done.err.partition("inkseek:")[0]
    assert "exitcode  : 2" in done.err
    assert not (tmp_path / "run").exists()
