"""The average of a method's weights."""

import torch
from torch import nn

from inkseek.training.average import WeightAverage


def moved(module: nn.Linear, value: float) -> nn.Linear:
    with torch.no_grad():
        module.weight.fill_(value)
    return module


def test_it_follows_the_weights_quickly_at_first_and_gives_them_back() -> None:
    module = moved(nn.Linear(1, 1), 1.0)
    average = WeightAverage(module, 0.99)
    average.update(moved(module, 2.0))  # decay (1 + 0) / (10 + 0)
    average.update(moved(module, 3.0))  # decay (1 + 1) / (10 + 1)
    expected = 2 / 11 * (0.1 * 1.0 + 0.9 * 2.0) + 9 / 11 * 3.0
    with average.applied(module):
        torch.testing.assert_close(module.weight, torch.tensor([[expected]]))
        module.weight.data.fill_(7.0)
    assert module.weight.item() == 3.0


def test_without_decay_the_weights_are_what_is_used() -> None:
    module = moved(nn.Linear(1, 1), 1.0)
    average = WeightAverage(module, 0.0)
    average.update(moved(module, 2.0))
    assert average.state == {}
    with average.applied(module):
        assert module.weight.item() == 2.0
        module.weight.data.fill_(7.0)
    assert module.weight.item() == 2.0
