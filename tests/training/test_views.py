"""Further views of a batch: colour changes equal loops over pixels, and a view shares its picture's shape."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from inkseek.training.experiment import AugmentationConfig, ViewConfig
from inkseek.training.part import Draws
from inkseek.training.views import (
    brightened,
    contrasted,
    draw_view,
    hue_turned,
    photo_view,
    saturated,
    sketch_view,
)
from tests.reference import augmentation_reference as reference
from tests.training.pictures import STILL, STILL_VIEW, data, twins, whole

CPU = torch.device("cpu")
DRAWS = 20_000


def colours() -> NDArray[np.float64]:
    """Random colours, and those where channels tie: greys, black, white, pure and mixed pairs."""
    rng = np.random.default_rng(0)
    special = [[0, 0, 0], [255, 255, 255], [99, 99, 99], [255, 0, 0], [0, 7, 0], [0, 0, 255], [9, 9, 1], [1, 9, 9]]
    mixed = [[9, 1, 9], [200, 100, 100], [100, 200, 100], [100, 100, 200]]
    found = np.concatenate((rng.integers(0, 256, (36, 3)).astype(np.float64), np.array(special + mixed)))
    return found.T.reshape(3, 6, 8)


@pytest.mark.parametrize(
    ("change", "loop", "amounts"),
    [
        (brightened, reference.brightened, (0.6, 1.0, 1.4)),
        (contrasted, reference.contrasted, (0.6, 1.0, 1.4)),
        (saturated, reference.saturated, (0.0, 0.6, 1.0, 1.4)),
        (hue_turned, reference.hue_turned, (-0.5, -0.1, 0.0, 0.04, 0.1, 0.37)),
    ],
)
def test_colour_changes_equal_the_loop_over_pixels(
    change: Callable[[Tensor, Tensor], Tensor],
    loop: Callable[[NDArray[np.float64], float], NDArray[np.float64]],
    amounts: tuple[float, ...],
) -> None:
    picture = colours()
    batch = torch.from_numpy(np.stack([picture] * len(amounts)))
    found = change(batch, torch.tensor(amounts, dtype=torch.float64)[:, None, None, None])
    for view, amount in zip(found, amounts, strict=True):
        torch.testing.assert_close(view, torch.from_numpy(loop(picture, amount)), rtol=0, atol=1e-6)


def test_a_view_makes_the_changes_in_order() -> None:
    picture = colours()
    draw = draw_view(40, ViewConfig(), Draws(Generator().manual_seed(1)), CPU)
    found = photo_view(torch.from_numpy(picture).float().expand(40, -1, -1, -1), draw)
    for number in range(40):
        expected = picture[:, :, ::-1].copy() if draw.flip[number] else picture
        expected = reference.brightened(expected, float(draw.brightness[number]))
        expected = reference.contrasted(expected, float(draw.contrast[number]))
        expected = reference.saturated(expected, float(draw.saturation[number]))
        expected = reference.hue_turned(expected, float(draw.hue[number]))
        if draw.greyscale[number]:
            expected = reference.saturated(expected, 0.0)
        torch.testing.assert_close(found[number], torch.from_numpy(expected).float(), rtol=0, atol=2e-2)
    assert {bool(made) for made in draw.greyscale} == {bool(made) for made in draw.flip} == {False, True}


def test_how_often_and_how_much() -> None:
    draw = draw_view(DRAWS, ViewConfig(), Draws(Generator().manual_seed(0)), CPU)
    jittered = draw.hue != 0
    for made, share in ((draw.flip, 0.5), (jittered, 0.8), (draw.greyscale, 0.2)):
        assert float(made.float().mean()) == pytest.approx(share, abs=0.02)
    assert float((draw.flip & jittered & draw.greyscale).float().mean()) == pytest.approx(0.08, abs=0.01)
    for factor in (draw.brightness, draw.contrast, draw.saturation):
        assert float(((factor != 1) ^ jittered).float().mean()) < 1e-3  # all four or none; a draw may be 1 itself
        assert float(factor.min()) == pytest.approx(0.6, abs=1e-3)
        assert float(factor.max()) == pytest.approx(1.4, abs=1e-3)
        assert float(factor.mean()) == pytest.approx(1.0, abs=0.01)
    assert float(draw.hue.abs().max()) == pytest.approx(0.1, abs=1e-3)
    assert float(draw.hue.mean()) == pytest.approx(0.0, abs=0.003)


def test_a_sketch_is_viewed_as_a_grey_photo_would_be() -> None:
    grey = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (50, 1, 6, 6))).float()
    draw = draw_view(50, ViewConfig(), Draws(Generator().manual_seed(2)), CPU)
    as_photo = photo_view(grey.expand(-1, 3, -1, -1), draw)
    torch.testing.assert_close(sketch_view(grey, draw).expand(-1, 3, -1, -1), as_photo, rtol=0, atol=1e-2)


def test_views_without_changes_are_the_warped_picture() -> None:
    config = STILL.model_copy(
        update={"rotation": 30.0, "scale": 0.3, "flip": 0.5, "thickness": 0.5, "view": STILL_VIEW}
    )
    batch = whole(data(9, 9), config, views=2)
    for samples in (batch.sketch, batch.photo):
        for view in samples.views:
            torch.testing.assert_close(view, samples.pixels, rtol=0, atol=1e-3)
    assert not torch.allclose(batch.pixels, whole(data(9, 9), STILL).pixels, atol=1)


def test_a_view_may_be_mirrored_on_its_own() -> None:
    config = STILL.model_copy(update={"rotation": 30.0, "view": STILL_VIEW.model_copy(update={"flip": 0.5})})
    batch = whole(data(40, 40), config, views=2)
    for samples in (batch.sketch, batch.photo):
        mirrored = []
        for view in samples.views:
            flips = [
                torch.allclose(one, base.flip(2), atol=1e-3) for one, base in zip(view, samples.pixels, strict=True)
            ]
            stays = [torch.allclose(one, base, atol=1e-3) for one, base in zip(view, samples.pixels, strict=True)]
            assert all(flip != stay for flip, stay in zip(flips, stays, strict=True))
            mirrored.append(flips)
        assert {(first, second) for first, second in zip(*mirrored, strict=True)} == {
            (False, False),
            (False, True),
            (True, False),
            (True, True),
        }


def test_colours_of_the_picture_itself_stay_out_of_its_views() -> None:
    config = AugmentationConfig(brightness=0.9, greyscale=1.0, view=STILL_VIEW)
    plain = config.model_copy(update={"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "greyscale": 0.0})
    pixels = data(6, 6)
    view = whole(pixels, config, views=1).photo.views[0]
    torch.testing.assert_close(view, whole(pixels, plain).photo.pixels, rtol=0, atol=1e-3)


def test_views_differ_and_are_pictures_for_the_network() -> None:
    batch = whole(data(9, 12), AugmentationConfig(), views=2)
    for samples in (batch.sketch, batch.photo):
        first, second = samples.views
        assert not torch.allclose(first, second, atol=1)
        for view in samples.views:
            assert view.shape == samples.pixels.shape
            assert view.dtype == torch.float32
            assert view.is_contiguous(memory_format=torch.channels_last)
            assert view.min() >= 0
            assert view.max() <= 255
    for view in batch.sketch.views:
        assert torch.equal(view[:, 0], view[:, 1])
        assert torch.equal(view[:, 0], view[:, 2])
    for ours, again in zip(
        batch.photo.views, whole(data(9, 12), AugmentationConfig(), views=2).photo.views, strict=True
    ):
        assert torch.equal(ours, again)  # drawn from the generator alone


def test_pairs_are_viewed_each_on_its_own() -> None:
    pixels = twins(30)
    jitter = STILL_VIEW.model_copy(update={"jitter": 1.0, "brightness": 0.4})
    config = STILL.model_copy(update={"paired": True, "view": jitter})
    batch = whole(pixels, config, views=1)
    assert not torch.allclose(batch.sketch.views[0], batch.photo.views[0], atol=1)
