"""A small world for feature-level methods: an extractor that is never asked, and clusters for features."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from inkseek.encoders.backbone import Backbone
from inkseek.methods._base import Batch, Samples, Semantics, TrainingProblem
from inkseek.methods._networks import Extractor, SharedNetwork


class TinyBackbone(Backbone):
    """Mean colour of a picture, under the name of a backbone that exists."""

    def __init__(self) -> None:
        super().__init__()
        self.name, self.dimension, self.stage_dimensions = "efficientnet-lite0", 3, (3, 3)

    def stages(self, pixels: Float[Tensor, "n 3 h w"], modality: Float[Tensor, " n"]) -> tuple[Tensor, ...]:
        colour = pixels.mean(dim=(2, 3)) / 255
        return colour, colour


def problem(*, visual: int, embedding: int, classes: int) -> TrainingProblem:
    """Seen classes with random embeddings, and an extractor of features [n, visual]."""
    generator = torch.Generator().manual_seed(5)
    semantics = Semantics(torch.zeros(classes, 1000), torch.randn(classes, embedding, generator=generator))
    extractor = Extractor(SharedNetwork(TinyBackbone(), nn.Linear(3, visual)))
    return TrainingProblem(tuple(f"class {label}" for label in range(classes)), semantics, extractor)


def batch(*, visual: int, classes: int, each: int, seed: int = 0) -> Batch:
    """Pairs of one class whose features lie about a centre for each class and modality."""
    centres = torch.randn(2, classes, visual, generator=torch.Generator().manual_seed(9))
    labels = torch.arange(classes).repeat_interleave(each)
    generator = torch.Generator().manual_seed(seed)

    def samples(modality: int) -> Samples:
        features = centres[modality][labels] + 0.3 * torch.randn(len(labels), visual, generator=generator)
        return Samples(torch.zeros(len(labels), 3, 0, 0), labels, features=features)

    return Batch(samples(0), samples(1))
