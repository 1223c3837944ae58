"""ResNet-50 as torchvision has it, under torchvision's names, so that its public ImageNet weights load strictly.

He et al., Deep Residual Learning for Image Recognition (CVPR 2016), in the variant whose 3x3 convolution takes the
stride ("v1.5"); tcn.md section 2.1.
"""

from abc import abstractmethod
from collections.abc import Callable

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from inkseek.encoders.gate import ConditionalGate
from inkseek.encoders.public import ImageNetPixels, PublicBackbone

VISUAL_DIMENSION = 2048
STEM_CHANNELS = 64
BLOCKS = (3, 4, 6, 3)
WIDTHS = (64, 128, 256, 512)
EXPANSION = 4


class Bottleneck(nn.Module):
    """Convolutions 1x1, 3x3, 1x1 with batch norm, and a shortcut.

    y = ReLU(gate(BN(conv1x1(ReLU(BN(conv3x3(ReLU(BN(conv1x1(x))))))))) + shortcut(x))

    Args:
        inputs: channels of x.
        width: channels in between; y has `EXPANSION` times as many.
        strides: of the first 1x1 and of the 3x3 convolution.
    """

    def __init__(self, inputs: int, width: int, strides: tuple[int, int]) -> None:
        super().__init__()
        outputs, stride = EXPANSION * width, strides[0] * strides[1]
        self.conv1 = nn.Conv2d(inputs, width, 1, strides[0], bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, strides[1], padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample: nn.Sequential | None = None
        if stride != 1 or inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

    def gated(self, y: Float[Tensor, "n k h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n k h w"]:
        """The branch before the shortcut is added to it; a block with a gate sends it through."""
        return y

    def forward(self, x: Float[Tensor, "n i h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n o y x"]:
        """Block output; `modality` reaches the gate only."""
        y = relu(self.bn1(self.conv1(x)))
        y = relu(self.bn2(self.conv2(y)))
        y = self.gated(self.bn3(self.conv3(y)), modality)
        return relu(y + (x if self.downsample is None else self.downsample(x)))


class GatedBottleneck(Bottleneck):
    """A bottleneck with a conditional gate that starts as the identity."""

    def __init__(self, inputs: int, width: int, strides: tuple[int, int]) -> None:
        super().__init__(inputs, width, strides)
        self.gate = ConditionalGate(EXPANSION * width)

    def gated(self, y: Float[Tensor, "n k h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n k h w"]:
        """Through the gate."""
        gated: Tensor = self.gate(y, modality)
        return gated


class ResidualBackbone(PublicBackbone):
    """Stem, four stages of bottlenecks, and the mean over positions of the last map.

    The stages that are tapped are the four behind the stem, so the last of them and the visual feature are one vector.
    """

    layer1: nn.ModuleList
    layer2: nn.ModuleList
    layer3: nn.ModuleList
    layer4: nn.ModuleList

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.dimension = VISUAL_DIMENSION
        self.stage_dimensions = (*(EXPANSION * width for width in WIDTHS), VISUAL_DIMENSION)
        self.normalise = ImageNetPixels()

    @abstractmethod
    def stem(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 64 y x"]:
        """From normalised pixels to what enters the first stage."""

    def stages(self, pixels: Float[Tensor, "n 3 h w"], modality: Float[Tensor, " n"]) -> tuple[Tensor, ...]:
        """Means of the four stages' last maps, then the visual feature, which is the last of them once more.

        Args:
            pixels: 0 to 255 in the order red, green, blue, normalised here by ImageNet's mean and deviation.
            modality: 0 sketch, 1 photo; without gates it has no effect.
        """
        means = [x.mean((2, 3)) for x in self._maps(pixels, modality)]
        return (*means, means[-1])

    def forward(self, pixels: Float[Tensor, "n 3 h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n v"]:
        """Visual feature: mean over positions of the last map; arguments as for `stages`."""
        return self._maps(pixels, modality)[-1].mean((2, 3))

    def _maps(self, pixels: Tensor, modality: Tensor) -> list[Tensor]:
        x = self.stem(self.normalise(pixels))
        maps = []
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            for block in layer:
                x = block(x, modality)
            maps.append(x)
        return maps


class ResNet50(ResidualBackbone):
    """torchvision's `resnet50` without its `fc`: 53 convolutions, all without bias.

    Args:
        gated: insert a `ConditionalGate` at the end of every block, before its shortcut is added.
    """

    classifier_name = "fc"

    def __init__(self, *, gated: bool = False) -> None:
        super().__init__("resnet50")
        block = GatedBottleneck if gated else Bottleneck
        self.conv1 = nn.Conv2d(3, STEM_CHANNELS, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(STEM_CHANNELS)
        self.layer1, self.layer2, self.layer3, self.layer4 = residual_stages(
            lambda inputs, width, stride: block(inputs, width, (1, stride))
        )

    def stem(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 64 y x"]:
        """Convolution 7x7, batch norm, ReLU, and the largest of 3x3 with a border of one."""
        return F.max_pool2d(relu(self.bn1(self.conv1(x))), 3, 2, padding=1)


def residual_stages(block: Callable[[int, int, int], Bottleneck]) -> tuple[nn.ModuleList, ...]:
    """Four stages of 3, 4, 6 and 3 blocks; the first block of all but the first stage halves the map.

    Args:
        block: makes one from its input channels, its width and its stride.
    """
    stages, inputs = [], STEM_CHANNELS
    for number, (width, repeats) in enumerate(zip(WIDTHS, BLOCKS, strict=True)):
        blocks = []
        for repeat in range(repeats):
            blocks.append(block(inputs, width, 2 if number and not repeat else 1))
            inputs = EXPANSION * width
        # No Sequential, since every block wants the modality; the names are the same.
        stages.append(nn.ModuleList(blocks))
    return tuple(stages)


def relu(x: Tensor) -> Tensor:
    """ReLU in place: what it overwrites is a result of batch norm or of a sum, whose gradients need their inputs."""
    return F.relu(x, inplace=True)
