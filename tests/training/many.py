"""Small trainings for tests of many processes, and `torchrun` to start them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from inkseek.methods._base import Samples
from inkseek.training.batches import LabelledPixels, TrainingPixels
from inkseek.training.experiment import AugmentationConfig, BatchConfig, ScheduleConfig, TrainingConfig
from inkseek.training.loop import StepRecord, Trainer
from tests.contracts import problems

ROOT = Path(__file__).parents[2]
CPU = torch.device("cpu")
STEPS = 6
"""Of a curve, over two epochs."""
BEGUN = 4
"""Steps before a run is resumed, inside an epoch."""


def torchrun(count: int, *command: str) -> list[str]:
    """Command line that starts processes on this machine, talking over loopback."""
    return [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count), *command]


def surroundings() -> dict[str, str]:
    """Environment of such processes: this source tree, one thread each as in all tests."""
    path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    return os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}


def run_job(count: int, job: str, folder: Path) -> list[dict[str, Any]]:
    """Run a job of `tests.training.jobs` on many processes; what each of them found."""
    # The hook that checks shapes comes first, as in pytest.
    program = "import tests.conftest; from tests.training.jobs import main; main()"
    command = torchrun(count, "--no-python", sys.executable, "-c", program, job, str(folder))
    done = subprocess.run(command, env=surroundings(), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads((folder / f"{job}-{number}.json").read_text()) for number in range(count)]


def pictures() -> TrainingPixels:
    """Six pictures of each of three classes and modality; those of a pair lie at one place."""
    batch = problems.batch(3, 6)

    def decoded(samples: Samples, channels: slice | int) -> LabelledPixels:
        pixels = samples.pixels.permute(0, 2, 3, 1).numpy().astype(np.uint8)
        return LabelledPixels(pixels[..., channels], samples.labels.numpy())

    return TrainingPixels(decoded(batch.sketch, 0), decoded(batch.photo, slice(None)))


def trainer(name: str, batch_norm: Literal["own", "frozen"] = "frozen") -> Trainer:
    """A method that trains on batches of six pairs, three steps an epoch."""
    config = TrainingConfig(
        epochs=3,
        average_decay=0.9,
        batch_norm=batch_norm,
        batch=BatchConfig(sampling="pairs", sketches=6, photos=6),
        augmentation=AugmentationConfig(),
        schedule=ScheduleConfig(),
        precision="fp32",
    )
    torch.manual_seed(0)
    return Trainer(problems.build(name), pictures(), config, CPU)


def run_steps(trainer: Trainer, until: int) -> list[dict[str, float]]:
    """Terms of each step up to the step `until`."""
    records: list[StepRecord] = []

    class Enough(Exception):  # noqa: N818
        pass

    def after_step(record: StepRecord) -> None:
        records.append(record)
        if trainer.global_step == until:
            raise Enough

    with suppress(Enough):
        while True:
            trainer.run_epoch(after_step)
    return [record.terms | {"total": record.total} for record in records]


def state_of(trainer: Trainer) -> dict[str, Tensor]:
    """All that a checkpoint holds of the method and its average."""
    averages = {f"average.{key}": value for key, value in trainer.average.state.items()}
    return {**trainer.method.state_dict(), **averages}


def flat(tensors: Iterable[Tensor]) -> Tensor:
    """All numbers of tensors, one after the other."""
    return torch.cat([tensor.reshape(-1) for tensor in tensors])
