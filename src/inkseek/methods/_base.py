"""What every method is made of, and all that a method may know of the world.

A method is an `nn.Module` whose `phases()` name its optimiser turns. The dictionary of loss terms that a phase returns
is the total-loss equation without weights; the method's `weights` configuration holds the coefficients.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from inkseek.config import Config
from inkseek.encoders.backbone import BackboneName
from inkseek.errors import ConfigError
from inkseek.methods._networks import Extractor, RetrievalNetwork

Losses = dict[str, Tensor]


@dataclass(frozen=True)
class Samples:
    """Pictures of one modality with their labels.

    Where many processes share a batch, the pixels are of this process's m pictures, and the backbones give the visual
    features of all n; else m = n.

    Attributes:
        pixels: 0 to 255.
        labels: position of each class in the problem's class names.
        views: further augmented versions of the same pictures, as many as the method's `views` says.
        features: visual features of the method's extractor, where they were computed beforehand; `pixels` then has no
            pixel in it (h = w = 0).
    """

    pixels: Float[Tensor, "m 3 h w"]
    labels: Int[Tensor, " n"]
    views: tuple[Float[Tensor, "m 3 h w"], ...] = ()
    features: Float[Tensor, "n v"] | None = None


@dataclass(frozen=True)
class Batch:
    """One training step's sketches and photos.

    They are labelled; where the sampling is one of pairs, sketch i and photo i are also of one class.
    """

    sketch: Samples
    photo: Samples

    @property
    def pixels(self) -> Float[Tensor, "m 3 h w"]:
        """Sketches first, then photos."""
        return torch.cat((self.sketch.pixels, self.photo.pixels))

    @property
    def labels(self) -> Int[Tensor, " n"]:
        """Labels, those of the sketches first."""
        return torch.cat((self.sketch.labels, self.photo.labels))

    @property
    def modality(self) -> Float[Tensor, " n"]:
        """0 for sketches, 1 for photos, in the order of `labels`."""
        bits = (torch.zeros_like(self.sketch.labels), torch.ones_like(self.photo.labels))
        return torch.cat(bits).to(torch.float32)


@dataclass(frozen=True)
class Semantics:
    """What is known about the class names from outside the pictures.

    Attributes:
        imagenet_relation: WordNet relation of each seen class to the 1,000 ImageNet classes, in [0, 1]
            (dsn.md section 5).
        embeddings: semantic embedding of each seen class, as the experiment's table `[semantics]` says; None without
            such a table.
    """

    imagenet_relation: Float[Tensor, "c 1000"]
    embeddings: Float[Tensor, "c s"] | None = None


@dataclass(frozen=True)
class TrainingProblem:
    """All that a method may know: names of the seen classes, in label order, what is known of them, and an extractor.

    Attributes:
        class_names: seen classes.
        semantics: of the class names.
        extractor: frozen network of the experiment's table `[features]`; None without such a table.
    """

    class_names: tuple[str, ...]
    semantics: Semantics
    extractor: Extractor | None = None


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

    `rate` is the peak learning rate; `head_factor` multiplies it for freshly initialised layers. `betas` are those of
    Adam and AdamW, `momentum` that of SGD.
    """

    name: Literal["adam", "adamw", "sgd", "rmsprop"] = "adamw"
    rate: float = Field(gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    head_factor: float = Field(default=1.0, gt=0)
    clip_norm: float = Field(default=0.0, ge=0)  # 0: no clipping
    betas: tuple[float, float] = (0.9, 0.999)
    momentum: float = Field(default=0.0, ge=0, lt=1)


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that learn at `factor` times the phase's rate."""

    parameters: tuple[nn.Parameter, ...]
    factor: float = 1.0


@dataclass(frozen=True)
class Phase:
    """One optimiser's turn in a training step.

    Attributes:
        name: of the turn.
        groups: parameters that it moves.
        losses: terms of the total loss.
        optimiser: its settings.
        repeats: how often it is taken in a step, on the same batch.
        after: called after each move, for what a paper asks of weights that have just been moved, such as clipping.
    """

    name: str
    groups: tuple[ParameterGroup, ...]
    losses: Callable[[Batch], Losses]
    optimiser: OptimiserConfig
    repeats: int = 1
    after: Callable[[], None] | None = None

    @property
    def parameters(self) -> tuple[nn.Parameter, ...]:
        """All parameters that this phase moves."""
        return tuple(parameter for group in self.groups for parameter in group.parameters)


class MethodConfig(Config):
    """What every method's configuration has; each method adds its own keys and its `weights`."""

    name: str
    backbone: BackboneName
    dimension: int = Field(gt=0, le=1000)  # d; the SVD start has at most 1,000 directions


class Method(nn.Module, ABC):
    """Base of all methods. A method file defines one subclass and names it in `METHOD`."""

    paper: ClassVar[Paper]
    config_class: ClassVar[type[MethodConfig]]
    comparable: ClassVar[bool] = True  # whether codes of sketches and photos are alike; else it is a first stage only
    paired: ClassVar[bool] = False  # whether sketch i and photo i of a batch must be of one class
    # The last two may depend on the configuration: a method then sets them on itself.
    views: int = 0  # further augmented versions that each sample of a batch must have
    dead_terms: frozenset[str] = frozenset()  # terms that a paper mode declares without gradient

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

    def begin(self, sketch: Float[Tensor, "n v"], photo: Float[Tensor, "m v"]) -> None:
        """Called once before the first step of a feature-level method, with the features of all training pictures."""

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


def embeddings_of(problem: TrainingProblem, method: str) -> Float[Tensor, "c s"]:
    """Semantic embeddings of the seen classes.

    Raises:
        ConfigError: the experiment has no table `[semantics]`.
    """
    if problem.semantics.embeddings is None:
        raise ConfigError(
            f"semantics: method {method} needs semantic embeddings; add the table [semantics], for example with "
            f'vectors = "glove-50"'
        )
    return problem.semantics.embeddings
