"""One training epoch: its time, and what our loop costs over a bare loop that does the same.

    python benchmarks/training.py [--config configs/sake-sketchy25.toml] [--steps 20]

Both loops run in turns in one process on the same pictures: ours is `Trainer.run_epoch` with weight average, journal
and TensorBoard; the bare one is the few lines that a script would have (gather, augment, losses, backward, optimiser
step). Prints seconds a step, their ratio, and the time of a whole epoch on this machine.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import torch

from inkseek.training.batches import Choice, make_batch
from inkseek.training.experiment import Experiment, load_experiment
from inkseek.training.journal import Journal
from inkseek.training.loop import StepRecord, Trainer, build_optimiser
from inkseek.training.problem import build_method
from inkseek.training.run import prepare_data


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


def bare(trainer: Trainer, optimiser: torch.optim.Optimizer, choices: list[Choice]) -> float:
    """Seconds a step of the loop that a script would have, on the same method and pictures."""
    method, phase = trainer.method, trainer.phases[0]
    generator = torch.Generator().manual_seed(0)
    weights = method.weights
    method.train()
    start = time.perf_counter()
    for choice in choices:
        batch = make_batch(trainer.data, choice, trainer.config.augmentation, generator, trainer.device)
        with torch.autocast(trainer.device.type, torch.bfloat16, enabled=trainer.config.precision == "bf16"):
            losses = phase.losses(batch)
        total = sum(weights[name] * value for name, value in losses.items())
        assert isinstance(total, torch.Tensor)
        optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return (time.perf_counter() - start) / len(choices)


def measure(experiment: Experiment, steps: int, rounds: int) -> dict[str, float | int | str]:
    """Medians over rounds in turns."""
    data = prepare_data(experiment, Silent())
    trainer = Trainer(
        build_method(experiment, data.training.class_names), data.pixels, experiment.training, torch.device("cpu")
    )
    optimiser = build_optimiser(trainer.phases[0])
    ours_seconds, bare_seconds = [], []
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder), 0)
        ours(trainer, 2, journal)
        for _ in range(rounds):
            positions = (divmod(trainer.global_step + step, trainer.order.steps) for step in range(steps))
            choices = [trainer.order.choice(epoch, step) for epoch, step in positions]
            bare_seconds.append(bare(trainer, optimiser, choices))
            ours_seconds.append(ours(trainer, steps, journal))
        journal.close()
    epoch_steps = trainer.order.steps
    our_step, bare_step = statistics.median(ours_seconds), statistics.median(bare_seconds)
    ratios = [one / other for one, other in zip(ours_seconds, bare_seconds, strict=True)]
    return {
        "method": experiment.method.name,
        "backbone": experiment.method.backbone,
        "training_size": experiment.data.training_size,
        "threads": torch.get_num_threads(),
        "sketches": len(data.pixels.sketch.labels),
        "steps_per_epoch": epoch_steps,
        "ours_seconds_per_step": round(our_step, 4),
        "bare_seconds_per_step": round(bare_step, 4),
        "ours_over_bare": round(statistics.median(ratios), 4),
        "epoch_minutes": round(our_step * epoch_steps / 60, 2),
    }


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("configs/sake-sketchy25.toml"))
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print(json.dumps(measure(load_experiment(arguments.config, []), arguments.steps, arguments.rounds), indent=2))


if __name__ == "__main__":
    main()
