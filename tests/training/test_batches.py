"""The order of pictures is a function of (seed, epoch, step) and leaves nothing out."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inkseek.training.batches import LabelledPixels, Order, TrainingPixels, make_batch
from inkseek.training.experiment import AugmentationConfig, BatchConfig


def data(sketches: int, photos: int, classes: int = 4, side: int = 8) -> TrainingPixels:
    rng = np.random.default_rng(0)
    return TrainingPixels(
        LabelledPixels(rng.integers(0, 256, (sketches, side, side), dtype=np.uint8), np.arange(sketches) % classes),
        LabelledPixels(rng.integers(0, 256, (photos, side, side, 3), dtype=np.uint8), np.arange(photos) % classes),
    )


@given(sketches=st.integers(4, 40), photos=st.integers(4, 40), size=st.integers(2, 9), seed=st.integers(0, 9))
def test_shuffled_shows_each_sketch_at_most_once_an_epoch(sketches: int, photos: int, size: int, seed: int) -> None:
    order = Order(data(sketches, photos).labels, BatchConfig(sketches=size, photos=2 * size), seed)
    shown = np.concatenate([order.choice(1, step).sketch for step in range(order.steps)])
    if sketches >= size:
        assert len(np.unique(shown)) == len(shown) == sketches // size * size
    stream = np.concatenate([order.choice(e, s).photo for e in range(3) for s in range(order.steps)])
    counts = np.bincount(stream, minlength=photos)
    assert counts.max() - counts.min() <= 1  # photos: an endless chain of permutations


def test_order_depends_on_seed_and_epoch_alone() -> None:
    config = BatchConfig(sketches=4, photos=8)
    first, again, other = (
        Order(data(20, 30).labels, config, 1),
        Order(data(20, 30).labels, config, 1),
        Order(data(20, 30).labels, config, 2),
    )
    assert np.array_equal(first.choice(2, 3).sketch, again.choice(2, 3).sketch)
    assert not np.array_equal(first.choice(2, 3).sketch, other.choice(2, 3).sketch)
    assert not np.array_equal(first.choice(2, 3).sketch, first.choice(1, 3).sketch)


def test_balanced_gives_every_chosen_class_both_modalities() -> None:
    pixels = data(40, 60, classes=10)
    order = Order(pixels.labels, BatchConfig(sampling="balanced", classes=3, sketches=6, photos=9), 0)
    choice = order.choice(0, 0)
    sketch, photo = pixels.sketch.labels[choice.sketch], pixels.photo.labels[choice.photo]
    assert set(sketch) == set(photo)
    assert len(set(sketch)) == 3
    assert np.bincount(sketch).max() == 2
    assert np.bincount(photo).max() == 3


def test_a_batch_is_floats_of_the_chosen_pictures() -> None:
    pixels = data(8, 8)
    order = Order(pixels.labels, BatchConfig(sketches=4, photos=4), 0)
    still = AugmentationConfig(
        flip=0, rotation=0, scale=0, translation=0, brightness=0, contrast=0, saturation=0, greyscale=0, thickness=0
    )
    choice = order.choice(0, 0)
    batch = make_batch(pixels, choice, still, torch.Generator().manual_seed(0), torch.device("cpu"))
    expected = torch.from_numpy(pixels.photo.pixels[choice.photo]).permute(0, 3, 1, 2).float()
    torch.testing.assert_close(batch.photo.pixels, expected, atol=1e-3, rtol=0)
    ink = torch.from_numpy(pixels.sketch.pixels[choice.sketch])[:, None].expand(-1, 3, -1, -1).float()
    torch.testing.assert_close(batch.sketch.pixels, ink, atol=1e-3, rtol=0)
    assert batch.photo.labels.tolist() == pixels.photo.labels[choice.photo].tolist()


@pytest.mark.parametrize("thickness", [0.9])
def test_thickness_changes_the_amount_of_ink_both_ways(thickness: float) -> None:
    sketch = np.full((64, 16, 16), 255, dtype=np.uint8)
    sketch[:, 7:9] = 0
    pixels = TrainingPixels(LabelledPixels(sketch, np.zeros(64, dtype=np.int64)), data(8, 8).photo)
    only = AugmentationConfig(flip=0, rotation=0, scale=0, translation=0, thickness=thickness)
    order = Order(pixels.labels, BatchConfig(sketches=64, photos=2), 0)
    batch = make_batch(pixels, order.choice(0, 0), only, torch.Generator().manual_seed(0), torch.device("cpu"))
    ink = (255 - batch.sketch.pixels).mean(dim=(1, 2, 3))
    plain = (255 - torch.from_numpy(sketch).float()).mean()
    assert ink.max() > 1.3 * plain
    assert ink.min() < 0.8 * plain
    assert ink.min() > 0  # a line never vanishes


def test_augmentation_keeps_paper_white_and_values_in_range() -> None:
    pixels = data(16, 16)
    white = TrainingPixels(LabelledPixels(np.full((16, 8, 8), 255, dtype=np.uint8), pixels.sketch.labels), pixels.photo)
    order = Order(white.labels, BatchConfig(sketches=16, photos=16), 0)
    batch = make_batch(
        white,
        order.choice(0, 0),
        AugmentationConfig(rotation=45),
        torch.Generator().manual_seed(1),
        torch.device("cpu"),
    )
    assert batch.sketch.pixels.min() == 255.0
    assert batch.photo.pixels.min() >= 0
    assert batch.photo.pixels.max() <= 255.0
