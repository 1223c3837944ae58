"""A process's part of a batch, and random numbers that belong to a row of the batch, whatever process it is on."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from inkseek.errors import ConfigError
from inkseek.training.experiment import BatchConfig


@dataclass(frozen=True)
class Part:
    """Every `count`-th row of each modality from row `number` on; by default all of them.

    Strided, so that a batch that is ordered by class gives every process some of each.
    """

    number: int = 0
    count: int = 1

    def of(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """The part's positions.

        Raises:
            ConfigError: the parts would not be of one size.
        """
        if len(positions) % self.count:
            raise ConfigError(
                f"training.batch: a step has {len(positions)} pictures of a modality, which {self.count} processes "
                f"cannot share evenly; choose a multiple of {self.count}, or start fewer processes"
            )
        return positions[self.number :: self.count]


WHOLE = Part()


@dataclass(frozen=True)
class Draws:
    """Random numbers of a part's rows: those that the rows have where one process draws for all.

    Args:
        generator: in the same state on all processes; it moves on alike whatever the part.
        part: of the batch.
    """

    generator: Generator
    part: Part = WHOLE

    def rand(self, *shape: int, rows: int = 0) -> Tensor:
        """Numbers in [0, 1); `shape` is that of the part, `rows` its axis of rows."""
        whole = [size * self.part.count if axis == rows else size for axis, size in enumerate(shape)]
        drawn = torch.rand(whole, generator=self.generator)
        return drawn.movedim(rows, 0)[self.part.number :: self.part.count].movedim(0, rows)

    def uniform(self, n: int, low: float, high: float) -> Tensor:
        """Numbers in [low, high), one for each of n rows."""
        return self.rand(n) * (high - low) + low


def check_shared_evenly(batch: BatchConfig, count: int) -> None:
    """Refuse a batch that `count` processes cannot share, before any picture is read.

    Raises:
        ConfigError: a modality's pictures are no multiple of the number of processes.
    """
    for name, size in (("sketches", batch.sketches), ("photos", batch.photos)):
        if size % count:
            raise ConfigError(
                f"training.batch.{name}: {size} cannot be shared evenly by {count} processes; choose a multiple of "
                f"{count}, or start fewer processes"
            )
