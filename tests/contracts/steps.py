"""Training steps without the loop, for the contract tests."""

import torch
from torch import Tensor

from inkseek.methods._base import Batch, Method, Phase
from inkseek.training.loop import build_optimiser, total_loss
from tests.contracts import problems


def warm(method: Method, steps: int = 3) -> None:
    """A few steps, so that zero-initialised layers have left zero."""
    method.train()
    optimisers = {phase.name: build_optimiser(phase) for phase in method.phases()}
    for step in range(steps):
        take_step(method, optimisers, problems.batch(seed=100 + step))


def take_step(method: Method, optimisers: dict[str, torch.optim.Optimizer], batch: Batch) -> None:
    for phase in method.phases():
        for _ in range(phase.repeats):
            total = total_loss(phase.losses(batch), method.weights)
            move(phase, optimisers[phase.name], total)
            if phase.after is not None:
                phase.after()
    method.after_step(batch)


def move(phase: Phase, optimiser: torch.optim.Optimizer, total: Tensor) -> None:
    for parameter, gradient in zip(phase.parameters, torch.autograd.grad(total, phase.parameters), strict=True):
        parameter.grad = gradient
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
