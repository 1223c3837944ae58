"""What every backbone offers, and the names of those that exist."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal, get_args

from jaxtyping import Float
from torch import Tensor, nn

BackboneName = Literal["efficientnet-lite0", "efficientnet-lite2", "resnet50", "cse-resnet50", "vgg16"]
BACKBONES: tuple[str, ...] = get_args(BackboneName)


@dataclass(frozen=True)
class ImageNetClassifier:
    """The linear ImageNet classifier on top of a backbone: weight [1000, v], bias [1000]."""

    weight: Tensor
    bias: Tensor


class Backbone(nn.Module, ABC):
    """From pixels to the visual feature, told which modality it looks at.

    Attributes:
        name: one of `BACKBONES`.
        dimension: v, length of the visual feature.
        stage_dimensions: length of each row of `stages`, in order.
    """

    name: str
    dimension: int
    stage_dimensions: tuple[int, ...]

    @abstractmethod
    def stages(self, pixels: Float[Tensor, "n 3 h w"], modality: Float[Tensor, " n"]) -> tuple[Tensor, ...]:
        """Mean over positions of the last map of every stage, then the visual feature itself, each [n, k].

        Args:
            pixels: 0 to 255; every backbone normalises them itself as its weights want it.
            modality: 0 sketch, 1 photo; without gates it has no effect.
        """

    def forward(self, pixels: Float[Tensor, "n 3 h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n v"]:
        """Visual feature; arguments as for `stages`."""
        return self.stages(pixels, modality)[-1]
