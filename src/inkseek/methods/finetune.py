"""Fine-tuning: each modality's backbone learns to name the seen classes, and nothing else.

Idea: what PCMSN, SEM-PCYC and their kin start from, and the softmax baseline of their tables. Two backbones with
ImageNet weights, one a modality, each with a new linear layer and a classifier of its own; nothing makes their features
alike. Feature-level methods freeze the result and learn what is common.

Symbols:
    f_m: visual feature of modality m [n, v]       z_m = H_m f_m: code [n, d]       G_m: classifier d -> c

Map (pcmsn.md section 2.1): backbone, new layer, classifier -> network, Finetune.classifiers; cross-entropy -> terms
"sketch_classification" and "photo_classification".

Departures: any backbone; the optimiser is the experiment's, [SGD, rate 0.01, momentum 0.9, batches of 64] in SEM-PCYC's
script. The other way, one gated network for both modalities, is `sake` without its distillation.
"""

from typing import ClassVar, Literal

import torch.nn.functional as F
from torch import nn

from inkseek.config import Config
from inkseek.encoders.build import build_backbone, load_imagenet
from inkseek.methods._base import (
    Batch,
    Losses,
    Method,
    MethodConfig,
    OptimiserConfig,
    Paper,
    ParameterGroup,
    Phase,
    TrainingProblem,
    trainable,
)
from inkseek.methods._networks import PHOTO, SKETCH, CoupledNetwork, ModalityNetwork, SharedNetwork


class FinetuneWeights(Config):
    """Coefficients of the two cross-entropies."""

    sketch_classification: float
    photo_classification: float


class FinetuneConfig(MethodConfig):
    """Hyper-parameters; d is [512] in PCMSN and SEM-PCYC."""

    name: Literal["finetune"]
    optimiser: OptimiserConfig
    weights: FinetuneWeights


def network(backbone: str, dimension: int) -> SharedNetwork:
    """A backbone with ImageNet weights and a new linear layer v -> d."""
    fresh = build_backbone(backbone)
    load_imagenet(fresh)
    return SharedNetwork(fresh, nn.Linear(fresh.dimension, dimension))


class FinetuneNetwork(CoupledNetwork):
    """Two networks that share nothing."""

    sketch: ModalityNetwork
    photo: ModalityNetwork


class Finetune(Method):
    """Classification of each modality by a network of its own.

    Attributes:
        network: the two networks.
        classifiers: of sketches and of photos.
    """

    paper: ClassVar[Paper] = Paper(
        method="finetune",
        title="Fine-tuned backbones, one a modality (softmax baseline; SEM-PCYC's and PCMSN's first stage)",
        authors="Dutta, Akata",
        venue="CVPR",
        year=2019,
        summary="classify the seen classes, each modality on its own: what feature-level methods start from",
    )
    config_class = FinetuneConfig
    comparable: ClassVar[bool] = False

    def __init__(self, config: FinetuneConfig, problem: TrainingProblem) -> None:
        super().__init__(config, problem)
        self.config = config
        self.network = FinetuneNetwork(
            ModalityNetwork(network(config.backbone, config.dimension), SKETCH),
            ModalityNetwork(network(config.backbone, config.dimension), PHOTO),
        )
        self.classifiers = nn.ModuleList(nn.Linear(config.dimension, len(problem.class_names)) for _ in range(2))

    @property
    def weights(self) -> dict[str, float]:
        """L = w_ske L_ske + w_pho L_pho; the two share no parameter."""
        return self.config.weights.model_dump()

    def retrieval_network(self) -> FinetuneNetwork:
        """Both networks."""
        return self.network

    def phases(self) -> tuple[Phase, ...]:
        """One optimiser over both."""
        optimiser = self.config.optimiser
        networks = [self.network.sketch.network, self.network.photo.network]
        groups = (
            ParameterGroup(trainable(one.backbone for one in networks)),
            ParameterGroup(trainable((*(one.projection for one in networks), self.classifiers)), optimiser.head_factor),
        )
        return (Phase("student", groups, self.losses, optimiser),)

    def losses(self, batch: Batch) -> Losses:
        """Mean cross-entropy of each modality."""
        sketch, photo = self.network.sketch(batch.sketch.pixels), self.network.photo(batch.photo.pixels)
        of_sketches, of_photos = self.classifiers
        return {
            "sketch_classification": F.cross_entropy(of_sketches(sketch).float(), batch.sketch.labels),
            "photo_classification": F.cross_entropy(of_photos(photo).float(), batch.photo.labels),
        }


METHOD = Finetune
