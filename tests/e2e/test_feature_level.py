"""The road of a feature-level method: fine-tune backbones, train on their features, measure what is served."""

import json
from pathlib import Path

import pytest

from tests.cli.calling import Done, contents, inkseek, refusal
from tests.e2e.conftest import UNSEEN, Run, train

pytestmark = pytest.mark.slow

PAIRS = (
    "--set", 'semantics={hierarchy="path"}',
    "--set", "training.batch.sketches=6",
    "--set", "training.batch.steps=3",
)  # fmt: skip


def pcmsn(data: Path, out: Path, backbone: Path, *more: str) -> Done:
    return train(data, out, *PAIRS, "--set", f"features.run={backbone}", *more, config="pcmsn-sketchy25")


@pytest.fixture(scope="module")
def backbone(shapes: Path) -> Path:
    """Two fine-tuned networks, read only."""
    folder = shapes.parent / "runs" / "finetuned"
    assert train(shapes, folder, config="finetune-sketchy25").code == 0
    return folder


def test_it_trains_on_features_that_are_computed_once_and_serves_one_network_a_modality(
    shapes: Path, backbone: Path, tmp_path: Path
) -> None:
    caches = shapes.parent / "cache"
    assert pcmsn(shapes, tmp_path / "run", backbone).code == 0
    features = set(caches.glob("features-*.npz"))
    assert pcmsn(shapes, tmp_path / "again", backbone, "--set", "training.seed=1").code == 0
    assert set(caches.glob("features-*.npz")) == features
    files = {path.name for path in (tmp_path / "run" / "model").iterdir()}
    assert files == {"README.md", "config.json", "model.safetensors", "photo.onnx", "sketch.onnx"}
    done = inkseek("evaluate", tmp_path / "run", "--data", shapes, "--split", "sketchy2", "--json")
    evaluation = json.loads(done.out)
    assert evaluation["data"]["queries"] == 8 * len(UNSEEN)
    assert evaluation["zero_shot"] is True
    assert 0 < evaluation["protocols"]["standard"]["micro"]["mAP@all"] <= 1


def test_it_continues_where_it_stopped(shapes: Path, backbone: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert pcmsn(shapes, out, backbone).code == 0
    before = (out / "metrics.jsonl").read_text()
    assert pcmsn(shapes, out, backbone, "--resume").code == 0
    assert (out / "metrics.jsonl").read_text() == before


def test_what_is_missing_is_named_and_nothing_is_written(
    shapes: Path, backbone: Path, finished: Run, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    absent = refusal(pcmsn(shapes, out, tmp_path / "nowhere"))
    assert "not a finished run" in absent
    assert "nowhere" in absent
    unpaired = refusal(pcmsn(shapes, out, backbone, "--set", "training.batch={sketches=6, photos=6}"))
    assert "training.batch.sampling: method pcmsn wants pairs" in unpaired
    larger = refusal(pcmsn(shapes, out, backbone, "--set", 'method.backbone="efficientnet-lite2"'))
    assert "method.backbone: is efficientnet-lite2, but the run of [features] trained efficientnet-lite0" in larger
    before = contents(finished.folder)
    kept = refusal(pcmsn(shapes, out, finished.folder, "--set", "data.pseudo_unseen=20"))
    assert "which this experiment keeps from training" in kept
    assert contents(finished.folder) == before
    assert not out.exists()
