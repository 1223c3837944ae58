"""Features computed once are what the extractor gives in a step; they belong to one extractor and its pictures."""

from pathlib import Path

import numpy as np
import pytest
import torch

from inkseek.methods._networks import PHOTO, SKETCH, Extractor
from inkseek.training.batches import Choice, LabelledPixels, TrainingPixels
from inkseek.training.features import feature_batch, training_features
from tests.contracts import problems

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pictures() -> TrainingPixels:
    batch = problems.batch(3, 2)

    def decoded(pixels: torch.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        return pixels.permute(0, 2, 3, 1).numpy().astype(np.uint8)

    return TrainingPixels(
        LabelledPixels(decoded(batch.sketch.pixels)[..., 0], batch.sketch.labels.numpy()),
        LabelledPixels(decoded(batch.photo.pixels), batch.photo.labels.numpy()),
    )


def nothing(done: int, total: int) -> None:
    pass


def test_cached_features_are_what_the_extractor_gives(pictures: TrainingPixels, tmp_path: Path) -> None:
    extractor = Extractor(problems.shared_network(), ("code", "visual", "stages"))
    features = training_features(extractor, pictures, "pictures", tmp_path, CPU, nothing)
    batch = feature_batch(features, Choice(np.array([4, 0]), np.array([1, 5])), CPU)
    photo = torch.from_numpy(pictures.photo.pixels[[1, 5]]).permute(0, 3, 1, 2).float()
    sketch = torch.from_numpy(pictures.sketch.pixels[[4, 0]])[:, None].expand(-1, 3, -1, -1).float()
    for samples, pixels, modality in ((batch.sketch, sketch, SKETCH), (batch.photo, photo, PHOTO)):
        assert samples.features is not None
        assert samples.features.shape == (2, extractor.dimension)
        torch.testing.assert_close(
            samples.features, extractor(pixels, torch.full((2,), modality)), rtol=1e-4, atol=1e-5
        )
    assert batch.sketch.labels.tolist() == pictures.sketch.labels[[4, 0]].tolist()
    assert batch.photo.labels.tolist() == pictures.photo.labels[[1, 5]].tolist()
    assert batch.pixels.numel() == 0


def test_features_are_computed_once_for_an_extractor_its_taps_and_its_pictures(
    pictures: TrainingPixels, tmp_path: Path
) -> None:
    extractor = Extractor(problems.shared_network())
    calls: list[tuple[int, int]] = []

    def count(done: int, total: int) -> None:
        calls.append((done, total))

    training_features(extractor, pictures, "pictures", tmp_path, CPU, count)
    assert calls == [(6, 12), (12, 12)]
    training_features(extractor, pictures, "pictures", tmp_path, CPU, count)
    assert len(calls) == 2
    training_features(extractor, pictures, "others", tmp_path, CPU, nothing)
    training_features(Extractor(problems.shared_network(), ("visual",)), pictures, "pictures", tmp_path, CPU, nothing)
    assert len(list(tmp_path.iterdir())) == 3


def test_the_extractor_never_learns_and_never_leaves_eval_mode() -> None:
    extractor = Extractor(problems.shared_network()).train()
    assert not any(module.training for module in extractor.modules())
    assert not any(parameter.requires_grad for parameter in extractor.parameters())
    batch = problems.batch()
    assert not extractor(batch.pixels, batch.modality).requires_grad
