"""Further views of a batch: flip, colour jitter and greyscale of the warped pictures, on the batch's device.

The four colour changes are torchvision's, made in its order of arguments (brightness, contrast, saturation, hue), where
torchvision shuffles the order anew each time. Grey is 0.299 red + 0.587 green + 0.114 blue, as Pillow has it.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from inkseek.training.experiment import ViewConfig
from inkseek.training.part import Draws
from inkseek.training.warp import WHITE


@dataclass(frozen=True)
class ViewDraw:
    """The random numbers of one view of n pictures.

    Attributes:
        flip: whether it is mirrored.
        brightness: factor; so are contrast and saturation.
        hue: turn, share of the colour circle.
        greyscale: whether it is made grey.
    """

    flip: Bool[Tensor, "n 1 1 1"]
    brightness: Float[Tensor, "n 1 1 1"]
    contrast: Float[Tensor, "n 1 1 1"]
    saturation: Float[Tensor, "n 1 1 1"]
    hue: Float[Tensor, "n 1 1 1"]
    greyscale: Bool[Tensor, "n 1 1 1"]


def draw_view(n: int, config: ViewConfig, draws: Draws, device: torch.device) -> ViewDraw:
    """A draw for one view of n pictures; without jitter, factors are 1 and the turn is 0."""
    numbers = draws.rand(7, n, 1, 1, 1, rows=1).to(device)
    flip, jitter, brightness, contrast, saturation, hue, greyscale = numbers
    jittered = (jitter < config.jitter).float()
    return ViewDraw(
        flip < config.flip,
        1 + jittered * config.brightness * (2 * brightness - 1),
        1 + jittered * config.contrast * (2 * contrast - 1),
        1 + jittered * config.saturation * (2 * saturation - 1),
        jittered * config.hue * (2 * hue - 1),
        greyscale < config.greyscale,
    )


def photo_view(x: Float[Tensor, "n 3 h w"], draw: ViewDraw) -> Float[Tensor, "n 3 h w"]:
    """One view of photos."""
    x = torch.where(draw.flip, x.flip(3), x)
    x = contrasted(brightened(x, draw.brightness), draw.contrast)
    x = hue_turned(saturated(x, draw.saturation), draw.hue)
    return torch.where(draw.greyscale, grey(x), x)


def sketch_view(x: Float[Tensor, "n 1 h w"], draw: ViewDraw) -> Float[Tensor, "n 1 h w"]:
    """One view of sketches; saturation, hue and greyscale change nothing in a grey picture."""
    x = torch.where(draw.flip, x.flip(3), x)
    return contrasted(brightened(x, draw.brightness), draw.contrast)


def grey(x: Float[Tensor, "n k h w"]) -> Float[Tensor, "n 1 h w"]:
    """Grey of three channels; one channel is grey already."""
    if x.shape[1] == 1:
        return x
    red, green, blue = x[:, :1], x[:, 1:2], x[:, 2:]
    return 0.299 * red + 0.587 * green + 0.114 * blue


def brightened(x: Float[Tensor, "n k h w"], factor: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n k h w"]:
    """The product f x, within 0 and 255."""
    return (x * factor).clamp_(0, WHITE)


def contrasted(x: Float[Tensor, "n k h w"], factor: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n k h w"]:
    """The blend f x + (1 - f) m with m the mean of the picture's grey, within 0 and 255."""
    mean = grey(x).mean(dim=(2, 3), keepdim=True)
    return (x * factor).add_((1 - factor) * mean).clamp_(0, WHITE)


def saturated(x: Float[Tensor, "n 3 h w"], factor: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n 3 h w"]:
    """The blend f x + (1 - f) grey(x), within 0 and 255."""
    return (x * factor).add_((1 - factor) * grey(x)).clamp_(0, WHITE)


def hue_turned(x: Float[Tensor, "n 3 h w"], turn: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n 3 h w"]:
    """Hue moved by `turn` of the colour circle; value v and chroma c = v - min stay.

    With h the new hue in sixths of the circle, in [0, 6), and [.] limited to 0 and 1, the channels are
    red = v - c [2 - |h - 3|], green = v - c [|h - 2| - 1], blue = v - c [|h - 4| - 1].
    """
    red, green, blue = x[:, :1], x[:, 1:2], x[:, 2:]
    value = x.amax(dim=1, keepdim=True)
    chroma = value - x.amin(dim=1, keepdim=True)
    divisor = torch.where(chroma > 0, chroma, 1.0)
    hue = torch.where(value == green, 2 + (blue - red) / divisor, 4 + (red - green) / divisor)
    hue = torch.where(value == red, (green - blue) / divisor, hue)
    hue = (hue + 6 * turn).remainder_(6)
    lack = torch.cat((2 - (hue - 3).abs_(), (hue - 2).abs_() - 1, (hue - 4).abs_() - 1), dim=1)
    return value - lack.clamp_(0, 1).mul_(chroma)
