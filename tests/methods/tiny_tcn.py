"""TCN over a network of two convolutions, so that every switch can be built in no time."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inkseek.encoders.backbone import Backbone, ImageNetClassifier
from inkseek.methods import _imagenet
from inkseek.methods._base import Batch, Samples, Semantics, TrainingProblem
from inkseek.methods.tcn import MetricKind, Share, Tcn, TcnConfig, terms_of

CLASSES = ("cat", "harp", "pear")
WORDS = torch.randn(len(CLASSES), 5, generator=torch.Generator().manual_seed(1))
IMAGENET_CLASSES = 20


class TinyBackbone(Backbone):
    """Two convolutions, one without and one with bias, each with its batch norm."""

    name = "tiny"
    dimension = 10
    stage_dimensions = (6, 10)

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, 2, bias=False)
        self.stem_norm = nn.BatchNorm2d(6)
        self.last = nn.Conv2d(6, 10, 3, 2)
        self.last_norm = nn.BatchNorm2d(10)

    def stages(self, pixels: Tensor, modality: Tensor) -> tuple[Tensor, ...]:
        first = torch.relu(self.stem_norm(self.stem(pixels / 255)))
        return first.mean((2, 3)), torch.relu(self.last_norm(self.last(first))).mean((2, 3))


def fill(backbone: nn.Module) -> ImageNetClassifier:
    """The tiny network's "ImageNet" weights: the same at every call."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in backbone.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=generator))
    weight = torch.randn(IMAGENET_CLASSES, TinyBackbone.dimension, generator=generator)
    return ImageNetClassifier(weight, torch.randn(IMAGENET_CLASSES, generator=generator))


def use_tiny_backbone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_imagenet, "build_backbone", lambda name, gated=False: TinyBackbone())
    monkeypatch.setattr(_imagenet, "load_imagenet", fill)


def method_tree(share: Share = "soft", metric: MetricKind = "sbht", **switches: object) -> dict[str, Any]:
    """A `[method]` table with weight 1 for every term that the switches leave."""
    return {
        "name": "tcn",
        "backbone": "efficientnet-lite0",
        "dimension": 8,
        "share": share,
        "metric": metric,
        "weights": dict.fromkeys(terms_of(share, metric), 1.0),
        "optimiser": {"name": "adam", "rate": 1e-3},
    } | switches


def tiny_tcn(
    share: Share = "soft", metric: MetricKind = "sbht", *, words: Tensor | None = WORDS, **switches: object
) -> Tcn:
    torch.manual_seed(0)
    problem = TrainingProblem(CLASSES, Semantics(torch.zeros(len(CLASSES), 1000), words))
    return Tcn(TcnConfig.parse(method_tree(share, metric, **switches), "test", "method"), problem)


def pairs(seed: int = 0, each: int = 3) -> Batch:
    """Noise with a class in it, sketch i and photo i of one class."""
    rng = np.random.default_rng(seed)
    labels = torch.from_numpy(np.repeat(np.arange(len(CLASSES)), each))

    def samples(spread: float) -> Samples:
        pixels = 128 + spread * rng.standard_normal((len(labels), 3, 16, 16))
        pixels[np.arange(len(labels)), labels.numpy()] += 60
        return Samples(torch.from_numpy(pixels.clip(0, 255).astype(np.float32)), labels)

    return Batch(samples(30.0), samples(60.0))
