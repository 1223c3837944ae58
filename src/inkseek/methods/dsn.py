"""DSN: domain-smoothing network.

Idea: SAKE's network, classification and distillation, and two terms that narrow the gap between the modalities. Two
further augmented views of every picture are contrasted over both modalities, so that pictures of one class meet in the
code whatever drew them; and a small memory of sketches for each class gives a prototype that photos are pulled to.

Symbols (paper's symbol: name here, shape):
    t: modality [n], 0 sketch and 1 photo          f: visual feature [n, v]
    z = H f: code [n, d]; z/||z|| is the retrieval feature
    K: imitation, d -> 1000                        G: classifier, d -> c
    o: teacher logits [n, 1000]                    a_y: relation row of class y [1000]
    lambda_kd: teacher_scale                       lambda_neg: relation_bonus
    tau: temperature                               P(a): the other rows of a's class, either modality and view
    M: Memory.rows [c, k, v], k slots              n_c: Memory.counts [c], filled slots
    p_c: prototype, mean of the filled rows of M[c] [v]

Map (dsn.md section -> here):
    2.1, 2.2 conditional backbone -> SharedNetwork.backbone, encoders.gate
    2.3 heads and SVD start -> split_classifier; contrastive projection -> mlp_head
    2.4 teacher -> Teacher                         3 views, one forward -> Dsn._encode
    4.1 L_cls -> term "classification"             4.2 L_kd -> term "distillation"
    4.3 L_con -> term "contrastive", supervised_contrastive
    4.4 update -> updated_memory; p_c -> prototypes; L_mem -> term "memory", memory_loss; flush -> Dsn.start_epoch
    4.5 coefficients -> [method.weights]           4.6 defects -> memory_mode, released_index_bug
    5 relation rows -> TrainingProblem.semantics   6 rate schedule -> [training.schedule] kind = "exponential"

Departures: the memory term has a gradient and its slots belong to their class, as the paper tells it; the released code
has neither, and `memory_mode = "released"` gives that. Where the contrastive weight is 0 there are no views to pay for:
the term is then of the base pictures alone, to be looked at and not learned from. Biases of H and K start at zero;
other backbones' gates as in sake.py.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from inkseek.config import Config
from inkseek.errors import ConfigError
from inkseek.losses.contrastive import supervised_contrastive
from inkseek.losses.distillation import distillation, teacher_targets
from inkseek.methods._base import (
    Batch,
    Losses,
    MethodConfig,
    OptimiserConfig,
    Paper,
    ParameterGroup,
    Phase,
    TrainingProblem,
    trainable,
)
from inkseek.methods._imagenet import ImageNetStudent
from inkseek.methods._networks import ModalityCentre

VIEWS = 2
HEAD_HIDDEN = 2048
HEAD_OUTPUT = 128


class DsnWeights(Config):
    """Coefficients of the total loss; 1, 1, 0.1 and 1 in the released code. 0 switches a term off."""

    classification: float
    distillation: float
    contrastive: float
    memory: float


class DsnConfig(MethodConfig):
    """DSN's hyper-parameters, with the released code's value in brackets."""

    name: Literal["dsn"]
    gated: bool = True  # tell the network its modality [true]
    centred: bool = False  # ours: take each modality's mean away from its codes [false]
    teacher_scale: float = Field(default=1.0, ge=0)  # lambda_kd [1.0]
    relation_bonus: float = Field(default=0.3, ge=0)  # lambda_neg, on logits [0.3]
    temperature: float = Field(default=0.07, gt=0)  # tau, on cosines [0.07]
    projection_head: Literal["none", "mlp"] = "none"  # what is contrasted: z, or an MLP of f [none; in paper's figure]
    slots: int = Field(default=10, gt=0)  # k, sketches that the memory keeps of each class [10]
    memory_mode: Literal["paper", "released"] = "paper"  # released: no gradient from the memory's term [released]
    released_index_bug: bool = (
        False  # a replacement overwrites the class whose number is its slot's, in either mode [true]
    )
    optimiser: OptimiserConfig  # [Adam, rate 1e-4, weight decay 5e-4, one group]
    weights: DsnWeights


@dataclass(frozen=True)
class Memory:
    """Sketches remembered of each class.

    Attributes:
        rows: M, visual features without gradient; of class c the first n_c rows are filled.
        counts: n_c.
    """

    rows: Float[Tensor, "c k v"]
    counts: Int[Tensor, " c"]


@torch.no_grad()
def updated_memory(
    memory: Memory,
    sketch: Float[Tensor, "n v"],
    sketch_labels: Int[Tensor, " n"],
    photo: Float[Tensor, "m v"],
    photo_labels: Int[Tensor, " m"],
    *,
    index_bug: bool = False,
) -> Memory:
    """The memory after a batch; `memory` itself stays as it is.

    For each sketch feature e of class c, in order: while n_c < k it is appended. Then, with q the mean of the batch's
    photo features of class c, it takes the place of the stored row least similar to q if cos(q, e) is larger than that
    row's. Without a photo of class c in the batch nothing is replaced.

    Args:
        memory: before the batch.
        sketch: f of the batch's sketches.
        sketch_labels: their classes.
        photo: f of the batch's photos.
        photo_labels: their classes.
        index_bug: write the replacement over all rows of the class whose number is the slot's, as released.

    Source: DSN's released code; dsn.md sections 4.4 and 4.6.
    """
    rows, counts = memory.rows.clone(), memory.counts.tolist()
    for feature, label in zip(sketch, sketch_labels.tolist(), strict=True):
        if counts[label] < rows.shape[1]:
            rows[label, counts[label]] = feature
            counts[label] += 1
            continue
        of_class = photo[photo_labels == label]
        if len(of_class) == 0:
            continue
        query = of_class.mean(dim=0)
        stored = F.cosine_similarity(query[None], rows[label])
        slot = int(stored.argmin())
        if F.cosine_similarity(query, feature, dim=0) > stored[slot]:
            rows[slot if index_bug else (label, slot)] = feature
    return Memory(rows, torch.tensor(counts, device=rows.device))


def prototypes(memory: Memory) -> Float[Tensor, "c v"]:
    """p_c = mean of the filled rows of M[c]; 0 where there is none (dsn.md section 4.4)."""
    slot = torch.arange(memory.rows.shape[1], device=memory.rows.device)
    filled = (slot < memory.counts[:, None]).to(memory.rows.dtype)
    return (memory.rows * filled[:, :, None]).sum(dim=1) / memory.counts.clamp(min=1)[:, None]


def memory_loss(photo: Float[Tensor, "n v"], labels: Int[Tensor, " n"], memory: Memory) -> Float[Tensor, ""]:
    """Pull photos to the remembered sketches of their class.

    L = mean over photos i with n_(y_i) > 0 of  1 - cos(f_i, p_(y_i));  0 if there is none.

    The prototypes have no gradient, the photos do. Source: dsn.md section 4.4.
    """
    distance = 1 - F.cosine_similarity(photo, prototypes(memory)[labels])
    known = (memory.counts[labels] > 0).to(distance.dtype)
    return (distance * known).sum() / known.sum().clamp(min=1)


def mlp_head(visual_dimension: int) -> nn.Sequential:
    """The projection of the paper's figure, for training only: v -> 2048 -> ReLU -> 128.

    Its size is inferred (dsn.md section 2.3): 128 from an unused flag of the released code, two layers by the habit of
    contrastive learning.
    """
    return nn.Sequential(nn.Linear(visual_dimension, HEAD_HIDDEN), nn.ReLU(), nn.Linear(HEAD_HIDDEN, HEAD_OUTPUT))


class Dsn(ImageNetStudent):
    """DSN over any backbone.

    Attributes:
        projection_head: what the contrastive term sees of f; None: it sees z.
        memory_rows: M.
        memory_counts: n_c.
        pending: the memory after the batch that `losses` saw last; `after_step` makes it the memory.
    """

    paper: ClassVar[Paper] = Paper(
        method="dsn",
        title="Domain-Smoothing Network for Zero-Shot Sketch-Based Image Retrieval",
        authors="Wang, Wang, Yan, Wu, Deng",
        venue="IJCAI",
        year=2021,
        summary="SAKE, two views contrasted over both modalities, photos pulled to a memory of sketches",
    )
    config_class = DsnConfig
    memory_rows: Tensor
    memory_counts: Tensor

    def __init__(self, config: DsnConfig, problem: TrainingProblem) -> None:
        classes = len(problem.class_names)
        if config.released_index_bug and classes < config.slots:
            raise ConfigError(
                f"method.released_index_bug: writes to the classes 0 to {config.slots - 1}, but only {classes} are "
                f"seen; set it to false"
            )
        centre = ModalityCentre(config.dimension) if config.centred else None
        super().__init__(config, config.optimiser, problem, gated=config.gated, centre=centre)
        self.config = config
        visual = self.network.backbone.dimension
        self.projection_head = mlp_head(visual) if config.projection_head == "mlp" else None
        self.register_buffer("memory_rows", torch.zeros(classes, config.slots, visual))
        self.register_buffer("memory_counts", torch.zeros(classes, dtype=torch.int64))
        self.pending = self.memory
        self.views = VIEWS if config.weights.contrastive else 0
        self.dead_terms = frozenset({"memory"} if config.memory_mode == "released" else ())

    @property
    def weights(self) -> dict[str, float]:
        """L = w_cls L_cls + w_kd L_kd + w_con L_con + w_mem L_mem."""
        return self.config.weights.model_dump()

    @property
    def memory(self) -> Memory:
        """As the last step left it."""
        return Memory(self.memory_rows, self.memory_counts)

    def phases(self) -> tuple[Phase, ...]:
        """One optimiser over everything that learns, the projection head included."""
        (student,) = super().phases()
        if self.projection_head is None:
            return (student,)
        head = ParameterGroup(trainable((self.projection_head,)), self.optimiser.head_factor)
        return (replace(student, groups=(*student.groups, head)),)

    def start_epoch(self, epoch: int) -> None:
        """Flush the memory."""
        self.memory_rows.zero_()
        self.memory_counts.zero_()

    def after_step(self, batch: Batch) -> None:
        """Remember the batch's sketches."""
        self.memory_rows.copy_(self.pending.rows)
        self.memory_counts.copy_(self.pending.counts)

    def losses(self, batch: Batch) -> Losses:
        """Terms of the total loss (dsn.md sections 4.1 to 4.4)."""
        n, sketches = len(batch.labels), len(batch.sketch.labels)
        visual, code = self._encode(batch)
        targets = teacher_targets(
            self.teacher(batch.photo.pixels),
            self.relation[batch.photo.labels],
            teacher_scale=self.config.teacher_scale,
            relation_bonus=self.config.relation_bonus,
        )
        contrasted = slice(n, None) if self.views else slice(None)
        feature = code[contrasted] if self.projection_head is None else self.projection_head(visual[contrasted]).float()
        return {
            "classification": F.cross_entropy(self.classifier(code[:n]).float(), batch.labels),
            "distillation": distillation(self.imitation(code[sketches:n]).float(), targets),
            "contrastive": self._contrastive(feature, batch.labels),
            "memory": self._memory(visual[:n].float(), batch),
        }

    def _encode(self, batch: Batch) -> tuple[Float[Tensor, "m v"], Float[Tensor, "m d"]]:
        """Visual features and codes of [base; view 1; view 2], each sketches first (dsn.md section 3)."""
        views = [torch.cat((batch.sketch.views[view], batch.photo.views[view])) for view in range(self.views)]
        pixels = torch.cat((batch.pixels, *views))
        modality = batch.modality.repeat(1 + len(views))
        visual = self.network.backbone(pixels, modality)  # one call: batch normalisation sees all of them together
        return visual, self.network.project(visual, modality)

    def _contrastive(self, feature: Float[Tensor, "m e"], labels: Int[Tensor, " n"]) -> Float[Tensor, ""]:
        with torch.autocast(feature.device.type, enabled=False):  # cosines over a small temperature want all digits
            unit = F.normalize(feature, dim=1)
            return supervised_contrastive(unit, labels.repeat(max(self.views, 1)), self.config.temperature)

    def _memory(self, visual: Float[Tensor, "n v"], batch: Batch) -> Float[Tensor, ""]:
        sketches = len(batch.sketch.labels)
        sketch, photo = visual[:sketches], visual[sketches:]
        self.pending = updated_memory(
            self.memory,
            sketch,
            batch.sketch.labels,
            photo,
            batch.photo.labels,
            index_bug=self.config.released_index_bug,
        )
        released = self.config.memory_mode == "released"
        return memory_loss(photo.detach() if released else photo, batch.photo.labels, self.pending)


METHOD = Dsn
