"""The start that SAKE's family shares: a backbone, its ImageNet classifier cut in two by SVD, and a frozen teacher."""

from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from inkseek.encoders.backbone import Backbone, ImageNetClassifier
from inkseek.encoders.build import build_backbone, load_imagenet
from inkseek.methods._base import (
    Batch,
    Losses,
    Method,
    MethodConfig,
    OptimiserConfig,
    ParameterGroup,
    Phase,
    TrainingProblem,
    trainable,
)
from inkseek.methods._networks import ModalityCentre, SharedNetwork


def split_classifier(weight: Float[Tensor, "k v"], dimension: int) -> tuple[nn.Linear, nn.Linear]:
    """Best rank-d factors of the ImageNet classifier W = U diag(s) V^T, as two layers.

    H: v -> d with weight diag(s_1..s_d) V^T[:d]; K: d -> k with weight U[:, :d]. Biases start at zero, so K H x is the
    rank-d approximation of W x; the ImageNet bias is dropped. Source: SAKE; dsn.md section 2.3.

    Returns:
        (H, K), the retrieval projection and the head that imitates the teacher.
    """
    u, s, vt = torch.linalg.svd(weight, full_matrices=False)
    projection = nn.Linear(weight.shape[1], dimension)
    imitation = nn.Linear(dimension, weight.shape[0])
    with torch.no_grad():
        projection.weight.copy_(s[:dimension, None] * vt[:dimension])
        imitation.weight.copy_(u[:, :dimension])
        projection.bias.zero_()
        imitation.bias.zero_()
    return projection, imitation


class Teacher(nn.Module):
    """The untouched ImageNet network: always in eval mode, never a gradient."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.backbone = build_backbone(name)
        classifier = load_imagenet(self.backbone)
        self.classifier = nn.Linear(classifier.weight.shape[1], classifier.weight.shape[0])
        self.classifier.load_state_dict({"weight": classifier.weight, "bias": classifier.bias}, strict=True)
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> "Teacher":
        """Stay in eval mode whatever the student does."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, pixels: Float[Tensor, "m 3 h w"]) -> Float[Tensor, "n k"]:
        """ImageNet logits in float32. The teacher has no gates, so it needs no modality."""
        modality = torch.ones(len(pixels), device=pixels.device)
        logits: Tensor = self.classifier(self.backbone(pixels, modality))
        return logits.float()


def pretrained(name: str, *, gated: bool) -> tuple[Backbone, ImageNetClassifier]:
    """Backbone with ImageNet weights, and the classifier that came with them."""
    backbone = build_backbone(name, gated=gated)
    return backbone, load_imagenet(backbone)


class ImageNetStudent(Method):
    """What SAKE's family is made of: a network that starts from ImageNet, its two heads, its teacher, one phase.

    Attributes:
        network: backbone f, projection H and, where asked for, a centre.
        imitation: K, code [d] to 1,000 logits that imitate the teacher.
        classifier: G, code [d] to logits of the seen classes.
        teacher: the frozen ImageNet network.
        relation: WordNet row a_y of each seen class [c, 1000].
    """

    relation: Tensor

    def __init__(
        self,
        config: MethodConfig,
        optimiser: OptimiserConfig,
        problem: TrainingProblem,
        *,
        gated: bool,
        centre: ModalityCentre | None = None,
    ) -> None:
        super().__init__(config, problem)
        self.optimiser = optimiser
        backbone, imagenet = pretrained(config.backbone, gated=gated)
        projection, self.imitation = split_classifier(imagenet.weight, config.dimension)
        self.network = SharedNetwork(backbone, projection, centre)
        self.classifier = nn.Linear(config.dimension, len(problem.class_names))
        self.teacher = Teacher(config.backbone)
        self.register_buffer("relation", problem.semantics.imagenet_relation.clone())

    @abstractmethod
    def losses(self, batch: Batch) -> Losses:
        """Terms of the total loss."""

    def retrieval_network(self) -> SharedNetwork:
        """Backbone and projection."""
        return self.network

    def phases(self) -> tuple[Phase, ...]:
        """One optimiser over everything that learns."""
        heads = trainable((self.network.projection, self.imitation, self.classifier))
        groups = (
            ParameterGroup(trainable((self.network.backbone,))),
            ParameterGroup(heads, self.optimiser.head_factor),
        )
        return (Phase("student", groups, self.losses, self.optimiser),)
