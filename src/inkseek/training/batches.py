"""Which pictures make a step: a pure function of (seed, epoch, step), so a resumed run sees what it would have seen."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from inkseek.methods._base import Batch, Samples
from inkseek.training.augmentation import augment_photos, augment_sketches
from inkseek.training.experiment import AugmentationConfig, BatchConfig


@dataclass(frozen=True)
class LabelledPixels:
    """Decoded pictures of one modality: uint8 pixels [n, ...], memory-mapped, and labels [n]."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class TrainingPixels:
    """What the loop trains on; only seen classes can be in it (see `inkseek.data.views`).

    Attributes:
        sketch: all training sketches.
        photo: all training photos.
        aligned: position of the photo that each sketch was drawn from, -1 where there is none; None if unknown.
    """

    sketch: LabelledPixels
    photo: LabelledPixels
    aligned: NDArray[np.int64] | None = None

    @property
    def labels(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Labels of sketches and photos."""
        return self.sketch.labels, self.photo.labels


@dataclass(frozen=True)
class Choice:
    """Positions of one step's pictures."""

    sketch: NDArray[np.int64]
    photo: NDArray[np.int64]


def steps_per_epoch(labels: tuple[NDArray[np.int64], NDArray[np.int64]], config: BatchConfig) -> int:
    """An epoch shows as many sketches as there are; the incomplete last batch is dropped."""
    return max(len(labels[0]) // config.sketches, 1)


class Order:
    """Order of pictures over a run.

    Args:
        labels: of all sketches and of all photos.
        config: composition of a step.
        seed: of the run.
        aligned: as in `TrainingPixels`.
    """

    def __init__(
        self,
        labels: tuple[NDArray[np.int64], NDArray[np.int64]],
        config: BatchConfig,
        seed: int,
        aligned: NDArray[np.int64] | None = None,
    ) -> None:
        self.config = config
        self.seed = seed
        self.aligned = aligned
        self.steps = steps_per_epoch(labels, config)
        self.counts = (len(labels[0]), len(labels[1]))
        self.members = tuple(_members(of_modality) for of_modality in labels)
        self.classes = np.intersect1d(list(self.members[0]), list(self.members[1]))

    def choice(self, epoch: int, step: int) -> Choice:
        """Pictures of one step."""
        if self.config.sampling == "balanced":
            return self._balanced(epoch, step)
        return Choice(
            self._stream(0, self.config.sketches, epoch * self.steps + step, epoch_length=self.steps),
            self._stream(1, self.config.photos, epoch * self.steps + step, epoch_length=0),
        )

    def _stream(self, modality: int, size: int, batch: int, epoch_length: int) -> NDArray[np.int64]:
        """Batch number `batch` of an endless chain of permutations, begun anew each epoch if it has a length."""
        count = self.counts[modality]
        chapter, offset = divmod(batch, epoch_length) if epoch_length else (0, batch)
        positions = np.arange(offset * size, (offset + 1) * size)
        rounds, places = np.divmod(positions, count)
        return np.concatenate(
            [
                np.random.default_rng((self.seed, modality, chapter, int(turn))).permutation(count)[
                    places[rounds == turn]
                ]
                for turn in np.unique(rounds)
            ]
        )

    def _balanced(self, epoch: int, step: int) -> Choice:
        rng = np.random.default_rng((self.seed, 2, epoch, step))
        chosen = rng.choice(self.classes, min(self.config.classes, len(self.classes)), replace=False)

        def draw(modality: int, size: int) -> NDArray[np.int64]:
            each = size // self.config.classes
            members = (self.members[modality][int(label)] for label in chosen)
            return np.concatenate([rng.choice(own, each, replace=len(own) < each) for own in members])

        return Choice(draw(0, self.config.sketches), draw(1, self.config.photos))


def _members(labels: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    return {int(label): np.flatnonzero(labels == label) for label in np.unique(labels)}


def make_batch(
    data: TrainingPixels,
    choice: Choice,
    augmentation: AugmentationConfig,
    generator: torch.Generator,
    device: torch.device,
) -> Batch:
    """Gather, move, augment; pixels are channels_last floats from 0 to 255."""

    def gather(source: LabelledPixels, positions: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor]:
        pixels = torch.from_numpy(source.pixels[positions]).to(device)
        return pixels, torch.from_numpy(source.labels[positions]).to(device)

    sketch, sketch_labels = gather(data.sketch, choice.sketch)
    photo, photo_labels = gather(data.photo, choice.photo)
    sketch_pixels = augment_sketches(sketch, augmentation, generator)
    photo_pixels = augment_photos(photo, augmentation, generator)
    return Batch(
        Samples(sketch_pixels.contiguous(memory_format=torch.channels_last), sketch_labels),
        Samples(photo_pixels.contiguous(memory_format=torch.channels_last), photo_labels),
    )


def epoch_choices(order: Order, epoch: int, first_step: int = 0) -> Iterator[tuple[int, Choice]]:
    """(step, pictures) for the rest of an epoch."""
    for step in range(first_step, order.steps):
        yield step, order.choice(epoch, step)
