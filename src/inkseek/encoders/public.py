"""Backbones whose ImageNet weights are a public checkpoint: its names, loaded strictly or not at all."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from inkseek.encoders.backbone import Backbone, ImageNetClassifier
from inkseek.encoders.gate import ConditionalGate
from inkseek.errors import FormatError

IMAGENET_CLASSES = 1000
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)

_COUNTER = "num_batches_tracked"
"""Batch norm's count of batches. It has no effect here, and files made before PyTorch 0.4.1 do not have it."""
_NAMED = 3


class ImageNetPixels(nn.Module):
    """(x / 255 - mean) / std for each of red, green and blue: what torchvision's and Cadene's weights want."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name, values in (("mean", MEAN), ("std", STD)):
            # Not persistent: the state dict has the names of the public checkpoint and no others.
            self.register_buffer(name, 255 * torch.tensor(values)[:, None, None], persistent=False)

    def forward(self, pixels: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
        """Normalised pixels, from 0 to 255."""
        return (pixels - self.mean) / self.std


class PublicBackbone(Backbone):
    """A backbone whose tensors are named as in a public checkpoint.

    Attributes:
        classifier_name: what the checkpoint calls its linear ImageNet classifier, which is no part of the backbone.
    """

    classifier_name: ClassVar[str]

    def public_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every tensor that the checkpoint must hold; counters of batches may stand beside them."""
        own = {name: self.public_shape(name, tuple(tensor.shape)) for name, tensor in self._from_checkpoint().items()}
        weight, bias = self._classifier_names()
        return {**own, weight: (IMAGENET_CLASSES, self.dimension), bias: (IMAGENET_CLASSES,)}

    def load_public(self, tensors: Mapping[str, Tensor], source: str) -> ImageNetClassifier:
        """Fill the backbone and return the classifier that came with it; inserted gates stay as they are.

        Args:
            tensors: the checkpoint's state dict.
            source: what to call it in an error.

        Raises:
            FormatError: names, shapes or types disagree; the backbone is then as it was.
        """
        check_public(self.name, self.public_shapes(), tensors, source)
        own = {name: self.own_tensor(name, tensors[name]) for name in self._from_checkpoint()}
        self.load_state_dict({**self.state_dict(), **own}, strict=True)
        weight, bias = self._classifier_names()
        return ImageNetClassifier(tensors[weight], tensors[bias])

    def public_shape(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape in the checkpoint of what has `shape` here."""
        return shape

    def own_tensor(self, name: str, tensor: Tensor) -> Tensor:
        """A tensor of the checkpoint in the shape that it has here."""
        return tensor

    def _classifier_names(self) -> tuple[str, str]:
        return f"{self.classifier_name}.weight", f"{self.classifier_name}.bias"

    def _from_checkpoint(self) -> dict[str, Tensor]:
        """State without the gates that were inserted and without counters."""
        gates = tuple(f"{name}." for name, module in self.named_modules() if isinstance(module, ConditionalGate))
        return {
            name: tensor
            for name, tensor in self.state_dict().items()
            if not name.startswith(gates) and not name.endswith(f".{_COUNTER}")
        }


def check_public(name: str, shapes: Mapping[str, tuple[int, ...]], tensors: Mapping[str, Tensor], source: str) -> None:
    """Compare a state dict with what the checkpoint of a backbone must hold.

    Args:
        name: of the backbone.
        shapes: of `PublicBackbone.public_shapes`.
        tensors: the state dict.
        source: what to call it in an error.

    Raises:
        FormatError: tensors are missing, unexpected, or of another shape or type than float32; the first are named.
    """
    counters = {f"{key.removesuffix('.running_mean')}.{_COUNTER}" for key in shapes if key.endswith(".running_mean")}
    faults = (
        ("missing", sorted(shapes.keys() - tensors.keys())),
        ("unexpected", sorted(tensors.keys() - shapes.keys() - counters)),
        (
            "not as they should be",
            [
                f"{key} {_kind(tensors[key].dtype, tensors[key].shape)} instead of {_kind(torch.float32, shape)}"
                for key, shape in shapes.items()
                if key in tensors and (tensors[key].dtype, tuple(tensors[key].shape)) != (torch.float32, shape)
            ],
        ),
    )
    found = [f"{len(keys)} {fault}: {_first(keys)}" for fault, keys in faults if keys]
    if found:
        raise FormatError(f"{source}: does not fit {name}; tensors {'; '.join(found)}; give its public checkpoint")


def _kind(dtype: torch.dtype, shape: Iterable[int]) -> str:
    return f"{str(dtype).removeprefix('torch.')} {tuple(shape)}"


def _first(keys: list[str]) -> str:
    named = ", ".join(keys[:_NAMED])
    return named if len(keys) <= _NAMED else f"{named}, ..."
