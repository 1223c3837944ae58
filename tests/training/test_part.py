"""Parts of a batch: together all of it, nothing twice, and the same numbers for a row whatever process it is on."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Generator

from inkseek.errors import ConfigError
from inkseek.training.batches import Order, make_batch
from inkseek.training.experiment import AugmentationConfig, BatchConfig
from inkseek.training.part import Draws, Part, check_shared_evenly
from tests.training import pictures

SAMPLINGS = ("shuffled", "balanced", "pairs", "balanced_pairs")


def parts(count: int) -> list[Part]:
    return [Part(number, count) for number in range(count)]


@given(
    st.sampled_from(SAMPLINGS), st.integers(1, 6), st.integers(1, 4), st.integers(0, 99), st.integers(0, 3), st.data()
)
def test_parts_are_disjoint_and_together_the_batch(
    sampling: str, count: int, each: int, seed: int, epoch: int, data: st.DataObject
) -> None:
    size = max(2, count) * each * (4 if sampling == "balanced" else 1) * (1 if count > 1 else 2)
    more = {"balanced": {"classes": 4}, "balanced_pairs": {"steps": 3}}.get(sampling, {})
    config = BatchConfig.model_validate({"sampling": sampling, "sketches": size, "photos": size, **more})
    order = Order((np.arange(40) % 4, np.arange(48) % 4), config, seed)
    choice = order.choice(epoch, data.draw(st.integers(0, order.steps - 1)))
    for positions in (choice.sketch, choice.photo):
        rows = np.arange(len(positions))
        shared = [part.of(rows) for part in parts(count)]
        assert len({len(own) for own in shared}) == 1
        np.testing.assert_array_equal(np.sort(np.concatenate(shared)), rows)
        found = np.empty_like(positions)
        for part, own in zip(parts(count), shared, strict=True):
            found[own] = part.of(positions)
        np.testing.assert_array_equal(found, positions)


@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 2))
def test_a_row_draws_the_same_numbers_on_any_process(count: int, own: int, rows: int) -> None:
    shape = [2, 3, 1]
    shape[rows] = own
    whole = torch.rand([size * count if axis == rows else size for axis, size in enumerate(shape)], generator=seeded())
    for part in parts(count):
        draws = Draws(seeded(), part)
        found = draws.rand(*shape, rows=rows)
        expected = whole.index_select(rows, torch.arange(part.number, own * count, count))
        assert torch.equal(found, expected)
        assert torch.equal(draws.rand(2), Draws(after(whole), part).rand(2))


def seeded() -> Generator:
    return Generator().manual_seed(4)


def after(drawn: torch.Tensor) -> Generator:
    """A generator that has drawn as many numbers."""
    generator = seeded()
    torch.rand(drawn.shape, generator=generator)
    return generator


@pytest.mark.parametrize("paired", [False, True])
def test_pictures_are_changed_alike_on_any_process(paired: bool) -> None:
    data = pictures.data(12, 12)
    order = Order(data.labels, BatchConfig(sampling="pairs", sketches=6, photos=6), 0)
    config, choice = AugmentationConfig(paired=paired, each=0.5, probability=0.7), order.choice(0, 0)

    def batch(part: Part) -> list[torch.Tensor]:
        made = make_batch(data, choice, config, seeded(), torch.device("cpu"), 2, part)
        assert len(made.labels) == 12
        return [made.sketch.pixels, made.photo.pixels, *made.sketch.views, *made.photo.views]

    for part in parts(3):
        for own, whole in zip(batch(part), batch(Part()), strict=True):
            torch.testing.assert_close(own, whole[part.number :: part.count], rtol=1e-5, atol=1e-3)


def test_a_batch_that_cannot_be_shared_evenly_is_refused() -> None:
    config = BatchConfig(sketches=6, photos=8)
    check_shared_evenly(config, 2)
    with pytest.raises(ConfigError) as refused:
        check_shared_evenly(config, 4)
    assert str(refused.value) == (
        "training.batch.sketches: 6 cannot be shared evenly by 4 processes; choose a multiple of 4, or start fewer "
        "processes"
    )
    with pytest.raises(ConfigError, match="a step has 6 pictures of a modality, which 4 processes cannot share"):
        Part(0, 4).of(np.arange(6))
