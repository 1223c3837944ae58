"""Small random pictures to change, and configurations that change less."""

import numpy as np
import torch
from numpy.typing import NDArray

from inkseek.methods._base import Batch
from inkseek.training.batches import Choice, LabelledPixels, TrainingPixels, make_batch
from inkseek.training.experiment import AugmentationConfig, ViewConfig

STILL = AugmentationConfig(
    flip=0, rotation=0, scale=0, translation=0, brightness=0, contrast=0, saturation=0, greyscale=0, thickness=0
)
STILL_VIEW = ViewConfig(flip=0, jitter=0, greyscale=0)


def data(sketches: int, photos: int, classes: int = 4, side: int = 8) -> TrainingPixels:
    rng = np.random.default_rng(0)
    return TrainingPixels(
        LabelledPixels(rng.integers(0, 256, (sketches, side, side), dtype=np.uint8), np.arange(sketches) % classes),
        LabelledPixels(rng.integers(0, 256, (photos, side, side, 3), dtype=np.uint8), np.arange(photos) % classes),
    )


def twins(count: int, side: int = 8) -> TrainingPixels:
    """Sketches and photos of the same grey pictures."""
    sketch = data(count, 1, side=side).sketch
    return TrainingPixels(sketch, LabelledPixels(np.repeat(sketch.pixels[..., None], 3, axis=-1), sketch.labels))


def whole(pixels: TrainingPixels, config: AugmentationConfig, views: int = 0, seed: int = 0) -> Batch:
    """A batch of all pictures, in order."""
    everything = Choice(_all(pixels.sketch), _all(pixels.photo))
    return make_batch(pixels, everything, config, torch.Generator().manual_seed(seed), torch.device("cpu"), views)


def _all(source: LabelledPixels) -> NDArray[np.int64]:
    return np.arange(len(source.labels))
