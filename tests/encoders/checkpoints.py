"""State dicts with the names and shapes of the public checkpoints, made on the spot."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from inkseek.encoders.build import public_shapes


def random_checkpoint(name: str, seed: int = 0) -> dict[str, Tensor]:
    """Values that keep the size of what goes through the network, so that every layer is felt in what comes out."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for key, shape in public_shapes(name).items():
        if key.endswith("running_var"):
            tensors[key] = 0.5 + torch.rand(shape, generator=generator)
        elif len(shape) > 1:
            bound = math.sqrt(6 / math.prod(shape[1:]))
            tensors[key] = torch.empty(shape).uniform_(-bound, bound, generator=generator)
        else:
            norm = key.endswith("weight")  # of one axis: batch norm's scale
            tensors[key] = 0.2 * torch.randn(shape, generator=generator) + float(norm)
    return tensors


def flat_checkpoint(name: str, value: float = 0.5) -> dict[str, Tensor]:
    """One value everywhere, which takes no memory until it is copied."""
    return flat(public_shapes(name), value)


def flat(shapes: Mapping[str, tuple[int, ...]], value: float = 0.5) -> dict[str, Tensor]:
    """Tensors of one value that take no memory until they are copied."""
    return {key: torch.full((1,), value).expand(shape) for key, shape in shapes.items()}
