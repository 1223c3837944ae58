"""Noise that moves with the samples: what "permuting samples and their noise together" needs."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

DRAWS = frozenset({torch.rand, torch.randn, torch.rand_like, torch.randn_like})


class PermutedNoise(TorchFunctionMode):
    """Gives every random draw of one row a sample the order of permuted samples, and dropout likewise.

    A draw of k n rows counts as k blocks of n samples, as in `[sketches; photos]` or `[base; view 1; view 2]`.

    Args:
        order: the permutation of the n samples.
    """

    def __init__(self, order: Tensor) -> None:
        super().__init__()
        self.order = order

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: Iterable[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> object:
        keywords = kwargs or {}
        if func in DRAWS:
            return self._permuted(func(*args, **keywords))
        if func is F.dropout:
            x, *others = args
            return x * self._permuted(func(torch.ones_like(x), *others, **keywords))
        return func(*args, **keywords)

    def _permuted(self, drawn: Tensor) -> Tensor:
        n = len(self.order)
        if drawn.ndim == 0 or len(drawn) == 0 or len(drawn) % n:
            return drawn
        return drawn.reshape(-1, n, *drawn.shape[1:])[:, self.order].reshape(drawn.shape)
