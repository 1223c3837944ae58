"""A backbone by its name, empty or with its ImageNet weights."""

from typing import cast

from inkseek.encoders import efficientnet_lite
from inkseek.encoders.backbone import Backbone, ImageNetClassifier
from inkseek.encoders.efficientnet_lite import EfficientNetLite


def build_backbone(name: str, *, gated: bool = False) -> Backbone:
    """A backbone with random weights.

    Args:
        name: one of `BACKBONES`.
        gated: insert a conditional gate that starts as the identity at the end of every block.
    """
    return EfficientNetLite(name, gated=gated)


def load_imagenet(backbone: Backbone) -> ImageNetClassifier:
    """Fill a backbone with its ImageNet weights, strictly, and return the classifier that came with them.

    Raises:
        MissingExtraError: the package that carries the weights is not installed.
        FormatError: the weights do not fit.
    """
    return efficientnet_lite.load_imagenet(cast(EfficientNetLite, backbone))
