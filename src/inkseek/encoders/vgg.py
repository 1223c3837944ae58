"""VGG-16 as torchvision has it, under torchvision's names, so that its public ImageNet weights load strictly.

Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition (ICLR 2015), configuration D
without batch norm. Its taps are those of SSGN's feature fusion: ssgn.md section 2.1.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from inkseek.encoders.gate import ConditionalGate
from inkseek.encoders.public import ImageNetPixels, PublicBackbone

VISUAL_DIMENSION = 4096
GROUPS = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))
"""Position of every convolution in torchvision's `features`; ReLU and pooling have the positions in between."""
WIDTHS = (64, 128, 256, 512, 512)
POOLED = 7


class VGG16(PublicBackbone):
    """Five groups of 3x3 convolutions, and the first two fully connected layers.

    f = ReLU(W3 ReLU(W0 pooled + b0) + b3), 4096-dimensional, without dropout: the backbone is a function of the pixels.
    The maps are pooled to 7x7 as torchvision does, so that any size from 32 pixels on will do.

    Args:
        gated: insert a `ConditionalGate` behind the last ReLU of every group, before what is tapped and pooled.
    """

    classifier_name = "classifier.6"

    def __init__(self, *, gated: bool = False) -> None:
        super().__init__()
        self.name = "vgg16"
        self.dimension = VISUAL_DIMENSION
        self.stage_dimensions = (*WIDTHS, VISUAL_DIMENSION)
        self.normalise = ImageNetPixels()
        self.features = nn.ModuleDict()
        channels = 3
        for places, width in zip(GROUPS, WIDTHS, strict=True):
            for place in places:
                self.features[str(place)] = nn.Conv2d(channels, width, 3, padding=1)
                channels = width
        self.classifier = nn.ModuleDict(
            {
                "0": nn.Linear(WIDTHS[-1] * POOLED**2, VISUAL_DIMENSION),
                "3": nn.Linear(VISUAL_DIMENSION, VISUAL_DIMENSION),
            }
        )
        self.gates = nn.ModuleList([ConditionalGate(width) for width in WIDTHS]) if gated else None

    def stages(self, pixels: Float[Tensor, "n 3 h w"], modality: Float[Tensor, " n"]) -> tuple[Tensor, ...]:
        """Means of the five groups' last maps before they are pooled, and the visual feature.

        Args:
            pixels: 0 to 255 in the order red, green, blue, normalised here by ImageNet's mean and deviation.
            modality: 0 sketch, 1 photo; without gates it has no effect.
        """
        maps = self._maps(pixels, modality)
        return (*(x.mean((2, 3)) for x in maps), self._visual(maps[-1]))

    def forward(self, pixels: Float[Tensor, "n 3 h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n v"]:
        """Visual feature; arguments as for `stages`."""
        return self._visual(self._maps(pixels, modality)[-1])

    def _maps(self, pixels: Tensor, modality: Tensor) -> list[Tensor]:
        x = self.normalise(pixels)
        maps: list[Tensor] = []
        for group, places in enumerate(GROUPS):
            if maps:
                x = F.max_pool2d(x, 2)
            for place in places:
                x = F.relu(self.features[str(place)](x), inplace=True)
            if self.gates is not None:
                x = self.gates[group](x, modality)
            maps.append(x)
        return maps

    def _visual(self, last: Tensor) -> Tensor:
        x = adaptive_mean(F.max_pool2d(last, 2), POOLED).flatten(1)
        x = F.relu(self.classifier["0"](x), inplace=True)
        return F.relu(self.classifier["3"](x), inplace=True)


def adaptive_mean(x: Float[Tensor, "n k h w"], size: int) -> Float[Tensor, "n k s s"]:
    """Means over `size` times `size` cells; of a side of h, cell i covers floor(i h / size) to ceil((i + 1) h / size).

    The same as PyTorch's adaptive average pooling, which cannot be exported to ONNX for sides that are no multiples of
    `size`; as two matrix products it can.
    """
    height, width = int(x.shape[2]), int(x.shape[3])
    if (height, width) == (size, size):
        return x
    return _cells(height, size).to(x) @ x @ _cells(width, size).to(x).T


def _cells(side: int, size: int) -> Float[Tensor, "s h"]:
    """Row i averages over cell i."""
    cells = torch.zeros(size, side)
    for i in range(size):
        start, end = i * side // size, -(-(i + 1) * side // size)
        cells[i, start:end] = 1 / (end - start)
    return cells
