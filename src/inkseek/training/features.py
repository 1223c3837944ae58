"""Visual features of the training pictures, computed once by the frozen extractor and kept on disk."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from inkseek.arrays import load_arrays, save_arrays
from inkseek.methods._base import Batch, Samples
from inkseek.methods._networks import PHOTO, SKETCH, Extractor
from inkseek.training.batches import Choice, TrainingPixels
from inkseek.training.processes import by_turns, on_all
from inkseek.training.validation import encode

_FORMAT = 1


@dataclass(frozen=True)
class LabelledFeatures:
    """Visual features of one modality: float32 [n, v], and labels [n]."""

    features: NDArray[np.float32]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class TrainingFeatures:
    """What the loop trains a feature-level method on.

    Attributes:
        sketch: of all training sketches.
        photo: of all training photos.
        aligned: as in `TrainingPixels`.
    """

    sketch: LabelledFeatures
    photo: LabelledFeatures
    aligned: NDArray[np.int64] | None = None

    @property
    def labels(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Labels of sketches and photos."""
        return self.sketch.labels, self.photo.labels


def training_features(
    extractor: Extractor,
    data: TrainingPixels,
    pictures: str,
    cache: Path,
    device: torch.device,
    progress: Callable[[int, int], None],
) -> TrainingFeatures:
    """Features of all training pictures, computed now or found in the cache.

    Args:
        extractor: frozen network.
        data: decoded pictures; they are not augmented.
        pictures: what names these pictures: hash of their manifest and their preprocessing.
        cache: folder of caches.
        device: where to compute.
        progress: called with the number of pictures done and the number of all, while computing.
    """
    file = cache / f"features-{_key(extractor, pictures)}.npz"
    if not on_all(file.exists()):
        extractor.to(device)
        total = sum(map(len, data.labels))
        sketch = encode(extractor, data.sketch.pixels, SKETCH, device, lambda done: progress(done, total))
        photo = encode(
            extractor, data.photo.pixels, PHOTO, device, lambda done: progress(len(data.sketch.labels) + done, total)
        )
        with by_turns():
            if not file.exists():
                cache.mkdir(parents=True, exist_ok=True)
                save_arrays(file, {"sketch": sketch, "photo": photo})
    found = load_arrays(file, "remove it and train again")
    return TrainingFeatures(
        LabelledFeatures(found["sketch"], data.sketch.labels),
        LabelledFeatures(found["photo"], data.photo.labels),
        data.aligned,
    )


def feature_batch(data: TrainingFeatures, choice: Choice, device: torch.device) -> Batch:
    """The chosen pictures as features; there are no pixels in it."""

    def samples(source: LabelledFeatures, positions: NDArray[np.int64]) -> Samples:
        features: Float[Tensor, "n v"] = torch.from_numpy(source.features[positions]).to(device)
        labels = torch.from_numpy(source.labels[positions]).to(device)
        return Samples(features.new_empty((len(positions), 3, 0, 0)), labels, features=features)

    return Batch(samples(data.sketch, choice.sketch), samples(data.photo, choice.photo))


def _key(extractor: Extractor, pictures: str) -> str:
    digest = hashlib.sha256(f"{_FORMAT} {pictures} {extractor.taps}".encode())
    for name, tensor in extractor.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:32]
