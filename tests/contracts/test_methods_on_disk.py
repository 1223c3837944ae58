"""The promises about files and processes: a method saved, loaded, exported and resumed (design section 5, 10 to 12)."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn.modules.batchnorm import _BatchNorm

from inkseek.methods._base import Method, Samples
from inkseek.methods._features import FeatureMethod
from inkseek.methods._networks import CoupledNetwork
from inkseek.pictures.preprocessing import Preprocessing
from inkseek.registry import method_names
from inkseek.training.batches import LabelledPixels, TrainingPixels
from inkseek.training.experiment import AugmentationConfig, BatchConfig, ScheduleConfig, TrainingConfig
from inkseek.training.export import write_model_folder
from inkseek.training.loop import Trainer
from tests.contracts import problems
from tests.contracts.steps import warm

pytestmark = pytest.mark.parametrize("name", method_names())


@pytest.fixture
def method(name: str) -> Method:
    return problems.build(name)


RELOAD = """
import sys, torch
torch.set_num_threads(1)  # as here: another number sums in another order
from safetensors.torch import load_file, save_file
from tests.contracts import problems
method = problems.build(sys.argv[1])
method.load_state_dict(load_file(sys.argv[2]), strict=True)
batch = problems.batch()
with torch.no_grad():
    save_file({"feature": method.eval().retrieval_network()(batch.pixels, batch.modality)}, sys.argv[3])
"""


@pytest.mark.slow
def test_10_a_fresh_process_gives_equal_features(method: Method, name: str, tmp_path: Path) -> None:
    warm(method)
    state = {key: value.detach().contiguous().clone() for key, value in method.state_dict().items()}
    save_file(state, tmp_path / "method.safetensors")
    command = [
        sys.executable,
        "-c",
        RELOAD,
        name,
        str(tmp_path / "method.safetensors"),
        str(tmp_path / "f.safetensors"),
    ]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2])
    batch = problems.batch()
    with torch.no_grad():
        here = method.eval().retrieval_network()(batch.pixels, batch.modality)
    torch.testing.assert_close(load_file(tmp_path / "f.safetensors")["feature"], here, rtol=1e-5, atol=1e-6)


def test_11_the_model_folder_holds_only_the_encoder(method: Method, name: str, tmp_path: Path) -> None:
    preprocessing = Preprocessing(size=problems.SIZE, sketch_extent=0.9, stroke_width=0.02)
    write_model_folder(
        method,
        tmp_path / "model",
        name=name,
        preprocessing=preprocessing,
        precision="float32",
        card="card",
        with_weights=True,
    )
    stored = load_file(tmp_path / "model" / "model.safetensors")
    assert stored.keys() == method.retrieval_network().state_dict().keys()
    files = {path.name for path in (tmp_path / "model").iterdir()}
    coupled = isinstance(method.retrieval_network(), CoupledNetwork)
    networks = {"sketch": "sketch.onnx", "photo": "photo.onnx"} if coupled else {"encoder": "encoder.onnx"}
    assert files == {"README.md", "config.json", "model.safetensors", *networks.values()}
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert {role: file for role, file in config["networks"].items() if file} == networks
    assert config["seen_classes"] == list(problems.NAMES[:3])


def decoded(samples: Samples, channels: slice | int) -> LabelledPixels:
    pixels = samples.pixels.permute(0, 2, 3, 1).numpy().astype(np.uint8)
    return LabelledPixels(pixels[..., channels], samples.labels.numpy())


def trainer(name: str, norm_batches: int = 0) -> Trainer:
    batch = problems.batch(3, 4)
    pixels = TrainingPixels(decoded(batch.sketch, 0), decoded(batch.photo, slice(None)))
    config = TrainingConfig(
        epochs=3,
        average_decay=0.9,
        norm_batches=norm_batches,
        batch=BatchConfig(sampling="balanced", classes=3, sketches=3, photos=3),
        augmentation=AugmentationConfig(),
        schedule=ScheduleConfig(),
        precision="fp32",
    )
    return Trainer(problems.build(name), pixels, config, torch.device("cpu"))


def run_steps(trainer: Trainer, count: int, folder: Path | None = None) -> None:
    """Run until `count` steps are done in all, then save."""

    class Enough(Exception):  # noqa: N818
        pass

    def after_step(record: object) -> None:
        if trainer.global_step == count:
            if folder:
                trainer.save(folder)
            raise Enough

    with suppress(Enough):
        while True:
            trainer.run_epoch(after_step)


def assert_the_same(one: Trainer, other: Trainer, name: str) -> None:
    """Two trainers have the same weights, statistics, counters and averages, to the bit."""
    for key, value in one.method.state_dict().items():
        assert torch.equal(value, other.method.state_dict()[key]), f"{name}: {key}"
    for key, value in one.average.state.items():
        assert torch.equal(value, other.average.state[key]), f"{name}: average of {key}"


@pytest.mark.slow
def test_12_five_and_five_resumed_steps_equal_ten(name: str, tmp_path: Path) -> None:
    whole = trainer(name)
    run_steps(whole, 10)
    first = trainer(name)
    run_steps(first, 5, tmp_path / "checkpoint")
    second = trainer(name)
    second.resume(tmp_path / "checkpoint")
    assert second.global_step == 5
    run_steps(second, 10)
    assert_the_same(whole, second, name)


@pytest.mark.slow
def test_14_measuring_batch_norms_for_use_leaves_training_as_it_was(name: str) -> None:
    plain, measured = trainer(name), trainer(name, norm_batches=2)
    for found in (plain, measured):
        run_steps(found, 2)
    with measured.average.applied(measured.method):
        averaged = {key: value.clone() for key, value in measured.method.retrieval_network().state_dict().items()}
    with measured.served() as method:
        network = method.retrieval_network()
        served = {key: value.clone() for key, value in network.state_dict().items()}
        learning = [
            key for key, module in network.named_modules() if module.training and isinstance(module, _BatchNorm)
        ]
    changed = {key for key, value in served.items() if not torch.equal(value, averaged[key])}
    assert changed >= {f"{key}.running_var" for key in learning}
    assert bool(learning) or isinstance(measured.method, FeatureMethod)
    statistics = ("running_mean", "running_var", "num_batches_tracked", "centre.mean")
    assert all(key.endswith(statistics) for key in changed)
    for found in (plain, measured):
        run_steps(found, 4)
    assert_the_same(plain, measured, name)


@pytest.mark.slow
def test_15_a_resumed_run_measures_the_same_batch_norms(name: str, tmp_path: Path) -> None:
    whole, resumed = trainer(name, norm_batches=2), trainer(name, norm_batches=2)
    run_steps(whole, 3, tmp_path / "checkpoint")
    resumed.resume(tmp_path / "checkpoint")
    with whole.served() as one, resumed.served() as other:
        for key, value in one.state_dict().items():
            assert torch.equal(value, other.state_dict()[key]), f"{name}: {key}"
