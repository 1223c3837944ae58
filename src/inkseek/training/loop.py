"""The one training loop: for each step a batch, for each phase its turn."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from inkseek.errors import ConfigError
from inkseek.methods._base import Batch, Losses, Method, OptimiserConfig, Phase
from inkseek.methods._features import FeatureMethod
from inkseek.training.average import WeightAverage
from inkseek.training.batch_norms import measure_batch_norms
from inkseek.training.batches import Choice, Order, TrainingPixels, epoch_choices, make_batch
from inkseek.training.checkpoint import Position, load_checkpoint, save_checkpoint
from inkseek.training.experiment import TrainingConfig
from inkseek.training.features import TrainingFeatures, feature_batch
from inkseek.training.part import WHOLE, Part
from inkseek.training.processes import process_count, process_number
from inkseek.training.schedule import rate_factor
from inkseek.training.sharing import (
    averaged,
    backbone_norms,
    backbones_shared,
    share_statistics,
    start_alike,
    synchronised,
)

OPTIMISERS: dict[str, Callable[..., Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
}


@dataclass(frozen=True)
class StepRecord:
    """What one step did: unweighted terms by name, their weighted total, seconds; `global_step` counts from 1."""

    epoch: int
    global_step: int
    terms: dict[str, float]
    total: float
    seconds: float


def build_optimiser(phase: Phase) -> Optimizer:
    """The phase's optimiser; each group remembers its peak rate."""
    config = phase.optimiser
    groups = [
        {"params": list(group.parameters), "lr": config.rate * group.factor, "peak": config.rate * group.factor}
        for group in phase.groups
        if group.parameters
    ]
    own: dict[str, dict[str, Any]] = {
        "adam": {"betas": config.betas},
        "adamw": {"betas": config.betas},
        "sgd": {"momentum": config.momentum},
        "rmsprop": {},
    }
    return OPTIMISERS[config.name](groups, weight_decay=config.weight_decay, **own[config.name])


def total_loss(losses: Losses, weights: dict[str, float]) -> Tensor:
    """Sum of weight times term.

    Raises:
        ConfigError: a term has no weight.
    """
    unknown = losses.keys() - weights.keys()
    if unknown:
        raise ConfigError(f"method.weights: no weight for the terms {', '.join(sorted(unknown))}")
    return torch.stack([weights[name] * value for name, value in losses.items()]).sum()


def part_of(method: Method) -> Part:
    """What this process does of a step: its part, or all of it where a step is not worth sharing (docs/adr/0026)."""
    return WHOLE if isinstance(method, FeatureMethod) else Part(process_number(), process_count())


class Trainer:
    """A method in training.

    Args:
        method: built and not yet on a device.
        data: decoded training pictures, or their features for a feature-level method.
        config: the loop's settings.
        device: where to train.

    Raises:
        ConfigError: many processes without GPUs are to normalise by the whole batch.
    """

    def __init__(
        self, method: Method, data: TrainingPixels | TrainingFeatures, config: TrainingConfig, device: torch.device
    ) -> None:
        # channels_last: two to three times faster convolutions on CPU.
        self.method = method.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.data = data
        self.config = config
        self.device = device
        self.part = part_of(method)
        if config.batch_norm == "whole" and self.part.count > 1:
            synchronised(self.method, device)
        start_alike(self.method)
        self.order = Order(data.labels, config.batch, config.seed, data.aligned)
        self.phases = self.method.phases()
        self.optimisers = {phase.name: build_optimiser(phase) for phase in self.phases}
        self.average = WeightAverage(self.method, config.average_decay)
        self.position = Position(0, 0)

    @property
    def global_step(self) -> int:
        """Steps done."""
        return self.position.epoch * self.order.steps + self.position.step

    def save(self, folder: Path) -> None:
        """Write a checkpoint."""
        save_checkpoint(folder, self.method, self.optimisers, self.average, self.position)

    def resume(self, folder: Path) -> None:
        """Continue from a checkpoint as if nothing had happened."""
        self.position = load_checkpoint(folder, self.method, self.optimisers, self.average)

    def run_epoch(self, after_step: Callable[[StepRecord], None]) -> None:
        """Do the rest of the current epoch; `after_step` sees every record and may save."""
        epoch = self.position.epoch
        self.method.train()
        if self.config.batch_norm == "frozen":
            for norm in backbone_norms(self.method):
                norm.eval()
        if self.position.step == 0:
            self.method.start_epoch(epoch)
        for step, choice in epoch_choices(self.order, epoch, self.position.step):
            start = time.perf_counter()
            generator = self._seed_step(epoch, step)
            batch = self._batch(choice, generator, self.method.views, self.part)
            with backbones_shared(self.method, self.part):
                terms, total = self._turns(batch)
            done = self.global_step + 1
            self.position = Position(epoch, step + 1) if step + 1 < self.order.steps else Position(epoch + 1, 0)
            after_step(StepRecord(epoch, done, terms, total, time.perf_counter() - start))

    @contextmanager
    def served(self) -> Iterator[Method]:
        """The method as it is measured and exported: averaged weights, batch norms measured for them."""
        with self.average.applied(self.method):
            if self.config.norm_batches:
                measure_batch_norms(self.method.retrieval_network(), self._norm_batches())
            yield self.method

    def _norm_batches(self) -> Iterator[Batch]:
        """Batches of epochs that are not trained."""
        untrained = (
            (epoch, *drawn) for epoch in count(self.config.epochs) for drawn in epoch_choices(self.order, epoch)
        )
        for epoch, step, choice in islice(untrained, self.config.norm_batches):
            yield self._batch(choice, self._seed_step(epoch, step), views=0)

    def _batch(self, choice: Choice, generator: torch.Generator, views: int, part: Part = WHOLE) -> Batch:
        if isinstance(self.data, TrainingFeatures):
            return feature_batch(self.data, choice, self.device)
        return make_batch(self.data, choice, self.config.augmentation, generator, self.device, views, part)

    def _turns(self, batch: Batch) -> tuple[dict[str, float], float]:
        factor = rate_factor(self.config.schedule, self.global_step, self.order.steps, self.config.epochs)
        terms: dict[str, Tensor] = {}
        totals: list[Tensor] = []
        for phase in self.phases:
            optimiser = self.optimisers[phase.name]
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * factor
            for _ in range(phase.repeats):
                losses, total = self._losses(phase, batch)
                self._move(phase, optimiser, total)
                if phase.after is not None:
                    phase.after()
            terms |= losses
            totals.append(total.detach())
        self.method.after_step(batch)
        share_statistics(self.method, self.part)
        self.average.update(self.method)
        return {name: float(value.detach()) for name, value in terms.items()}, float(torch.stack(totals).sum())

    def _losses(self, phase: Phase, batch: Batch) -> tuple[Losses, Tensor]:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.precision == "bf16"):
            losses = phase.losses(batch)
        total = total_loss(losses, self.method.weights)
        if not torch.isfinite(total):
            found = ", ".join(f"{name} {float(value.detach()):.3g}" for name, value in losses.items())
            raise ConfigError(f"phase {phase.name} diverged ({found}); lower method.optimiser.rate")
        return losses, total

    def _move(self, phase: Phase, optimiser: Optimizer, total: Tensor) -> None:
        config: OptimiserConfig = phase.optimiser
        # Gradients with respect to this phase's parameters alone: no other phase sees them.
        gradients = torch.autograd.grad(total, phase.parameters, allow_unused=True)
        moved = [
            (parameter, found)
            for parameter, found in zip(phase.parameters, gradients, strict=True)
            if found is not None
        ]
        means = averaged([gradient for _, gradient in moved], self.part)
        for (parameter, _), gradient in zip(moved, means, strict=True):
            parameter.grad = gradient
        if config.clip_norm:
            torch.nn.utils.clip_grad_norm_(phase.parameters, config.clip_norm)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    def _seed_step(self, epoch: int, step: int) -> torch.Generator:
        """Seed everything random in a step from (seed, epoch, step), so that no random state needs saving."""
        seed = int(np.random.SeedSequence((self.config.seed, 3, epoch, step)).generate_state(1, np.uint64)[0] >> 1)
        torch.manual_seed(seed)
        return torch.Generator().manual_seed(seed)
