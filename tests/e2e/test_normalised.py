"""Training with within-class normalisation: measured before and after, the same when it is exported again."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from inkseek.retrieval.model_folder import open_model_folder
from tests.cli.calling import inkseek, refusal
from tests.e2e.conftest import Run, train

pytestmark = pytest.mark.slow

BASELINE = ("--set", "training.batch.sampling=shuffled", "--set", "training.batch.classes=0")
RIDGE = ("--set", "normalisation.ridge=3.0")


def kinds(run: Path) -> list[str]:
    records = map(json.loads, (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines())
    return [record["kind"] for record in records if record["kind"] != "step"]


def test_it_is_folded_into_the_encoder_and_measured(shapes: Path, tmp_path: Path) -> None:
    plain, normalised = tmp_path / "plain", tmp_path / "normalised"
    assert train(shapes, plain, *BASELINE, config="baseline-sketchy25").code == 0
    assert train(shapes, normalised, *BASELINE, *RIDGE, config="baseline-sketchy25").code == 0
    assert kinds(plain) == ["held_out"]
    assert kinds(normalised) == ["held_out", "held_out_normalised"]
    before, after = (load_file(run / "model" / "model.safetensors") for run in (plain, normalised))
    assert {key: value.shape for key, value in before.items()} == {key: value.shape for key, value in after.items()}
    changed = {key for key in before if not np.array_equal(before[key], after[key])}
    assert changed == {"projection.weight", "projection.bias", "centre.mean"}
    fingerprint = open_model_folder(normalised).fingerprint
    shutil.rmtree(normalised / "model")
    assert train(shapes, normalised, *BASELINE, *RIDGE, "--resume", config="baseline-sketchy25").code == 0
    assert open_model_folder(normalised).fingerprint == fingerprint
    assert kinds(normalised) == ["held_out", "held_out_normalised"]


def test_a_method_without_a_centre_is_refused_before_a_picture_is_read(shapes: Path, tmp_path: Path) -> None:
    sentence = refusal(train(shapes, tmp_path / "run", *RIDGE))
    assert sentence.startswith("normalisation: sake as configured has no network for both modalities")
    assert not (tmp_path / "run").exists()


def test_a_soup_is_a_run_like_another(shapes: Path, finished: Run, tmp_path: Path) -> None:
    other, out = tmp_path / "other", tmp_path / "soup"
    assert train(shapes, other, *BASELINE, config="baseline-sketchy25").code == 0
    sentence = refusal(inkseek("soup", other, finished.folder, "--out", out))
    assert "its network has another form" in sentence
    assert not out.exists()
    done = inkseek("soup", other, finished.folder, "--out", out, *RIDGE, "--json")
    assert done.code == 0
    assert set(json.loads(done.out)["figures"]) == {"held_out_normalised"}
    ingredients = json.loads((out / "environment.json").read_text())["soup"]
    assert [each["config"]["method"]["name"] for each in ingredients] == ["baseline", "sake"]
    card = (out / "model" / "README.md").read_text()
    assert "Soup: the mean weights of `other` (baseline, " in card
    assert "Codes normalised within classes: ridge 3, gap 1" in card
    measured = tmp_path / "measured"
    norms = ("--set", "training.norm_batches=2")
    assert inkseek("soup", other, finished.folder, "--out", measured, *RIDGE, *norms).code == 0
    plain, anew = (load_file(run / "model" / "model.safetensors") for run in (out, measured))
    changed = {key for key in plain if not np.array_equal(plain[key], anew[key])}
    assert any(key.endswith("running_var") for key in changed)
    folded = {"projection.weight", "projection.bias", "centre.mean"}
    assert all(key.endswith(("running_mean", "running_var", "num_batches_tracked")) for key in changed - folded)
    assert "Batch norms measured anew on 2 batches" in (measured / "model" / "README.md").read_text()
    evaluation = inkseek("evaluate", out, "--data", shapes, "--split", "sketchy2", "--json")
    assert json.loads(evaluation.out)["zero_shot"] is True
    assert "holds a run already" in refusal(inkseek("soup", other, finished.folder, "--out", out, *RIDGE))
    sentence = refusal(train(shapes, out, *BASELINE, *RIDGE, "--resume", config="baseline-sketchy25"))
    assert sentence == f"{out}: is a soup of runs, which is not trained further; choose another --out"


def test_a_soup_that_fails_leaves_nothing(shapes: Path, finished: Run, tmp_path: Path) -> None:
    other, out = tmp_path / "other", tmp_path / "soup"
    assert train(shapes, other, *BASELINE, config="baseline-sketchy25").code == 0
    gone = ("--set", f"data.root={tmp_path / 'gone'}")
    assert refusal(inkseek("soup", other, finished.folder, "--out", out, *RIDGE, *gone))
    assert {path.name for path in tmp_path.iterdir()} == {"other"}
