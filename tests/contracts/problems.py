"""Small worlds for the contract tests: random pictures with a colour and a shape for each class."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inkseek.config import read_toml
from inkseek.data.semantics import imagenet_relation
from inkseek.methods._base import Batch, Method, Samples, Semantics, TrainingProblem
from inkseek.methods._imagenet import pretrained, split_classifier
from inkseek.methods._networks import Extractor, SharedNetwork
from inkseek.registry import method_class, parse_method_config

NAMES = ("airplane", "banana", "cat", "harp", "pear")
SIZE = 32
CONFIGS = Path(__file__).parents[2] / "configs"


SEMANTIC_DIMENSION = 12


@cache
def shared_network() -> SharedNetwork:
    """The ImageNet backbone with its classifier's first directions: what a feature-level method may start from."""
    backbone, imagenet = pretrained("efficientnet-lite0", gated=True)
    return SharedNetwork(backbone, split_classifier(imagenet.weight, 32)[0])


def problem(classes: int) -> TrainingProblem:
    names = NAMES[:classes]
    embeddings = torch.randn(classes, SEMANTIC_DIMENSION, generator=torch.Generator().manual_seed(5)).abs()
    semantics = Semantics(torch.from_numpy(imagenet_relation(names)), embeddings)
    return TrainingProblem(names, semantics, Extractor(shared_network()))


RATES = {"ssgn": 3e-3, "tcn": 1e-3, "wad_cmsn": 1e-2}
"""Learning rate of methods that learn slowly at their own: so that 40 steps stand for their thousands."""


def method_tree(name: str) -> dict[str, Any]:
    """The method's own `[method]` table, smaller where size is only time, quicker where a rate is."""
    tree: dict[str, Any] = read_toml(CONFIGS / f"{name}-sketchy25.toml")["method"]
    if name in RATES:
        tree["optimiser"] |= {"rate": RATES[name]}
    return tree | {"backbone": "efficientnet-lite0", "dimension": 16}


def build(name: str, classes: int = 3) -> Method:
    world = problem(classes)  # before the seed: what is built once draws random numbers once
    torch.manual_seed(0)
    return method_class(name)(parse_method_config(method_tree(name), "contract"), world)


def picture(label: int, modality: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """A block whose place is the class; black on white for sketches, coloured on noise for photos."""
    place = slice(2 + 5 * label, 10 + 5 * label)
    if modality == 0:
        pixels = np.full((3, SIZE, SIZE), 255.0)
        pixels[:, place, 4:28] = 0.0
    else:
        pixels = rng.uniform(0, 90, (3, SIZE, SIZE))
        pixels[label % 3, place, 4:28] += 150.0
    return (pixels + rng.normal(0, 4, pixels.shape)).clip(0, 255).astype(np.float32)


def batch(classes: int = 3, each: int = 3, seed: int = 0) -> Batch:
    """Pairs of one class, each picture with two further views, for methods that want them."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)

    def pixels(modality: int) -> torch.Tensor:
        return torch.from_numpy(np.stack([picture(int(label), modality, rng) for label in labels]))

    def samples(modality: int) -> Samples:
        return Samples(pixels(modality), torch.from_numpy(labels), (pixels(modality), pixels(modality)))

    return Batch(samples(0), samples(1))
