"""The geometric draw: one random flip, scale, rotation and shift for each picture, made on the batch's device."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from inkseek.training.experiment import AugmentationConfig
from inkseek.training.part import Draws

WHITE = 255.0


@dataclass(frozen=True)
class Warp:
    """One geometric draw for each of n pictures.

    Attributes:
        flip: -1 mirrors left and right, 1 does not.
        angle: rotation, radians.
        scale: factors along x and y.
        shift: along x and y, shares of the side.
    """

    flip: Float[Tensor, " n"]
    angle: Float[Tensor, " n"]
    scale: Float[Tensor, "n 2"]
    shift: Float[Tensor, "n 2"]


def draw_warp(n: int, config: AugmentationConfig, draws: Draws) -> Warp:
    """A draw for n pictures; scale, rotation and shift each with probability `each`, all with `probability`."""
    angle = draws.uniform(n, -1.0, 1.0) * math.radians(config.rotation)
    scale_x = draws.uniform(n, 1 - config.scale, 1 + config.scale)
    scale_y = draws.uniform(n, 1 - config.scale, 1 + config.scale)
    scale = torch.stack((scale_x, scale_y), dim=1)
    flip = torch.where(draws.rand(n) < config.flip, -1.0, 1.0)
    shift = draws.rand(n, 2) * 2 * config.translation - config.translation
    if config.each < 1:
        scaled, rotated, shifted = (draws.rand(n, 3) < config.each).unbind(dim=1)
        scale = torch.where(scaled[:, None], scale, 1.0)
        angle = torch.where(rotated, angle, 0.0)
        shift = torch.where(shifted[:, None], shift, 0.0)
    if config.probability < 1:
        drawn = draws.rand(n) < config.probability
        flip, angle = torch.where(drawn, flip, 1.0), torch.where(drawn, angle, 0.0)
        scale, shift = torch.where(drawn[:, None], scale, 1.0), torch.where(drawn[:, None], shift, 0.0)
    return Warp(flip, angle, scale, shift)


def sampling_map(warp: Warp, side: int, about: Literal["centre", "corner"]) -> Float[Tensor, "n 2 3"]:
    """Where a warped picture takes its pixels from: affine maps of coordinates in [-1, 1], as `affine_grid` wants them.

    "centre": the draw is this map itself; p_in = R(angle) diag(flip / s) p_out + 2 shift.

    "corner": the draw is the map from the picture to the warped one, after the flip, in pixels from the centre of the
    first pixel: p_out = R(angle) diag(s) p_in + side shift, as scikit-image's `AffineTransform` has it (dsn.md
    section 3), and this map is its inverse. With u = (2 p + 1) / side - 1 and A = diag(1 / s) R(-angle):
    u_in = A u_out + (1 - 1 / side) (A 1 - 1) - 2 A shift.
    """
    cos, sin = torch.cos(warp.angle), torch.sin(warp.angle)
    scale_x, scale_y = warp.scale.unbind(dim=1)
    if about == "centre":
        rows = (warp.flip * cos / scale_x, -sin / scale_y), (warp.flip * sin / scale_x, cos / scale_y)
        offset = 2 * warp.shift
    else:
        rows = (cos / scale_x, sin / scale_x), (-sin / scale_y, cos / scale_y)
        linear = torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)
        offset = (1 - 1 / side) * (linear.sum(dim=2) - 1) - 2 * (linear @ warp.shift[:, :, None])[:, :, 0]
    theta = torch.stack([torch.stack((*row, offset[:, axis]), dim=1) for axis, row in enumerate(rows)], dim=1)
    if about == "corner":
        theta[:, 0] *= warp.flip[:, None]
    return theta


def warped(
    x: Float[Tensor, "n k h w"], warp: Warp, config: AugmentationConfig, outside: float | None
) -> Float[Tensor, "n k h w"]:
    """Square pictures after the draw, bilinear, with the value `outside` around them; None repeats their edges."""
    n, _, side, _ = x.shape
    theta = sampling_map(warp, side, config.about).to(x)
    grid = F.affine_grid(theta, [n, 1, side, side], align_corners=False)
    if not outside:
        padding = "border" if outside is None else "zeros"
        return F.grid_sample(x, grid, padding_mode=padding, align_corners=False)
    return outside - F.grid_sample(outside - x, grid, padding_mode="zeros", align_corners=False)
