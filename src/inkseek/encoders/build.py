"""A backbone by its name, empty or with its ImageNet weights."""

from typing import cast

import torch

from inkseek.encoders import efficientnet_lite
from inkseek.encoders.backbone import BACKBONES, Backbone, ImageNetClassifier
from inkseek.encoders.efficientnet_lite import EfficientNetLite
from inkseek.encoders.public import PublicBackbone
from inkseek.encoders.resnet import ResNet50
from inkseek.encoders.se_resnet import CSEResNet50
from inkseek.encoders.vgg import VGG16
from inkseek.encoders.weights import read_weights, weights_file
from inkseek.errors import ConfigError


def build_backbone(name: str, *, gated: bool = False) -> Backbone:
    """A backbone with random weights.

    Args:
        name: one of `BACKBONES`.
        gated: insert a conditional gate that starts as the identity at the end of every block; `cse-resnet50` has its
            own gates either way, which start deaf to the modality.

    Raises:
        ConfigError: there is no backbone of that name.
    """
    match name:
        case "efficientnet-lite0" | "efficientnet-lite2":
            return EfficientNetLite(name, gated=gated)
        case "resnet50":
            return ResNet50(gated=gated)
        case "cse-resnet50":
            return CSEResNet50()
        case "vgg16":
            return VGG16(gated=gated)
    raise ConfigError(f"backbone: {name!r} is none of {', '.join(BACKBONES)}")


def public_shapes(name: str) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor that the public checkpoint of a backbone must hold.

    Args:
        name: a key of `inkseek.encoders.weights.CHECKPOINTS`.
    """
    with torch.device("meta"):  # shapes alone: VGG-16 would take half a gigabyte
        return cast(PublicBackbone, build_backbone(name)).public_shapes()


def load_imagenet(backbone: Backbone) -> ImageNetClassifier:
    """Fill a backbone with its ImageNet weights, strictly, and return the classifier that came with them.

    Raises:
        MissingExtraError: the package that carries the weights is not installed.
        DataError: the weights are not in the weights folder; the sentence says how they get there.
        FormatError: the weights do not fit.
    """
    if isinstance(backbone, EfficientNetLite):
        return efficientnet_lite.load_imagenet(backbone)
    return cast(PublicBackbone, backbone).load_public(read_weights(backbone.name), str(weights_file(backbone.name)))
