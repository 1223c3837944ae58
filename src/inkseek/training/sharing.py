"""One step on many processes: each runs the backbones on its own pictures, and all compute the losses of all.

Backbones take nearly all of a step's time and treat every picture alike, so they are what is shared. Behind them every
process holds the visual features of the whole batch and does what a single process would do, the same on all: heads,
batch-hard mining, memories and noise need no thought in a method's file (docs/adr/0026).
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from inkseek.encoders.backbone import Backbone
from inkseek.errors import ConfigError
from inkseek.training.part import Part
from inkseek.training.processes import process_count


class _AllRows(torch.autograd.Function):
    """Rows of all processes, in the order of the whole batch.

    Every process computes the same loss L of all rows, so each knows dL/dx of its own. For P processes the gradient
    handed on is P dL/dx: parameters before the gathering then have gradients whose mean over the processes is the
    gradient of L, and parameters behind it the same gradient of L everywhere, whose mean it is as well. One rule,
    `averaged`, serves both, and those that are on both sides.
    """

    @staticmethod
    def forward(ctx: Any, own: Tensor, runs: Sequence[int], part: Part) -> Tensor:  # noqa: ANN401
        ctx.runs, ctx.part = runs, part
        parts = [torch.empty_like(own, memory_format=torch.contiguous_format) for _ in range(part.count)]
        dist.all_gather(parts, own.contiguous())
        blocks = zip(*(torch.split(rows, list(runs)) for rows in parts), strict=True)
        return torch.cat([torch.stack(of_run, dim=1).flatten(0, 1) for of_run in blocks])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        part = ctx.part
        blocks = torch.split(gradients[0], [part.count * run for run in ctx.runs])
        return part.count * torch.cat([block[part.number :: part.count] for block in blocks]), None, None


def all_rows(own: Float[Tensor, "m v"], runs: Sequence[int], part: Part) -> Float[Tensor, "n v"]:
    """Rows of all processes with their gradient.

    Args:
        own: this process's rows, in blocks one after the other.
        runs: lengths of the blocks, the same on all processes.
        part: which rows of each block of the whole batch these are.

    Returns:
        Blocks of all rows, in the order of the whole batch.
    """
    found: Tensor = _AllRows.apply(own, runs, part)  # type: ignore[no-untyped-call]
    return found


@contextmanager
def backbones_shared(method: nn.Module, part: Part) -> Iterator[None]:
    """Inside, a method's backbones take this process's pictures and give the visual features of all.

    Rows come in runs of one modality, as in [sketches; photos]; each run of the whole batch is shared on its own. The
    modality may be that of this process's rows or that of all rows, as a batch's is.
    """

    def take_own(_: nn.Module, arguments: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        pixels, modality = arguments
        if len(modality) == part.count * len(pixels):
            kinds, runs = torch.unique_consecutive(modality, return_counts=True)
            modality = kinds.repeat_interleave(runs // part.count)
        return pixels, modality

    def give_all(_: nn.Module, arguments: tuple[Tensor, Tensor], own: Tensor) -> Tensor:
        _, runs = torch.unique_consecutive(arguments[1], return_counts=True)
        return all_rows(own, runs.tolist(), part)

    with ExitStack() as hooks:
        if part.count > 1:
            for backbone in backbones(method):
                hooks.enter_context(backbone.register_forward_pre_hook(take_own))
                hooks.enter_context(backbone.register_forward_hook(give_all))
        yield


def backbones(method: nn.Module) -> list[Backbone]:
    """A method's backbones, each once."""
    return [module for module in method.modules() if isinstance(module, Backbone)]


def backbone_norms(method: nn.Module) -> list[_BatchNorm]:
    """Batch norms inside the backbones, each once; those behind them see the whole batch on every process."""
    found = (module for backbone in backbones(method) for module in backbone.modules())
    return list(dict.fromkeys(module for module in found if isinstance(module, _BatchNorm)))


def synchronised(method: nn.Module, device: torch.device) -> None:
    """Let the backbones' batch norms normalise by the whole batch.

    Raises:
        ConfigError: torch can do so on GPUs only.
    """
    if device.type != "cuda":
        raise ConfigError(
            'training.batch_norm: "whole" wants GPUs where many processes train; choose "frozen" or "own"'
        )
    for backbone in backbones(method):
        # In place: a backbone is no norm itself.
        nn.SyncBatchNorm.convert_sync_batchnorm(backbone)  # type: ignore[no-untyped-call]


@torch.no_grad()
def start_alike(method: nn.Module) -> None:
    """Give every process the first one's weights: machines may differ in the signs of an SVD, or in the last bit."""
    if process_count() > 1:
        for value in method.state_dict().values():
            dist.broadcast(value, 0)


@torch.no_grad()
def share_statistics(method: nn.Module, part: Part) -> None:
    """Replace the running statistics of the backbones' norms in training by their mean over the processes."""
    if part.count == 1:
        return
    norms = [norm for norm in backbone_norms(method) if norm.training]
    own = [value for norm in norms for value in (norm.running_mean, norm.running_var) if value is not None]
    for value, mean in zip(own, averaged(own, part), strict=True):
        value.copy_(mean)


@torch.no_grad()
def averaged(tensors: Sequence[Tensor], part: Part) -> Sequence[Tensor]:
    """Means of tensors over the processes, in one exchange."""
    if part.count == 1 or not tensors:
        return tensors
    flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
    dist.all_reduce(flat)
    means = torch.split(flat / part.count, [tensor.numel() for tensor in tensors])
    # Strides as before: an optimiser takes all tensors at once only where gradients lie as their weights do.
    return [torch.empty_like(old).copy_(new.view_as(old)) for old, new in zip(tensors, means, strict=True)]
