"""What every method is made of, and all that a method may know of the world.

A method is an `nn.Module` whose `phases()` name its optimiser turns. The dictionary of loss terms that a phase returns
is the total-loss equation without weights; the method's `weights` configuration holds the coefficients.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from inkseek.config import Config
from inkseek.encoders.efficientnet_lite import EfficientNetLite

Losses = dict[str, Tensor]


@dataclass(frozen=True)
class Samples:
    """Pictures of one modality with their labels."""

    pixels: Float[Tensor, "n 3 h w"]  # 0 to 255
    labels: Int[Tensor, " n"]

    def to(self, device: torch.device) -> "Samples":
        """The same samples on another device."""
        return Samples(self.pixels.to(device), self.labels.to(device))


@dataclass(frozen=True)
class Batch:
    """One training step's sketches and photos; they are labelled, not paired."""

    sketch: Samples
    photo: Samples

    @property
    def pixels(self) -> Float[Tensor, "n 3 h w"]:
        """Sketches first, then photos."""
        return torch.cat((self.sketch.pixels, self.photo.pixels))

    @property
    def labels(self) -> Int[Tensor, " n"]:
        """Labels in the order of `pixels`."""
        return torch.cat((self.sketch.labels, self.photo.labels))

    @property
    def modality(self) -> Float[Tensor, " n"]:
        """0 for sketches, 1 for photos, in the order of `pixels`."""
        bits = (torch.zeros_like(self.sketch.labels), torch.ones_like(self.photo.labels))
        return torch.cat(bits).to(torch.float32)


@dataclass(frozen=True)
class Semantics:
    """What is known about the class names from outside the pictures.

    Args:
        imagenet_relation: WordNet relation of each seen class to the 1,000 ImageNet classes, in [0, 1]
            (dsn.md section 5).
    """

    imagenet_relation: Float[Tensor, "c 1000"]


@dataclass(frozen=True)
class TrainingProblem:
    """All that a method may know: names of the seen classes, in label order, and their semantics."""

    class_names: tuple[str, ...]
    semantics: Semantics


@dataclass(frozen=True)
class Paper:
    """The source of a method, for tables and cards."""

    method: str
    title: str
    authors: str
    venue: str
    year: int
    summary: str


class OptimiserConfig(Config):
    """One optimiser.

    `rate` is the peak learning rate; `head_factor` multiplies it for freshly initialised layers.
    """

    name: Literal["adam", "adamw", "sgd"] = "adamw"
    rate: float = Field(gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    head_factor: float = Field(default=1.0, gt=0)
    clip_norm: float = Field(default=0.0, ge=0)  # 0: no clipping


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that learn at `factor` times the phase's rate."""

    parameters: tuple[nn.Parameter, ...]
    factor: float = 1.0


@dataclass(frozen=True)
class Phase:
    """One optimiser's turn in a training step."""

    name: str
    groups: tuple[ParameterGroup, ...]
    losses: Callable[[Batch], Losses]
    optimiser: OptimiserConfig
    repeats: int = 1

    @property
    def parameters(self) -> tuple[nn.Parameter, ...]:
        """All parameters that this phase moves."""
        return tuple(parameter for group in self.groups for parameter in group.parameters)


class MethodConfig(Config):
    """What every method's configuration has; each method adds its own keys and its `weights`."""

    name: str
    backbone: Literal["efficientnet-lite0", "efficientnet-lite2"]
    dimension: int = Field(gt=0, le=1000)  # d; the SVD start has at most 1,000 directions


class ModalityCentre(nn.Module):
    """Takes each modality's mean away from its codes, so that no direction is left that only says "this is a sketch".

    In training the mean is the batch's, and a running mean follows it; in use the running mean of training is taken.
    Nothing of a query or a gallery enters.

    Args:
        dimension: d.
        momentum: share of the batch's mean in the running mean.
    """

    mean: Tensor

    def __init__(self, dimension: int, momentum: float = 0.05) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("mean", torch.zeros(2, dimension))

    def forward(self, code: Float[Tensor, "n d"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n d"]:
        """Centred codes; `modality` is 0 for a sketch and 1 for a photo."""
        if self.training:
            member = torch.stack((1 - modality, modality)).to(code.dtype)[:, :, None]
            count = member.sum(dim=1)
            # A sum and no matrix product, which autocast would round to bf16.
            batch_mean = (member * code).sum(dim=1) / count.clamp(min=1)
            with torch.no_grad():
                present = (count > 0).to(code.dtype) * self.momentum
                self.mean += present * (batch_mean - self.mean)
            mean = batch_mean
        else:
            mean = self.mean
        return code - torch.lerp(mean[:1], mean[1:], modality[:, None].to(code.dtype))


class RetrievalNetwork(nn.Module):
    """Pixels to retrieval feature: the only part of a method that leaves training.

    z = H f(x, t) - mean_t, feature = z / ||z||

    Args:
        backbone: f.
        projection: H, visual feature [v] to retrieval feature [d].
        centre: takes mean_t away; None leaves z = H f.
    """

    def __init__(self, backbone: EfficientNetLite, projection: nn.Linear, centre: ModalityCentre | None = None) -> None:
        super().__init__()
        self.backbone = backbone
        self.projection = projection
        self.centre = centre

    def code(self, pixels: Float[Tensor, "n 3 h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n d"]:
        """Code z before normalisation, in float32."""
        code: Tensor = self.projection(self.backbone(pixels, modality)).float()
        return code if self.centre is None else self.centre(code, modality)

    def forward(self, pixels: Float[Tensor, "n 3 h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n d"]:
        """Unit rows."""
        return F.normalize(self.code(pixels, modality), dim=1)


class Method(nn.Module, ABC):
    """Base of all methods. A method file defines one subclass and names it in `METHOD`."""

    paper: ClassVar[Paper]
    config_class: ClassVar[type[MethodConfig]]
    dead_terms: ClassVar[frozenset[str]] = frozenset()  # terms that a paper mode declares without gradient

    def __init__(self, config: MethodConfig, problem: TrainingProblem) -> None:
        super().__init__()
        self.class_names = problem.class_names
        self.dimension = config.dimension
        self.backbone_name = config.backbone

    @property
    @abstractmethod
    def weights(self) -> dict[str, float]:
        """Coefficient of every loss term, over all phases."""

    @abstractmethod
    def phases(self) -> tuple[Phase, ...]:
        """Optimiser turns of one step, in order."""

    @abstractmethod
    def retrieval_network(self) -> RetrievalNetwork:
        """The part that encodes sketches and photos."""

    def start_epoch(self, epoch: int) -> None:
        """Called before the first step of an epoch."""

    def after_step(self, batch: Batch) -> None:
        """Called after all phases of a step."""


def trainable(modules: Iterable[nn.Module]) -> tuple[nn.Parameter, ...]:
    """Parameters of `modules` that want a gradient, each once, in order."""
    found: dict[int, nn.Parameter] = {}
    for module in modules:
        for parameter in module.parameters():
            if parameter.requires_grad:
                found.setdefault(id(parameter), parameter)
    return tuple(found.values())
