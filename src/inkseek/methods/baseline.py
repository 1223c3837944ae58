"""Baseline: SAKE's two terms, a supervised contrastive term over both modalities, and imitation by sketches.

Idea: one of the two trainings whose mean the bundled encoder is. No paper's method; it is what a careful engineer would
try first, and the mark that papers' methods are compared with. Classification learns the seen classes, distillation on
photos keeps ImageNet's knowledge, the contrastive term makes cosine in the retrieval feature mean "same class" across
modalities, and sketch distillation asks a sketch to imitate what the teacher says of the *photos of its class in the
batch*, so that knowledge about photos reaches sketches too.

Symbols: as in sake.py; u = z/||z||: unit code [n, d]; tau: temperature.

Map:
    SAKE's terms -> "classification", "distillation" (dsn.md 4.1, 4.2)
    supervised contrastive, one view -> "contrastive" (Khosla et al., arXiv 2004.11362; dsn.md 4.3 has two views)
    modality centre -> ModalityCentre (ours): a code less the mean code of its modality, so that the offset between
        sketches and photos does not count as distance
    sketch distillation -> "sketch_distillation" (ours): q_c = mean of q_i over the batch's photos of class c,
        L = mean over sketches with such photos of the cross-entropy of K z against q_(y_i)

Departures: none to declare, there is no paper.
"""

from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from inkseek.config import Config
from inkseek.losses.contrastive import supervised_contrastive
from inkseek.losses.distillation import distillation, teacher_targets
from inkseek.methods._base import Batch, Losses, MethodConfig, OptimiserConfig, Paper, TrainingProblem
from inkseek.methods._imagenet import ImageNetStudent
from inkseek.methods._networks import ModalityCentre


class BaselineWeights(Config):
    """Coefficients of the total loss; 0 switches a term off."""

    classification: float
    distillation: float
    contrastive: float
    sketch_distillation: float


class BaselineConfig(MethodConfig):
    """The baseline's hyper-parameters."""

    name: Literal["baseline"]
    gated: bool = True  # tell the network its modality
    centred: bool = True  # take each modality's mean away from its codes
    teacher_scale: float = Field(default=1.0, ge=0)  # on the teacher's logits
    relation_bonus: float = Field(default=0.3, ge=0)  # on logits of ImageNet classes that WordNet relates
    temperature: float = Field(default=0.07, gt=0)  # tau
    optimiser: OptimiserConfig
    weights: BaselineWeights


def class_targets(
    targets: Float[Tensor, "p k"], photo_labels: Int[Tensor, " p"], sketch_labels: Int[Tensor, " q"]
) -> tuple[Float[Tensor, "q k"], Float[Tensor, " q"]]:
    """For each sketch the mean target of the batch's photos of its class, and 1 where there is one (else 0)."""
    same = (sketch_labels[:, None] == photo_labels[None, :]).to(targets.dtype)
    count = same.sum(dim=1)
    return same @ targets / count.clamp(min=1)[:, None], (count > 0).to(targets.dtype)


class Baseline(ImageNetStudent):
    """Classification, distillation and contrast in one network for both modalities."""

    paper: ClassVar[Paper] = Paper(
        method="baseline",
        title="Classification, distillation and supervised contrast (no paper)",
        authors="inkseek",
        venue="inkseek",
        year=2026,
        summary="SAKE's terms, a contrastive term over both modalities, imitation by sketches too",
    )
    config_class = BaselineConfig

    def __init__(self, config: BaselineConfig, problem: TrainingProblem) -> None:
        centre = ModalityCentre(config.dimension) if config.centred else None
        super().__init__(config, config.optimiser, problem, gated=config.gated, centre=centre)
        self.config = config

    @property
    def weights(self) -> dict[str, float]:
        """L = sum of weight times term."""
        return self.config.weights.model_dump()

    def losses(self, batch: Batch) -> Losses:
        """All four terms."""
        sketches = len(batch.sketch.labels)
        code = self.network.code(batch.pixels, batch.modality)
        imitated = self.imitation(code).float()
        targets = teacher_targets(
            self.teacher(batch.photo.pixels),
            self.relation[batch.photo.labels],
            teacher_scale=self.config.teacher_scale,
            relation_bonus=self.config.relation_bonus,
        )
        sketch_targets, known = class_targets(targets, batch.photo.labels, batch.sketch.labels)
        with torch.autocast(code.device.type, enabled=False):  # cosines over a small temperature want all their digits
            contrastive = supervised_contrastive(F.normalize(code, dim=1), batch.labels, self.config.temperature)
        per_sketch = -(sketch_targets * F.log_softmax(imitated[:sketches], dim=1)).sum(dim=1)
        return {
            "classification": F.cross_entropy(self.classifier(code).float(), batch.labels),
            "distillation": distillation(imitated[sketches:], targets),
            "contrastive": contrastive,
            "sketch_distillation": (per_sketch * known).sum() / torch.clamp(known.sum(), min=1),
        }


METHOD = Baseline
