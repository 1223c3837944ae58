"""Random changes of a whole batch on its device: affine for both, colour for photos, stroke thickness for sketches."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Generator, Tensor

from inkseek.training.experiment import AugmentationConfig

PAPER = 255.0


def _uniform(n: int, low: float, high: float, generator: Generator) -> Float[Tensor, " n"]:
    return torch.rand(n, generator=generator) * (high - low) + low


def affine_grid(n: int, side: int, config: AugmentationConfig, generator: Generator) -> Float[Tensor, "n h w 2"]:
    """Sampling grid of one random flip, rotation, anisotropic scale and shift about the centre for each picture."""
    angle = _uniform(n, -1.0, 1.0, generator) * math.radians(config.rotation)
    scale_x = _uniform(n, 1 - config.scale, 1 + config.scale, generator)
    scale_y = _uniform(n, 1 - config.scale, 1 + config.scale, generator)
    flip = torch.where(torch.rand(n, generator=generator) < config.flip, -1.0, 1.0)
    shift = torch.rand(n, 2, generator=generator) * 4 * config.translation - 2 * config.translation
    cos, sin = torch.cos(angle), torch.sin(angle)
    theta = torch.stack(
        (
            torch.stack((flip * cos / scale_x, -sin / scale_y, shift[:, 0]), dim=1),
            torch.stack((flip * sin / scale_x, cos / scale_y, shift[:, 1]), dim=1),
        ),
        dim=1,
    )
    return F.affine_grid(theta, [n, 1, side, side], align_corners=False)


def augment_photos(
    pixels: UInt8[Tensor, "n h w 3"], config: AugmentationConfig, generator: Generator
) -> Float[Tensor, "n 3 h w"]:
    """Affine change (edges repeated outside), then brightness, contrast, saturation and now and then greyscale."""
    n, side = pixels.shape[:2]
    device = pixels.device
    x = pixels.permute(0, 3, 1, 2).float()
    grid = affine_grid(n, side, config, generator).to(device)
    x = F.grid_sample(x, grid, padding_mode="border", align_corners=False)

    def factor(spread: float) -> Tensor:
        return _uniform(n, 1 - spread, 1 + spread, generator).to(device)[:, None, None, None]

    x = x * factor(config.brightness)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    x = mean + (x - mean) * factor(config.contrast)
    grey = x.mean(dim=1, keepdim=True)
    saturation = factor(config.saturation)
    to_grey = (torch.rand(n, generator=generator) < config.greyscale).to(device)[:, None, None, None]
    x = grey + (x - grey) * torch.where(to_grey, 0.0, saturation)
    return x.clamp(0, PAPER)


def augment_sketches(
    pixels: UInt8[Tensor, "n h w"], config: AugmentationConfig, generator: Generator
) -> Float[Tensor, "n 3 h w"]:
    """Affine change on white paper, then thicker or thinner strokes.

    Thickness: with u uniform in +-`thickness`, u > 0 blends the picture with its 3x3 minimum (ink spreads), u < 0
    blends it by |u|/2 with its 3x3 maximum (ink shrinks; half, because a line two pixels wide would vanish).
    """
    n, side = pixels.shape[:2]
    device = pixels.device
    ink = PAPER - pixels[:, None].float()
    grid = affine_grid(n, side, config, generator).to(device)
    ink = F.grid_sample(ink, grid, padding_mode="zeros", align_corners=False)
    share = _uniform(n, -config.thickness, config.thickness, generator).to(device)[:, None, None, None]
    thick = F.max_pool2d(ink, 3, 1, 1)
    thin = -F.max_pool2d(-ink, 3, 1, 1)
    ink = torch.where(share > 0, ink + share * (thick - ink), ink - share / 2 * (thin - ink))
    return (PAPER - ink).clamp(0, PAPER).expand(-1, 3, -1, -1)
