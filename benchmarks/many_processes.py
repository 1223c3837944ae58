"""Pictures a second that one, two, ... processes train on together, on the same batches.

    python benchmarks/many_processes.py [--processes 1 2] [--config configs/sake-sketchy25.toml] [--set KEY=VALUE]

Each number of processes is started by torchrun on this machine. With GPUs each process has one; without, they share the
CPU's cores evenly. Pictures are noise of the configuration's training size, already in memory. Prints, for each number,
pictures a second (sketches and photos, views not counted), and the ratio of the last to the first.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inkseek.data.classes import class_list
from inkseek.training.batches import LabelledPixels, TrainingPixels
from inkseek.training.device import choose_device, device_name
from inkseek.training.experiment import Experiment, load_experiment
from inkseek.training.folder import source_commit
from inkseek.training.loop import StepRecord, Trainer
from inkseek.training.problem import build_method
from inkseek.training.processes import is_first, started

CLASSES = tuple(class_list("sketchy2_seen"))


def random_pictures(experiment: Experiment) -> TrainingPixels:
    """Four batches of noise, of all classes in turn."""
    rng, side, batch = np.random.default_rng(0), experiment.data.training_size, experiment.training.batch

    def pictures(count: int, *channels: int) -> LabelledPixels:
        return LabelledPixels(
            rng.integers(0, 256, (count, side, side, *channels), dtype=np.uint8), np.arange(count) % len(CLASSES)
        )

    return TrainingPixels(pictures(4 * batch.sketches), pictures(4 * batch.photos, 3))


def measure(experiment: Experiment, steps: int) -> dict[str, Any]:
    """Train for some steps; the first two do not count."""
    device = choose_device()
    trainer = Trainer(build_method(experiment, CLASSES), random_pictures(experiment), experiment.training, device)
    ends: list[float] = []

    def after_step(record: StepRecord) -> None:
        ends.append(time.perf_counter())

    while len(ends) < steps + 2:
        trainer.run_epoch(after_step)
    batch = experiment.training.batch
    pictures = (batch.sketches + batch.photos) * (len(ends) - 2)
    return {"device": device_name(device), "pictures_per_second": round(pictures / (ends[-1] - ends[1]), 2)}


def start(count: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure with that many processes."""
    threads = str(max(1, len(os.sched_getaffinity(0)) // count))
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found.json"
        launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count), __file__]
        settings = [word for setting in arguments.settings for word in ("--set", setting)]
        own = ["--config", str(arguments.config), "--steps", str(arguments.steps), "--into", str(found)]
        environment = os.environ | {"OMP_NUM_THREADS": threads}
        subprocess.run([sys.executable, *launch, *own, *settings], env=environment, check=True)  # noqa: S603
        tree: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
        return {"processes": count} | tree


def main() -> None:
    """Measure and print JSON; with `--into`, be one of the processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("configs/sake-sketchy25.toml"))
    parser.add_argument("--set", dest="settings", action="append", default=[], help="as of inkseek train")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.into is not None:
        with started():
            found = measure(load_experiment(arguments.config, arguments.settings), arguments.steps)
            if is_first():
                arguments.into.write_text(json.dumps(found), encoding="utf-8")
        return
    runs = [start(count, arguments) for count in arguments.processes]
    ratio = runs[-1]["pictures_per_second"] / runs[0]["pictures_per_second"]
    print(json.dumps({"commit": source_commit(), "torch": torch.__version__, "runs": runs, "ratio": round(ratio, 3)}))


if __name__ == "__main__":
    main()
