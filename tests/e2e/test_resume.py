"""A run folder is begun once, continued exactly, and never damaged by a call that fails."""

import json
import shutil
from pathlib import Path

import pytest

from inkseek.retrieval.model_folder import open_model_folder
from tests.cli.calling import contents, inkseek_process, refusal
from tests.e2e.conftest import STEPS, Run, train

pytestmark = pytest.mark.slow


@pytest.fixture
def copy(finished: Run, tmp_path: Path) -> Path:
    """The finished run, free to be changed; it keeps its name, which is the model's."""
    return shutil.copytree(finished.folder, tmp_path / finished.folder.name)


def steps(run: Path) -> list[int]:
    records = map(json.loads, (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines())
    return [record["step"] for record in records if record["kind"] == "step"]


def test_a_run_is_not_begun_twice_in_one_folder(finished: Run) -> None:
    before = contents(finished.folder)
    sentence = refusal(finished.train(finished.folder))
    assert sentence == f"{finished.folder}: holds a run already; continue it with --resume or choose another --out"
    assert contents(finished.folder) == before


def test_a_run_is_not_continued_with_other_settings(finished: Run) -> None:
    before = contents(finished.folder)
    sentence = refusal(finished.train(finished.folder, "--resume", "--set", "training.seed=7"))
    assert "begun with other settings" in sentence
    assert contents(finished.folder) == before


def test_a_run_begun_before_a_setting_existed_is_continued_with_its_default(finished: Run, copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    del config["training"]["augmentation"]["each"], config["method"]["optimiser"]["betas"]
    (copy / "config.json").write_text(json.dumps(config))
    assert finished.train(copy, "--resume").code == 0


def test_a_finished_run_is_exported_again_and_nothing_is_trained(finished: Run, copy: Path) -> None:
    shutil.rmtree(copy / "model")
    done = finished.train(copy, "--resume")
    assert (done.code, done.out) == (0, "")
    assert f"inkseek evaluate {copy} --data DIR --split sketchy2" in done.err
    assert open_model_folder(copy).fingerprint == open_model_folder(finished.folder).fingerprint
    assert (copy / "metrics.jsonl").read_text() == (finished.folder / "metrics.jsonl").read_text()
    assert {entry.name for entry in copy.iterdir()} == {entry.name for entry in finished.folder.iterdir()}


def test_a_run_that_was_killed_before_its_first_checkpoint_is_begun_anew(finished: Run, copy: Path) -> None:
    shutil.rmtree(copy / "checkpoint")
    shutil.rmtree(copy / "model")
    # In a process of its own, as the whole run was: sums depend on the number of threads.
    assert train(finished.data, copy, "--resume", call=inkseek_process).code == 0
    assert steps(copy) == [*range(1, STEPS + 1)]
    assert open_model_folder(copy).fingerprint == open_model_folder(finished.folder).fingerprint


def test_a_run_that_was_killed_while_a_checkpoint_was_exchanged_keeps_the_older_one(finished: Run, copy: Path) -> None:
    (copy / "checkpoint").rename(copy / "checkpoint.old")
    assert finished.train(copy, "--resume").code == 0
    assert (copy / "metrics.jsonl").read_text() == (finished.folder / "metrics.jsonl").read_text()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("cut", "damaged checkpoint"),
        ("header", "damaged checkpoint"),
        ("state", "damaged checkpoint"),
        ("another tensor", "checkpoint of another method or setting"),
    ],
)
def test_a_damaged_checkpoint_is_refused_and_nothing_is_lost(
    finished: Run, copy: Path, damage: str, words: str
) -> None:
    tensors, state = copy / "checkpoint/state.safetensors", copy / "checkpoint/state.json"
    data = tensors.read_bytes()
    match damage:
        case "cut":
            tensors.write_bytes(data[: len(data) // 2])
        case "header":
            tensors.write_bytes(data[:8] + b"\xff" * 64 + data[72:])
        case "another tensor":
            tensors.write_bytes(data.replace(b"method.classifier.bias", b"method.classifier.bios", 1))
        case "state":
            state.write_text(state.read_text()[:20])
    before = contents(copy)
    done = finished.train(copy, "--resume")
    news, *rest = done.err.splitlines()
    assert news == "12 sketches and 12 photos of 104 seen classes"
    assert (done.code, done.out, len(rest)) == (2, "", 1)
    assert rest[0].startswith(f"inkseek: {copy / 'checkpoint'}: {words}")
    assert contents(copy) == before
