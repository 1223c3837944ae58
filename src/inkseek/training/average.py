"""Exponential moving average of a method's weights: what is validated and exported when it is switched on."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightAverage:
    """Average of all floating-point state that changes: batch-norm statistics included, frozen parameters not.

    w_avg <- decay_t * w_avg + (1 - decay_t) * w,  decay_t = min(decay, (1 + t) / (10 + t)) at update t, so that the
    first steps are forgotten quickly.

    Args:
        module: whose weights are averaged.
        decay: 0 keeps no average: the weights themselves are what `applied` gives.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        averaged = _averaged(module) if decay else {}
        self.state = {key: value.detach().clone() for key, value in averaged.items()}

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Take in the weights after a step."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        if not self.state:
            return
        current = _averaged(module)
        torch._foreach_lerp_(list(self.state.values()), [current[key] for key in self.state], 1 - decay)

    @contextmanager
    def applied(self, module: nn.Module) -> Iterator[None]:
        """Exchange the module's weights for the average inside a `with` block; all its state comes back after it."""
        own = {key: value.detach().clone() for key, value in _changing(module).items()}
        _copy(self.state, module)
        try:
            yield
        finally:
            _copy(own, module)


def _changing(module: nn.Module) -> dict[str, Tensor]:
    frozen = {key for key, parameter in module.named_parameters(remove_duplicate=False) if not parameter.requires_grad}
    return {key: value for key, value in module.state_dict().items() if key not in frozen}


def _averaged(module: nn.Module) -> dict[str, Tensor]:
    return {key: value for key, value in _changing(module).items() if value.is_floating_point()}


@torch.no_grad()
def _copy(source: dict[str, Tensor], module: nn.Module) -> None:
    target = module.state_dict()
    for key, value in source.items():
        target[key].copy_(value)
