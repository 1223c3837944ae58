"""Which pictures make a step: a pure function of (seed, epoch, step), so a resumed run sees what it would have seen."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from inkseek.errors import ConfigError
from inkseek.methods._base import Batch, Samples
from inkseek.training.augmentation import coloured_photos, thickened, warped_ink, warped_photos
from inkseek.training.experiment import AugmentationConfig, BatchConfig
from inkseek.training.part import WHOLE, Draws, Part
from inkseek.training.views import draw_view, photo_view, sketch_view
from inkseek.training.warp import draw_warp


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


class Order:
    """Order of pictures over a run.

    Args:
        labels: of all sketches and of all photos.
        config: composition of a step.
        seed: of the run.
        aligned: as in `TrainingPixels`.

    Attributes:
        steps: of an epoch; its incomplete last batch is dropped.

    Raises:
        ConfigError: the sampling makes pairs, and the pictures have none.
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
        self.labels = labels
        self.members = tuple(_members(of_modality) for of_modality in labels)
        self.classes = np.intersect1d(list(self.members[0]), list(self.members[1]))
        self.partners = np.full(len(labels[0]), -1) if aligned is None else aligned
        self.leaders = self._leaders()
        self.steps = config.steps or max(len(self.leaders) // config.sketches, 1)

    def choice(self, epoch: int, step: int) -> Choice:
        """Pictures of one step."""
        match self.config.sampling:
            case "shuffled":
                return self._shuffled(epoch, step)
            case "balanced":
                return self._balanced(epoch, step)
            case "pairs":
                return self._pairs(epoch, step)
            case "balanced_pairs":
                return self._balanced_pairs(epoch, step)
            case "aligned_pairs":
                return self._aligned_pairs(epoch, step)

    def _leaders(self) -> NDArray[np.int64]:
        """The pictures that are shown once an epoch and so decide its length."""
        match self.config.sampling:
            case "pairs" | "balanced_pairs":
                leaders = np.flatnonzero(np.isin(self.labels[1], self.classes))
                lack = "a sketch and a photo of one class"
            case "aligned_pairs":
                leaders = np.flatnonzero(self.partners >= 0)
                lack = "a sketch whose file name tells the training photo that it was drawn from, as Sketchy's do"
            case _:
                return np.arange(len(self.labels[0]))
        if not len(leaders):
            raise ConfigError(
                f'training.batch.sampling: "{self.config.sampling}" wants {lack}; there is none, choose another'
            )
        return leaders

    def _shuffled(self, epoch: int, step: int) -> Choice:
        sketches, photos = map(len, self.labels)
        batch = epoch * self.steps + step
        return Choice(
            self._stream(0, sketches, self.config.sketches, divmod(batch, self.steps)),
            self._stream(1, photos, self.config.photos, (0, batch)),
        )

    def _stream(self, number: int, count: int, size: int, place: tuple[int, int]) -> NDArray[np.int64]:
        """Batch of `size` out of an endless chain of permutations of `count`; `place` is its chapter and its number.

        Every chapter begins the chain anew.
        """
        chapter, batch = place
        positions = np.arange(batch * size, (batch + 1) * size)
        rounds, places = np.divmod(positions, count)
        return np.concatenate(
            [
                np.random.default_rng((self.seed, number, chapter, int(turn))).permutation(count)[
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

    def _pairs(self, epoch: int, step: int) -> Choice:
        photos = self._led(4, epoch, step)
        rng = np.random.default_rng((self.seed, 5, epoch, step))
        return Choice(self._one_of_each(0, self.labels[1][photos], rng), photos)

    def _balanced_pairs(self, epoch: int, step: int) -> Choice:
        rng = np.random.default_rng((self.seed, 6, epoch, step))
        labels = rng.choice(self.classes, self.config.sketches)
        return Choice(self._one_of_each(0, labels, rng), self._one_of_each(1, labels, rng))

    def _aligned_pairs(self, epoch: int, step: int) -> Choice:
        sketches = self._led(7, epoch, step)
        return Choice(sketches, self.partners[sketches])

    def _led(self, number: int, epoch: int, step: int) -> NDArray[np.int64]:
        return self.leaders[self._stream(number, len(self.leaders), self.config.sketches, (epoch, step))]

    def _one_of_each(self, modality: int, labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """For each label, one picture of that class."""
        members = [self.members[modality][int(label)] for label in labels]
        picks = rng.integers([len(own) for own in members])
        return np.array([own[pick] for own, pick in zip(members, picks, strict=True)])


def _members(labels: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    return {int(label): np.flatnonzero(labels == label) for label in np.unique(labels)}


def make_batch(
    data: TrainingPixels,
    choice: Choice,
    augmentation: AugmentationConfig,
    generator: torch.Generator,
    device: torch.device,
    views: int = 0,
    part: Part = WHOLE,
) -> Batch:
    """Gather, move, augment; pixels are channels_last floats from 0 to 255.

    A view shares its picture's shape, which is its warp and the thickness of its strokes; flip and colour are its own.

    Of a batch that many processes share, the pixels are those of this process's part, the labels those of all rows. A
    picture is changed alike whatever the part.
    """
    draws = Draws(generator, part)
    sketch, sketch_labels = _gather(data.sketch, choice.sketch, device, part)
    photo, photo_labels = _gather(data.photo, choice.photo, device, part)
    warp = draw_warp(len(sketch), augmentation, draws)
    ink = warped_ink(sketch, warp, augmentation)
    sketch_base = thickened(ink, augmentation, draws)
    if not augmentation.paired:
        warp = draw_warp(len(photo), augmentation, draws)
    photo_shape = warped_photos(photo, warp, augmentation)
    photo_base = coloured_photos(photo_shape, augmentation, draws)
    sketch_views, photo_views = [], []
    for _ in range(views):
        sketch_draw = draw_view(len(sketch), augmentation.view, draws, device)
        sketch_views.append(_channels_last(sketch_view(sketch_base, sketch_draw)))
        photo_draw = draw_view(len(photo), augmentation.view, draws, device)
        photo_views.append(_channels_last(photo_view(photo_shape, photo_draw)))
    return Batch(
        Samples(_channels_last(sketch_base), sketch_labels, tuple(sketch_views)),
        Samples(_channels_last(photo_base), photo_labels, tuple(photo_views)),
    )


def _gather(
    source: LabelledPixels, positions: NDArray[np.int64], device: torch.device, part: Part
) -> tuple[torch.Tensor, torch.Tensor]:
    pixels = torch.from_numpy(source.pixels[part.of(positions)]).to(device)
    return pixels, torch.from_numpy(source.labels[positions]).to(device)


def _channels_last(pixels: torch.Tensor) -> torch.Tensor:
    """Three channels, channels_last."""
    return pixels.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)


def epoch_choices(order: Order, epoch: int, first_step: int = 0) -> Iterator[tuple[int, Choice]]:
    """(step, pictures) for the rest of an epoch."""
    for step in range(first_step, order.steps):
        yield step, order.choice(epoch, step)
