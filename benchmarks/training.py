"""One training step of a method: its time, its memory, and what our loop costs over a bare loop that does the same.

    python benchmarks/training.py [--config configs/sake-sketchy25.toml] [--steps 15] [--set KEY=VALUE]
    python benchmarks/training.py --config configs/dsn-sketchy25.toml --keep      into docs/measurements/cost

Both loops run in turns in one process on the same pictures: ours is `Trainer.run_epoch` with weight average, journal
and TensorBoard; the bare one is the few lines that a script would have (gather, augment, and for each of the method's
optimisers its losses, backward, step). Prints seconds a step, their ratio, the time of a whole epoch on this machine,
and the largest memory that the process ever held.
"""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from inkseek.methods._base import Batch
from inkseek.training.batches import Choice, make_batch
from inkseek.training.experiment import Experiment, load_experiment
from inkseek.training.features import TrainingFeatures, feature_batch
from inkseek.training.folder import source_commit
from inkseek.training.journal import Journal
from inkseek.training.loop import StepRecord, Trainer, build_optimiser
from inkseek.training.problem import build_method
from inkseek.training.run import make_trainer, prepare_data

KEPT = Path(__file__).resolve().parents[1] / "docs" / "measurements" / "cost"


class Silent:
    """Shows nothing."""

    def message(self, text: str) -> None:
        """Ignore."""

    def step(self, record: StepRecord, total_steps: int) -> None:
        """Ignore."""

    def decoding(self, done: int, total: int) -> None:
        """Ignore."""


class Enough(Exception):  # noqa: N818 - no error, the end of a measurement
    """Raised inside `after_step` to leave an epoch."""


def ours(trainer: Trainer, steps: int, journal: Journal) -> float:
    """Seconds a step of our loop, with all that a run writes down."""
    target = trainer.global_step + steps
    start = time.perf_counter()

    def after_step(record: StepRecord) -> None:
        journal.write("step", record.epoch, record.global_step, record.terms | {"total": record.total})
        if record.global_step == target:
            raise Enough

    try:
        while True:
            trainer.run_epoch(after_step)
    except Enough:
        return (time.perf_counter() - start) / steps


def gathered(trainer: Trainer, choice: Choice, generator: torch.Generator) -> Batch:
    """The pictures of a step."""
    if isinstance(trainer.data, TrainingFeatures):
        return feature_batch(trainer.data, choice, trainer.device)
    augmentation, views = trainer.config.augmentation, trainer.method.views
    return make_batch(trainer.data, choice, augmentation, generator, trainer.device, views)


def bare(trainer: Trainer, optimisers: dict[str, torch.optim.Optimizer], choices: list[Choice]) -> float:
    """Seconds a step of the loop that a script would have, on the same method and pictures."""
    method = trainer.method
    generator = torch.Generator().manual_seed(0)
    weights = method.weights
    method.train()
    start = time.perf_counter()
    for choice in choices:
        batch = gathered(trainer, choice, generator)
        for phase in trainer.phases:
            for _ in range(phase.repeats):
                with torch.autocast(trainer.device.type, torch.bfloat16, enabled=trainer.config.precision == "bf16"):
                    losses = phase.losses(batch)
                total = sum(weights[name] * value for name, value in losses.items())
                assert isinstance(total, torch.Tensor)
                optimisers[phase.name].zero_grad(set_to_none=True)
                total.backward(inputs=phase.parameters)  # type: ignore[no-untyped-call]
                optimisers[phase.name].step()
                if phase.after is not None:
                    phase.after()
        method.after_step(batch)
    return (time.perf_counter() - start) / len(choices)


def measure(experiment: Experiment, steps: int, rounds: int) -> dict[str, Any]:
    """Medians over rounds in turns."""
    data = prepare_data(experiment, Silent())
    method = build_method(experiment, data.training.class_names)
    trainer = make_trainer(method, experiment, data, torch.device("cpu"), Silent())
    optimisers = {phase.name: build_optimiser(phase) for phase in trainer.phases}
    ours_seconds, bare_seconds = [], []
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder), 0)
        ours(trainer, 2, journal)
        for _ in range(rounds):
            positions = (divmod(trainer.global_step + step, trainer.order.steps) for step in range(steps))
            choices = [trainer.order.choice(epoch, step) for epoch, step in positions]
            bare_seconds.append(bare(trainer, optimisers, choices))
            ours_seconds.append(ours(trainer, steps, journal))
        journal.close()
    epoch_steps = trainer.order.steps
    our_step, bare_step = statistics.median(ours_seconds), statistics.median(bare_seconds)
    ratios = [one / other for one, other in zip(ours_seconds, bare_seconds, strict=True)]
    return {
        "method": experiment.method.name,
        "backbone": experiment.method.backbone,
        "training_size": experiment.data.training_size,
        "precision": experiment.training.precision,
        "sketches": experiment.training.batch.sketches,
        "photos": experiment.training.batch.photos,
        "rounds": rounds,
        "steps": steps,
        "threads": torch.get_num_threads(),
        "steps_per_epoch": epoch_steps,
        "ours_seconds_per_step": round(our_step, 4),
        "bare_seconds_per_step": round(bare_step, 4),
        "ours_over_bare": round(statistics.median(ratios), 4),
        "epoch_minutes": round(our_step * epoch_steps / 60, 2),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("configs/sake-sketchy25.toml"))
    parser.add_argument("--set", dest="settings", action="append", default=[], help="as of inkseek train")
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="write it where docs/results.md takes its table from")
    arguments = parser.parse_args()
    if arguments.keep and arguments.settings:
        parser.error("--keep is for a configuration as it stands; leave --set out")
    experiment = load_experiment(arguments.config, arguments.settings)
    code = {"commit": source_commit(), "config": str(arguments.config)}
    found = code | measure(experiment, arguments.steps, arguments.rounds)
    text = json.dumps(found, indent=1) + "\n"
    sys.stdout.write(text)
    if arguments.keep:
        KEPT.mkdir(parents=True, exist_ok=True)
        (KEPT / f"{experiment.method.name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
