"""The order of pictures is a function of (seed, epoch, step) and leaves nothing out."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inkseek.training.batches import Order, make_batch
from inkseek.training.experiment import BatchConfig
from tests.training.pictures import STILL, data


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


@pytest.mark.parametrize(
    ("config", "epoch", "step", "sketches", "photos"),
    [
        (BatchConfig(sketches=4, photos=8), 0, 0, [8, 4, 7, 0], [6, 2, 4, 9, 7, 1, 0, 3]),
        (BatchConfig(sketches=4, photos=8), 2, 1, [3, 8, 2, 6], [8, 6, 10, 9, 5, 3, 8, 6]),
        (BatchConfig(sampling="balanced", classes=2, sketches=4, photos=6), 0, 0, [7, 1, 2, 8], [1, 13, 7, 2, 5, 8]),
        (BatchConfig(sampling="balanced", classes=2, sketches=4, photos=6), 2, 1, [1, 4, 6, 9], [10, 7, 13, 3, 9, 12]),
    ],
)
def test_order_is_that_of_earlier_runs(
    config: BatchConfig, epoch: int, step: int, sketches: list[int], photos: list[int]
) -> None:
    choice = Order((np.arange(10) % 3, np.arange(14) % 3), config, 1).choice(epoch, step)
    assert choice.sketch.tolist() == sketches
    assert choice.photo.tolist() == photos


def test_a_batch_is_floats_of_the_chosen_pictures() -> None:
    pixels = data(8, 8)
    order = Order(pixels.labels, BatchConfig(sketches=4, photos=4), 0)
    choice = order.choice(0, 0)
    batch = make_batch(pixels, choice, STILL, torch.Generator().manual_seed(0), torch.device("cpu"))
    expected = torch.from_numpy(pixels.photo.pixels[choice.photo]).permute(0, 3, 1, 2).float()
    torch.testing.assert_close(batch.photo.pixels, expected, atol=1e-3, rtol=0)
    ink = torch.from_numpy(pixels.sketch.pixels[choice.sketch])[:, None].expand(-1, 3, -1, -1).float()
    torch.testing.assert_close(batch.sketch.pixels, ink, atol=1e-3, rtol=0)
    assert batch.photo.labels.tolist() == pixels.photo.labels[choice.photo].tolist()
