"""WAD-CMSN: Wasserstein distance based cross-modal semantic network; a reconstruction.

Idea: each modality has its own network into one low-dimensional semantic space. A critic estimates the Wasserstein
distance between the codes of the class names and the codes of each modality; the networks make it small, so that
sketches and photos end on one distribution. An identity matching loss ties every code to its own class.

Only the paper's abstract could be read. It names the two branches, the Wasserstein distance in adversarial training,
the low-dimensional semantic space and an "identity matching loss" without its formula; everything else here is
inferred, mostly from SEM-PCYC, whose wording the abstract repeats (wad_cmsn.md section 1).

Symbols (spec's symbol: name here, shape):
    x_s, x_i: visual features [n, v]               e: semantic embedding of a class [s]
    G_s, G_i: sketch_generator, photo_generator    e_s, e_i: codes G_s(x_s), G_i(x_i) [n, d]
    ê: semantic code of the class [n, d]           Dec: the auto-encoder's way back, d -> s
    C: critic                                      W: classifier, d -> c
    F_s, F_i: generators of `cycle`, d -> v        z/||z|| with z = e_s or e_i is the retrieval feature

Map (wad_cmsn.md section -> here):
    2 auto-encoder -> AutoEncoder, terms "autoencoder", "sparsity"
    3 SEM-PCYC's networks -> generator, build_critic; its way back -> VisualBranch (switch `cycle`), terms "cycle",
        "visual_adversarial", "visual_classification", "visual_regression", "critic_visual"
    4.2 L_C -> terms "critic_sketch" + "critic_photo" (each the negative of a distance's estimate) and "penalty";
        L_adv -> "adversarial"; second critic -> "critic_direct", "direct" (switch `direct`); switch `conditional`
    4.3 A, B, C -> term "identity" with `identity` = "semantic", "mapping", "selection"; A's mean ||e_s - e_i||^2 ->
        "pair", which every reading has, so that a run's journal shows it: A is identity and pair at one weight
    4.4 L_cls -> term "classification"             4.5 -> phases

Departures: unit rows compared by cosine instead of Euclidean distance, one index for all methods; batch norm's running
statistics come from visual features alone and once a step, whatever else passes through a generator; no bias where a
following layer or a difference takes it away. With `cycle` and least squares this is SEM-PCYC, the base to beat, whose
critic here moves before the generators instead of after them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field, model_validator
from torch import Tensor, nn

from inkseek.config import Config
from inkseek.methods._base import (
    Batch,
    Losses,
    MethodConfig,
    OptimiserConfig,
    Paper,
    ParameterGroup,
    Phase,
    TrainingProblem,
    embeddings_of,
    trainable,
)
from inkseek.methods._features import FeatureMethod
from inkseek.methods._networks import CoupledNetwork
from inkseek.methods._wad_networks import (
    AutoEncoder,
    Distance,
    VisualBranch,
    build_critic,
    clip_weights,
    critic_loss,
    generator,
    generator_loss,
    gradient_penalty,
    statistics_kept,
)


class WadCmsnWeights(Config):
    """Coefficients of the total loss, with the spec's value in brackets.

    The last two groups belong to terms that a switch makes: left out, such a weight has the value in brackets; given
    and not zero where no switch makes its term, it is an error.
    """

    critic_sketch: float  # [1]
    critic_photo: float  # [1]
    adversarial: float  # lambda_adv [1]
    identity: float  # lambda_idm [1]; 0 for none
    pair: float  # [lambda_idm in reading A, else 0]
    classification: float  # lambda_cls [1]

    penalty: float | None = None  # lambda_gp, distance = "wgan_gp" [10]
    autoencoder: float | None = None  # auto_encoder [1]
    sparsity: float | None = None  # auto_encoder [0.001]

    critic_direct: float | None = None  # direct [1]
    direct: float | None = None  # direct [1]
    critic_visual: float | None = None  # cycle [1]
    cycle: float | None = None  # lambda_cyc, cycle [1]
    visual_adversarial: float | None = None  # cycle [1]
    visual_classification: float | None = None  # cycle [1, SEM-PCYC's group weight]
    visual_regression: float | None = None  # cycle [0.1, SEM-PCYC's group weight]


SWITCHED = {  # weights of terms that a switch makes, where the file gives none
    "penalty": 10.0,
    "autoencoder": 1.0,
    "sparsity": 0.001,
    "critic_direct": 1.0,
    "direct": 1.0,
    "critic_visual": 1.0,
    "cycle": 1.0,
    "visual_adversarial": 1.0,
    "visual_classification": 1.0,
    "visual_regression": 0.1,
}


class WadCmsnConfig(MethodConfig):
    """WAD-CMSN's hyper-parameters, with the spec's value in brackets; d is 64 there."""

    name: Literal["wad_cmsn"]
    distance: Distance = "wgan_gp"  # [wgan_gp]
    critic_steps: int = Field(default=5, ge=1)  # critic's moves a step [5]; 1 in SEM-PCYC
    critic_width: int = Field(default=256, ge=1)  # of a Wasserstein critic [256]; least squares: half its input
    clip: float = Field(default=0.01, gt=0)  # bound of the critic's weights, "wgan_clip" [0.01]
    identity: Literal["semantic", "mapping", "selection"] = "semantic"  # readings A, B, C [A]
    classifier: Literal["trained", "frozen"] = "trained"  # [trained]; frozen in SEM-PCYC
    dropout: float = Field(default=0.5, ge=0, lt=1)  # of generators [0.5]
    cycle: bool = False  # SEM-PCYC's way back to visual features, with its critics [false]
    direct: bool = False  # second critic, sketch against photo codes [false]
    conditional: bool = False  # critics see the class's semantic code beside the code [false]
    auto_encoder: bool = True  # false: critic and generators at the embedding's own width s [true]
    optimiser: OptimiserConfig  # generators [Adam, rate 1e-4, betas 0.5 and 0.9]
    critic_optimiser: OptimiserConfig  # [the same; "wgan_clip": RMSprop, rate 5e-5]
    autoencoder_optimiser: OptimiserConfig  # [SGD, rate 1e-2, momentum 0.9]
    weights: WadCmsnWeights

    @property
    def switched_terms(self) -> tuple[str, ...]:
        """Terms that the switches make."""
        made = {
            "penalty": self.distance == "wgan_gp",
            "autoencoder": self.auto_encoder,
            "sparsity": self.auto_encoder,
            "critic_direct": self.direct,
            "direct": self.direct,
        }
        return tuple(name for name in SWITCHED if made.get(name, self.cycle))

    @model_validator(mode="after")
    def _switches_agree(self) -> "WadCmsnConfig":
        for name in SWITCHED:
            if name not in self.switched_terms and getattr(self.weights, name):
                raise ValueError(f"no switch makes the term {name}; remove weights.{name} or set it to 0")
        return self


def matching(code: Float[Tensor, "n d"], target: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """L = mean over pairs of ||code - target||^2.

    Source: wad_cmsn.md section 4.3, readings A and C.
    """
    return (code - target).square().sum(dim=1).mean()


def column_sparsity(weight: Float[Tensor, "d s"], samples: int) -> Float[Tensor, ""]:
    """L = (1/n) sum over input features j of ||weight[:, j]||_2, the L2,1 norm that lets an encoder drop features.

    Source: released code of SEM-PCYC, which divides by the batch size n; wad_cmsn.md section 2.
    """
    norms: Tensor = torch.linalg.vector_norm(weight, dim=0)
    return norms.sum() / samples


def over_both(term: Callable[[Tensor], Tensor], rows: tuple[Tensor, Tensor]) -> Float[Tensor, ""]:
    """A term of sketches plus the same term of photos."""
    return term(rows[0]) + term(rows[1])


@dataclass(frozen=True)
class Game:
    """One critic between real and generated rows."""

    term: str
    critic: Callable[[Tensor], Tensor]
    real: Float[Tensor, "n r"]
    fake: Float[Tensor, "n r"]


@dataclass(frozen=True)
class Pairs:
    """What the losses of a step are about; row i of everything is of one class."""

    sketch: Float[Tensor, "n v"]  # x_s
    photo: Float[Tensor, "n v"]  # x_i
    sketch_code: Float[Tensor, "n d"]  # e_s
    photo_code: Float[Tensor, "n d"]  # e_i
    semantic: Float[Tensor, "n d"]  # ê, without gradient
    embedding: Float[Tensor, "n s"]  # e


class WadCmsn(FeatureMethod):
    """WAD-CMSN on visual features of frozen backbones."""

    paper: ClassVar[Paper] = Paper(
        method="wad_cmsn",
        title="WAD-CMSN: Wasserstein Distance based Cross-Modal Semantic Network for Zero-Shot Sketch-Based Image "
        "Retrieval",
        authors="Xu, Hu, Cai",
        venue="IJWMIP",
        year=2023,
        summary="reconstruction: both modalities into one semantic space by Wasserstein critics and identity matching",
    )
    config_class = WadCmsnConfig
    embeddings: Tensor

    def __init__(self, config: WadCmsnConfig, problem: TrainingProblem) -> None:
        super().__init__(config, problem)
        self.config = config
        self.register_buffer("embeddings", embeddings_of(problem, config.name).clone())
        semantic, visual, classes = self.embeddings.shape[1], self.extractor.dimension, len(problem.class_names)
        self.dimension = d = config.dimension if config.auto_encoder else semantic
        self.autoencoder = AutoEncoder(semantic, d) if config.auto_encoder else None
        self.sketch_generator = generator(visual, d, config.dropout)
        self.photo_generator = generator(visual, d, config.dropout)
        self.classifier = nn.Linear(d, classes, bias=False).requires_grad_(config.classifier == "trained")
        judged = 2 * d if config.conditional else d
        self.critic = build_critic(config.distance, judged, config.critic_width)
        self.direct_critic = build_critic(config.distance, judged, config.critic_width) if config.direct else None
        adapted = 2 if config.identity == "mapping" else 0
        self.adapters = nn.ModuleList(nn.Linear(d, visual) for _ in range(adapted))
        self.sketch_back = self._way_back(visual, classes) if config.cycle else None
        self.photo_back = self._way_back(visual, classes) if config.cycle else None

    def _way_back(self, visual: int, classes: int) -> VisualBranch:
        config = self.config
        return VisualBranch(
            self.dimension,
            visual,
            classes,
            distance=config.distance,
            width=config.critic_width,
            dropout=config.dropout,
            trained=config.classifier == "trained",
        )

    @property
    def weights(self) -> dict[str, float]:
        """Coefficients of the terms that the switches make."""
        given = self.config.weights.model_dump()
        always = {name: value for name, value in given.items() if name not in SWITCHED}
        switched = {name: given[name] for name in self.config.switched_terms}
        return always | {name: SWITCHED[name] if value is None else value for name, value in switched.items()}

    @property
    def back(self) -> tuple[VisualBranch, ...]:
        """Ways back to sketch and photo features; none without `cycle`."""
        return tuple(branch for branch in (self.sketch_back, self.photo_back) if branch is not None)

    def retrieval_network(self) -> CoupledNetwork:
        """G_s and G_i on the frozen extractor."""
        return self.branches(self.sketch_generator, self.photo_generator)

    def phases(self) -> tuple[Phase, ...]:
        """Auto-encoder, critics, generators, as wad_cmsn.md section 4.5 has them in each step."""
        config = self.config
        critics = self._critics()
        critic = Phase(
            "critic",
            (ParameterGroup(critics),),
            self.critic_losses,
            config.critic_optimiser,
            config.critic_steps,
            after=partial(clip_weights, critics, config.clip) if config.distance == "wgan_clip" else None,
        )
        generators = trainable((self.sketch_generator, self.photo_generator, self.classifier, self.adapters))
        back = trainable(part for branch in self.back for part in (branch.generator, branch.classifier))
        generate = Phase("generator", (ParameterGroup(generators + back),), self.losses, config.optimiser)
        if self.autoencoder is None:
            return critic, generate
        encode = Phase(
            "autoencoder",
            (ParameterGroup(trainable((self.autoencoder,))),),
            partial(self.autoencoder_losses, self.autoencoder),
            config.autoencoder_optimiser,
        )
        return encode, critic, generate

    def _critics(self) -> tuple[nn.Parameter, ...]:
        direct = () if self.direct_critic is None else (self.direct_critic,)
        return trainable((self.critic, *direct, *(branch.critic for branch in self.back)))

    def _pairs(self, batch: Batch) -> Pairs:
        sketch, photo = self.visual(batch)
        embedding = self.embeddings[batch.sketch.labels]
        with torch.no_grad():
            semantic = self._encode(embedding)
        return Pairs(sketch, photo, self.sketch_generator(sketch), self.photo_generator(photo), semantic, embedding)

    def _judge(self, critic: nn.Module, pairs: Pairs) -> Callable[[Tensor], Tensor]:
        """A critic as a function of codes [n, d] alone; the condition, where there is one, is held."""
        if not self.config.conditional:
            return critic
        return lambda code: critic(torch.cat((code, pairs.semantic), dim=1))

    def _games(self, pairs: Pairs) -> list[Game]:
        judge = self._judge(self.critic, pairs)
        games = [
            Game("critic_sketch", judge, pairs.semantic, pairs.sketch_code),
            Game("critic_photo", judge, pairs.semantic, pairs.photo_code),
        ]
        if self.direct_critic is not None:
            direct = self._judge(self.direct_critic, pairs)
            games.append(Game("critic_direct", direct, pairs.sketch_code, pairs.photo_code))
        for branch, visual in zip(self.back, (pairs.sketch, pairs.photo), strict=False):
            games.append(Game("critic_visual", branch.critic, visual, branch.generator(pairs.semantic)))
        return games

    def autoencoder_losses(self, autoencoder: AutoEncoder, batch: Batch) -> Losses:
        """Reconstruction of the pairs' semantic embeddings (MSE over elements), and few features of them."""
        embedding = self.embeddings[batch.sketch.labels]
        return {
            "autoencoder": F.mse_loss(autoencoder.decode(autoencoder.encode(embedding)), embedding),
            "sparsity": column_sparsity(autoencoder.encoder.weight, len(embedding)),
        }

    def critic_losses(self, batch: Batch) -> Losses:
        """L_C (wad_cmsn.md section 4.2) over rows that get no gradient."""
        with torch.no_grad(), statistics_kept(self.sketch_generator, self.photo_generator):
            games = self._games(self._pairs(batch))
        losses: Losses = {}
        for game in games:
            loss = critic_loss(self.config.distance, game.critic(game.real), game.critic(game.fake))
            losses[game.term] = losses[game.term] + loss if game.term in losses else loss
        if self.config.distance == "wgan_gp":
            penalties = [
                gradient_penalty(game.critic, game.real, game.fake, torch.rand_like(game.fake[:, :1])) for game in games
            ]
            losses["penalty"] = torch.stack(penalties).sum()
        return losses

    def losses(self, batch: Batch) -> Losses:
        """Terms of the generators (wad_cmsn.md sections 4.2 to 4.5)."""
        pairs, distance = self._pairs(batch), self.config.distance
        labels, judge = batch.sketch.labels, self._judge(self.critic, pairs)
        codes = (pairs.sketch_code, pairs.photo_code)
        losses = {
            "adversarial": over_both(lambda code: generator_loss(distance, judge(code)), codes),
            "identity": self._identity(pairs),
            "pair": matching(*codes),
            "classification": over_both(lambda code: F.cross_entropy(self.classifier(code).float(), labels), codes),
        }
        if self.direct_critic is not None:
            direct = self._judge(self.direct_critic, pairs)
            # Both sides move, so the generators play the critic's game with the sides exchanged.
            losses["direct"] = critic_loss(distance, direct(pairs.photo_code), direct(pairs.sketch_code))
        return losses | self._cycle(pairs, labels)

    def _identity(self, pairs: Pairs) -> Tensor:
        """L_idm less its pair term (wad_cmsn.md section 4.3)."""
        codes = (pairs.sketch_code, pairs.photo_code)
        match self.config.identity:
            case "semantic":
                return over_both(lambda code: matching(code, pairs.semantic), codes)
            case "mapping":
                generators = (self.sketch_generator, self.photo_generator)
                with statistics_kept(*generators):
                    sketch, photo = (
                        g(adapt(pairs.semantic)) for g, adapt in zip(generators, self.adapters, strict=True)
                    )
                return over_both(lambda code: F.l1_loss(code, pairs.semantic), (sketch, photo))
            case "selection":
                return over_both(lambda code: matching(self._decode(code), pairs.embedding), codes)

    def _encode(self, embedding: Tensor) -> Tensor:
        return embedding if self.autoencoder is None else self.autoencoder.encode(embedding)

    def _decode(self, code: Tensor) -> Tensor:
        return code if self.autoencoder is None else self.autoencoder.decode(code)

    def _cycle(self, pairs: Pairs, labels: Tensor) -> Losses:
        if not self.back:
            return {}
        sides = zip(
            self.back,
            (self.sketch_generator, self.photo_generator),
            (pairs.sketch, pairs.photo),
            (pairs.sketch_code, pairs.photo_code),
            strict=True,
        )
        sketch, photo = (branch.losses(forth, x, code, pairs.semantic, labels) for branch, forth, x, code in sides)
        return {name: sketch[name] + photo[name] for name in sketch}


METHOD = WadCmsn
