"""Random changes of a whole batch on its device: warp for both, colour for photos, stroke thickness for sketches."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from inkseek.training.experiment import AugmentationConfig
from inkseek.training.part import Draws
from inkseek.training.warp import WHITE, Warp, warped


def warped_photos(pixels: UInt8[Tensor, "n h w 3"], warp: Warp, config: AugmentationConfig) -> Float[Tensor, "n 3 h w"]:
    """Photos after the draw; outside, their edges are repeated, unless `fill` says otherwise."""
    outside = {"natural": None, "black": 0.0, "white": WHITE}[config.fill]
    return warped(pixels.permute(0, 3, 1, 2).float(), warp, config, outside)


def coloured_photos(x: Float[Tensor, "n 3 h w"], config: AugmentationConfig, draws: Draws) -> Float[Tensor, "n 3 h w"]:
    """Brightness, contrast, saturation and now and then greyscale."""
    n, device = len(x), x.device

    def factor(spread: float) -> Tensor:
        return draws.uniform(n, 1 - spread, 1 + spread).to(device)[:, None, None, None]

    x = x * factor(config.brightness)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    x = x.sub_(mean).mul_(factor(config.contrast)).add_(mean)
    grey = x.mean(dim=1, keepdim=True)
    saturation = factor(config.saturation)
    to_grey = (draws.rand(n) < config.greyscale).to(device)[:, None, None, None]
    x = x.sub_(grey).mul_(torch.where(to_grey, 0.0, saturation)).add_(grey)
    return x.clamp_(0, WHITE)


def warped_ink(pixels: UInt8[Tensor, "n h w"], warp: Warp, config: AugmentationConfig) -> Float[Tensor, "n 1 h w"]:
    """Ink of sketches, 0 on white paper and 255 on black, after the draw; outside is paper, unless `fill` is black."""
    return warped(WHITE - pixels[:, None].float(), warp, config, WHITE if config.fill == "black" else 0.0)


def thickened(ink: Float[Tensor, "n 1 h w"], config: AugmentationConfig, draws: Draws) -> Float[Tensor, "n 1 h w"]:
    """Sketches of that ink, with thicker or thinner strokes.

    With u uniform in +-`thickness`, u > 0 blends the picture with its 3x3 minimum (ink spreads), u < 0 blends it by
    |u|/2 with its 3x3 maximum (ink shrinks; half, because a line two pixels wide would vanish).
    """
    share = draws.uniform(len(ink), -config.thickness, config.thickness).to(ink.device)[:, None, None, None]
    thick = F.max_pool2d(ink, 3, 1, 1)
    thin = -F.max_pool2d(-ink, 3, 1, 1)
    ink = torch.where(share > 0, ink + share * (thick - ink), ink - share / 2 * (thin - ink))
    return (WHITE - ink).clamp(0, WHITE)
