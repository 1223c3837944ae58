"""Random changes of training pictures: the draw, what is outside, pairs, and what earlier runs saw."""

import math
from typing import Literal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from inkseek.training.augmentation import warped_ink, warped_photos
from inkseek.training.batches import Choice, LabelledPixels, TrainingPixels, make_batch
from inkseek.training.experiment import AugmentationConfig
from inkseek.training.part import Draws
from inkseek.training.warp import Warp, draw_warp, sampling_map, warped
from tests.reference import augmentation_reference as reference
from tests.training.pictures import STILL, data, twins, whole

CORNER = AugmentationConfig(about="corner", fill="black")
DRAWS = 20_000


def one(
    flip: float = 1.0,
    angle: float = 0.0,
    scale: tuple[float, float] = (1.0, 1.0),
    shift: tuple[float, float] = (0.0, 0.0),
) -> Warp:
    """One draw, in float64."""
    values = (torch.tensor([value], dtype=torch.float64) for value in (flip, angle, scale, shift))
    return Warp(*values)


@pytest.mark.parametrize("outside", [0.0, 255.0, 40.0])
@pytest.mark.parametrize(
    ("flip", "angle", "scale", "shift"),
    [
        (1, 0.0, (1.0, 1.0), (2.0, -1.0)),
        (1, math.radians(30), (1.0, 1.0), (0.0, 0.0)),
        (1, 0.0, (0.7, 1.3), (0.0, 0.0)),
        (-1, 0.0, (1.2, 0.8), (0.5, 0.25)),
        (-1, math.radians(-22), (0.83, 1.21), (1.3, -2.4)),
        (1, math.radians(17), (1.3, 0.7), (-3.1, 0.9)),
    ],
)
def test_the_warp_about_the_corner_is_the_forward_map_undone_pixel_by_pixel(
    flip: int, angle: float, scale: tuple[float, float], shift: tuple[float, float], outside: float
) -> None:
    side = 9
    picture = np.random.default_rng(4).uniform(0, 255, (2, side, side))
    draw = one(flip, angle, scale, (shift[0] / side, shift[1] / side))
    found = warped(torch.from_numpy(picture)[None], draw, CORNER, outside)[0]
    expected = [reference.corner_warp(channel, flip < 0, angle, scale, shift, outside) for channel in picture]
    torch.testing.assert_close(found, torch.from_numpy(np.stack(expected)), rtol=0, atol=1e-6)


def test_a_turn_about_the_corner_moves_everything_but_the_first_pixel() -> None:
    picture = torch.zeros(1, 1, 9, 9, dtype=torch.float64)
    picture[0, 0, 0, 0] = 200
    found = warped(picture, one(angle=0.4, scale=(1.3, 1.3)), CORNER, 0.0)
    assert found[0, 0, 0, 0] == pytest.approx(200)


def test_a_turn_about_the_centre_keeps_the_centre() -> None:
    theta = sampling_map(one(angle=0.4, scale=(1.3, 0.8), flip=-1), 9, "centre")
    assert torch.equal(theta[0, :, 2], torch.zeros(2, dtype=torch.float64))


def test_each_change_has_its_own_probability() -> None:
    config = AugmentationConfig(each=0.3, flip=0.5)
    draw = draw_warp(DRAWS, config, Draws(Generator().manual_seed(0)))
    turned, moved = draw.angle != 0, (draw.shift != 0).all(dim=1)
    scaled = (draw.scale != 1).all(dim=1)
    assert torch.equal(scaled, (draw.scale != 1).any(dim=1))  # both axes or none
    assert torch.equal(moved, (draw.shift != 0).any(dim=1))
    for made in (turned, moved, scaled):
        assert float(made.float().mean()) == pytest.approx(0.3, abs=0.02)
    assert float((turned & moved & scaled).float().mean()) == pytest.approx(0.027, abs=0.006)  # independent
    assert float((draw.flip < 0).float().mean()) == pytest.approx(0.5, abs=0.02)
    assert not torch.equal(draw.scale[:, 0], draw.scale[:, 1])


def test_the_whole_draw_has_a_probability() -> None:
    draw = draw_warp(DRAWS, AugmentationConfig(probability=0.7, flip=1), Draws(Generator().manual_seed(0)))
    drawn = draw.flip < 0
    assert float(drawn.float().mean()) == pytest.approx(0.7, abs=0.02)
    assert torch.equal(draw.angle != 0, drawn)
    assert torch.equal((draw.scale != 1).any(dim=1), drawn)
    assert torch.equal((draw.shift != 0).any(dim=1), drawn)


def test_sizes_of_the_changes() -> None:
    config = AugmentationConfig(rotation=30, scale=0.3, translation=0.1)
    draw = draw_warp(DRAWS, config, Draws(Generator().manual_seed(0)))
    for values, largest in ((draw.angle, math.radians(30)), (draw.scale - 1, 0.3), (draw.shift, 0.1)):
        assert float(values.abs().max()) == pytest.approx(largest, rel=1e-2)
        assert float(values.mean()) == pytest.approx(0, abs=0.02 * largest)


@pytest.mark.parametrize("about", ["centre", "corner"])
def test_without_a_draw_a_picture_stays(about: Literal["centre", "corner"]) -> None:
    pixels = data(6, 6)
    draw = {"flip": 0.5, "rotation": 30.0, "scale": 0.3, "translation": 0.1}
    never = STILL.model_copy(update={**draw, "about": about, "fill": "black", "probability": 0.0})
    batch = whole(pixels, never)
    torch.testing.assert_close(batch.pixels, whole(pixels, STILL).pixels, rtol=0, atol=1e-2)


@pytest.mark.parametrize(("fill", "outside"), [("black", 0.0), ("white", 255.0), ("natural", None)])
def test_what_is_outside(fill: Literal["natural", "black", "white"], outside: float | None) -> None:
    config = AugmentationConfig(about="corner", fill=fill)
    pixels = twins(1)
    right = Warp(torch.ones(1), torch.zeros(1), torch.ones(1, 2), torch.tensor([[0.5, 0.0]]))
    photo = warped_photos(torch.from_numpy(pixels.photo.pixels), right, config)
    sketch = 255 - warped_ink(torch.from_numpy(pixels.sketch.pixels), right, config)
    edge = torch.from_numpy(pixels.photo.pixels[:, :, 0]).permute(0, 2, 1).float()
    blank = edge[..., None].expand(-1, -1, -1, 4) if outside is None else torch.full((1, 3, 8, 4), outside)
    torch.testing.assert_close(photo[..., :4], blank, rtol=0, atol=1e-3)
    paper = torch.full((1, 1, 8, 4), 255.0 if outside is None else outside)
    torch.testing.assert_close(sketch[..., :4], paper, rtol=0, atol=1e-3)
    shown = torch.from_numpy(pixels.sketch.pixels)[:, None, :, :4].float()
    torch.testing.assert_close(sketch[..., 4:], shown, rtol=0, atol=1e-3)
    torch.testing.assert_close(photo[..., 4:], shown.expand(-1, 3, -1, -1), rtol=0, atol=1e-3)


@pytest.mark.parametrize("about", ["centre", "corner"])
def test_a_pair_is_warped_alike(about: Literal["centre", "corner"]) -> None:
    pixels = twins(20)
    draw = {"flip": 0.5, "rotation": 30.0, "scale": 0.3, "translation": 0.1, "each": 0.5, "probability": 0.7}
    geometric = STILL.model_copy(update={**draw, "about": about, "fill": "black"})
    alone = whole(pixels, geometric)
    pair = whole(pixels, geometric.model_copy(update={"paired": True}))
    torch.testing.assert_close(pair.sketch.pixels, pair.photo.pixels, rtol=0, atol=1e-2)
    assert not torch.allclose(pair.photo.pixels, whole(pixels, STILL).photo.pixels, atol=1)
    assert not torch.allclose(alone.sketch.pixels, alone.photo.pixels, atol=1)


@pytest.mark.parametrize("thickness", [0.9])
def test_thickness_changes_the_amount_of_ink_both_ways(thickness: float) -> None:
    sketch = np.full((64, 16, 16), 255, dtype=np.uint8)
    sketch[:, 7:9] = 0
    pixels = TrainingPixels(LabelledPixels(sketch, np.zeros(64, dtype=np.int64)), data(8, 8).photo)
    batch = whole(pixels, AugmentationConfig(flip=0, rotation=0, scale=0, translation=0, thickness=thickness))
    ink = (255 - batch.sketch.pixels).mean(dim=(1, 2, 3))
    plain = (255 - torch.from_numpy(sketch).float()).mean()
    assert ink.max() > 1.3 * plain
    assert ink.min() < 0.8 * plain
    assert ink.min() > 0  # a line never vanishes


def test_augmentation_keeps_paper_white_and_values_in_range() -> None:
    pixels = data(16, 16)
    white = TrainingPixels(LabelledPixels(np.full((16, 8, 8), 255, dtype=np.uint8), pixels.sketch.labels), pixels.photo)
    batch = whole(white, AugmentationConfig(rotation=45))
    assert batch.sketch.pixels.min() == 255.0
    assert batch.photo.pixels.min() >= 0
    assert batch.photo.pixels.max() <= 255.0


def earlier_warp(x: Tensor, padding: str, config: AugmentationConfig, generator: Generator) -> Tensor:
    """The first runs' warp."""
    n, side = len(x), x.shape[-1]

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(n, generator=generator) * (high - low) + low

    angle = uniform(-1.0, 1.0) * math.radians(config.rotation)
    scale_x, scale_y = uniform(1 - config.scale, 1 + config.scale), uniform(1 - config.scale, 1 + config.scale)
    flip = torch.where(torch.rand(n, generator=generator) < config.flip, -1.0, 1.0)
    shift = torch.rand(n, 2, generator=generator) * 4 * config.translation - 2 * config.translation
    cos, sin = torch.cos(angle), torch.sin(angle)
    first = torch.stack((flip * cos / scale_x, -sin / scale_y, shift[:, 0]), dim=1)
    second = torch.stack((flip * sin / scale_x, cos / scale_y, shift[:, 1]), dim=1)
    grid = F.affine_grid(torch.stack((first, second), dim=1), [n, 1, side, side], align_corners=False)
    return F.grid_sample(x, grid, padding_mode=padding, align_corners=False)


def earlier_sketches(pixels: Tensor, config: AugmentationConfig, generator: Generator) -> Tensor:
    """The first runs' sketches."""
    ink = earlier_warp(255.0 - pixels[:, None].float(), "zeros", config, generator)
    share = torch.rand(len(ink), generator=generator) * (2 * config.thickness) - config.thickness
    share = share[:, None, None, None]
    thick, thin = F.max_pool2d(ink, 3, 1, 1), -F.max_pool2d(-ink, 3, 1, 1)
    ink = torch.where(share > 0, ink + share * (thick - ink), ink - share / 2 * (thin - ink))
    return (255.0 - ink).clamp(0, 255).expand(-1, 3, -1, -1)


def earlier_photos(pixels: Tensor, config: AugmentationConfig, generator: Generator) -> Tensor:
    """The first runs' photos."""
    x = earlier_warp(pixels.permute(0, 3, 1, 2).float(), "border", config, generator)

    def factor(spread: float) -> Tensor:
        drawn = torch.rand(len(x), generator=generator) * ((1 + spread) - (1 - spread)) + (1 - spread)
        return drawn[:, None, None, None]

    x = x * factor(config.brightness)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    x = mean + (x - mean) * factor(config.contrast)
    grey = x.mean(dim=1, keepdim=True)
    saturation = factor(config.saturation)
    to_grey = (torch.rand(len(x), generator=generator) < config.greyscale)[:, None, None, None]
    return (grey + (x - grey) * torch.where(to_grey, 0.0, saturation)).clamp(0, 255)


@pytest.mark.parametrize("views", [0, 2])
@pytest.mark.parametrize("changes", [{}, {"rotation": 45.0, "translation": 0.3, "greyscale": 0.5, "flip": 0.2}])
def test_the_defaults_are_what_earlier_runs_saw_to_the_last_bit(changes: dict[str, float], views: int) -> None:
    pixels = data(12, 20, side=16)
    config = AugmentationConfig().model_copy(update=changes)
    generator = Generator().manual_seed(3)
    sketch = earlier_sketches(torch.from_numpy(pixels.sketch.pixels), config, generator)
    photo = earlier_photos(torch.from_numpy(pixels.photo.pixels), config, generator)
    batch = whole(pixels, config, views, seed=3)
    assert torch.equal(batch.sketch.pixels, sketch)
    assert torch.equal(batch.photo.pixels, photo)
    assert len(batch.sketch.views) == len(batch.photo.views) == views


def test_without_views_the_generator_is_left_where_earlier_runs_left_it() -> None:
    pixels, config = data(5, 7), AugmentationConfig()
    ours, earlier = Generator().manual_seed(3), Generator().manual_seed(3)
    make_batch(pixels, Choice(np.arange(5), np.arange(7)), config, ours, torch.device("cpu"))
    earlier_sketches(torch.from_numpy(pixels.sketch.pixels), config, earlier)
    earlier_photos(torch.from_numpy(pixels.photo.pixels), config, earlier)
    assert torch.equal(ours.get_state(), earlier.get_state())
