"""SSGN: stacked semantic-guided network, a reconstruction.

Idea: sketches are sparse and vary a lot, so the visual features of several layers are fused, and a conditional
variational auto-encoder turns a sketch into a photo-like feature in two stacked steps: a coarse one, told what class it
is, and a fine one, told how the sketch looks. A regression to the class's semantic embedding and a classification keep
the synthesised features meaningful and apart. Photos are compared by their own features.

Only the abstract of the paper was within reach. That the ingredients exist is stated there; every formula, size and
setting is inferred from what others write of SSGN and from the code of its sibling CVAE (Yelamarthi et al., ECCV 2018).
Numbers measured with this file are not SSGN's as published.

Symbols (symbol: name here, shape):
    f: fused visual feature [n, v]                 x_s, x_i: reduced sketch and photo feature [n, d]
    s, s_hat: true and predicted semantic embedding [n, s]      s*: condition [n, s]
    mu, log sigma^2: mean, log_variance [n, l]     z: latent [n, l]; z_1..z_K: SketchHead.noise
    x_c, x_f: coarse and fine synthesised feature [n, d]        t_c: target of the coarse one [n, d]
    E: encoder    Gc, Gf: SketchHead.decoder    R: regressors    Cl: classifier    Q: SketchHead.predictor
    H: hidden     alpha: coarse_share           lambda: weights

Map (ssgn.md section -> here):
    2.1 fusion -> taps of the extractor            2.1 PCA -> FusedReduction, fitted in `begin`
    2.2 condition in training -> Ssgn.condition    2.2 condition in use -> SketchHead.condition
    3 E -> PairEncoder                             3 Gc, Gf -> CoarseToFineDecoder
    4.1 L_kl -> kl_divergence, term "kl"           4.2 L_rec -> squared_distance, term "reconstruction"
    4.3 L_reg -> term "regression"                 4.4 L_cls -> term "classification"
    4.5 L_q -> term "semantic_prediction"          6 average of K samples -> SketchHead

Departures from what was inferred: the K samples of a query are drawn once, with the run's seed, and not anew for each
query, so that a sketch has one feature; cosine over d <= 1000 values (1024 there). In L_reg and L_q the squared
distance of two embeddings is summed over their values, as the norm is written, and only L_rec is a mean over elements:
embeddings are unit vectors, whose mean squared element is under 1/s and would weigh nothing. The true embedding of an
unseen class is never an input: the encoder that is served takes pixels alone, and there is no switch for an oracle.
"""

from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from inkseek.config import Config
from inkseek.errors import ConfigError
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
from inkseek.methods._ssgn_networks import (
    ClassCentroids,
    CoarseDecoder,
    CoarseToFineDecoder,
    Decoder,
    FusedReduction,
    PairEncoder,
    Residual,
    SketchDecoder,
    SketchHead,
    fit_reductions,
    perceptron,
)

Elbo = Literal["element_mean", "sum"]


class SsgnWeights(Config):
    """Coefficients of the total loss; inferred: 1, 1, 1, 0.1, 1."""

    reconstruction: float
    kl: float
    regression: float
    classification: float
    semantic_prediction: float  # not used where the switches leave no Q


class SsgnConfig(MethodConfig):
    """SSGN's hyper-parameters, with the inferred default in brackets; `dimension` is what PCA leaves [1024]."""

    name: Literal["ssgn"]
    standardised: bool = False  # divide each fused value by its standard deviation before PCA [false]
    common_basis: bool = False  # one P for both modalities, which only features of one network can share [false]
    hidden: int = Field(default=2048, ge=2)  # H, of E, Gc and Gf; R, Q and E's second layer have H / 2 [2048]
    latent: int = Field(default=256, gt=0)  # l, length of z [256, CVAE's quarter of d]
    dropout: float = Field(default=0.3, ge=0, lt=1)  # in E and Q [0.3, CVAE]
    decoder: Literal["coarse_to_fine", "coarse", "sketch"] = "coarse_to_fine"  # "sketch": one decoder, as in CVAE
    residual_fine: Residual = "none"  # x_f = Gf(...) + x_c or x_s, coarse_to_fine only [none]
    latent_to_fine: bool = False  # Gf is given z too, coarse_to_fine only [false]
    coarse_target: Literal["photo", "centroid"] = "photo"  # t_c: x_i, or the mean photo feature of its class [photo]
    coarse_share: float = Field(default=1.0, ge=0)  # alpha, of the coarse stage in L_rec [1]
    elbo: Elbo = "element_mean"  # L_rec per value, or summed over the d values of a feature [element_mean, CVAE]
    joint_regressor: bool = True  # one R for both stages, or one per stage [true]
    test_condition: Literal["predicted", "zero"] = "predicted"  # s* where the true class is unknown [predicted]
    true_share: float = Field(default=0.5, ge=0, le=1)  # probability of s* = s in training [0.5]
    samples: int = Field(default=100, gt=0)  # K, averaged for a query [100, CVAE]
    optimiser: OptimiserConfig  # [Adam, rate 2e-4, betas 0.5 and 0.999, CVAE]
    weights: SsgnWeights

    @property
    def predicts(self) -> bool:
        """Whether anything listens to Q."""
        return self.decoder != "sketch" and self.test_condition == "predicted"


def kl_divergence(mean: Float[Tensor, "n l"], log_variance: Float[Tensor, "n l"]) -> Float[Tensor, ""]:
    """Divergence of N(mean, variance) from N(0, I).

    L_kl = 1/n sum_i 1/2 sum_k (sigma_ik^2 + mu_ik^2 - 1 - log sigma_ik^2)

    Source: ssgn.md 4.1, the form of CVAE.
    """
    return 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1).mean()


def squared_distance(
    found: Float[Tensor, "n k"], wanted: Float[Tensor, "n k"], elbo: Elbo = "sum"
) -> Float[Tensor, ""]:
    """Mean squared distance of rows.

    sum: 1/n sum_i |a_i - b_i|^2;   element_mean: that divided by k.

    With "sum", half of it is the negative logarithm of a Gaussian of variance 1 up to a constant, which is the scale of
    `kl_divergence`; "element_mean" pushes the posterior close to the prior.

    Source: ssgn.md 4.2 with its note, 4.3, 4.5.
    """
    per_row = (found - wanted).square().sum(dim=1).mean()
    return per_row if elbo == "sum" else per_row / found.shape[1]


def build_decoder(config: SsgnConfig, semantic: int) -> Decoder:
    """The decoder that the configuration's switch names."""
    match config.decoder:
        case "coarse_to_fine":
            return CoarseToFineDecoder(
                config.latent,
                semantic,
                config.dimension,
                config.hidden,
                residual=config.residual_fine,
                latent_to_fine=config.latent_to_fine,
            )
        case "coarse":
            return CoarseDecoder(config.latent, semantic, config.dimension, config.hidden)
        case "sketch":
            return SketchDecoder(config.latent, config.dimension, config.hidden)


class Ssgn(FeatureMethod):
    """SSGN over any extractor.

    Attributes:
        sketch_head: reduction, Q and decoder; with `photo_head` all that is served.
        photo_head: reduction of photos.
        embeddings: s of each seen class [c, s].
    """

    paper: ClassVar[Paper] = Paper(
        method="ssgn",
        title="Stacked Semantic-Guided Network for Zero-Shot Sketch-Based Image Retrieval",
        authors="Wang, Deng, Xu, Liu, Gao, Tao",
        venue="arXiv 1904.01971",
        year=2019,
        summary="synthesise a photo's feature from a sketch's, coarse then fine (a reconstruction from the abstract)",
    )
    config_class = SsgnConfig
    embeddings: Tensor

    def __init__(self, config: SsgnConfig, problem: TrainingProblem) -> None:
        super().__init__(config, problem)
        self.config = config
        self._check()
        fused, d = self.extractor.dimension, config.dimension
        self.register_buffer("embeddings", embeddings_of(problem, "ssgn").clone())
        classes, s = self.embeddings.shape
        half = config.hidden // 2
        self.encoder = PairEncoder(d, config.hidden, config.latent, config.dropout)
        # By a generator of its own: K then changes nothing else of the random start.
        own = torch.Generator().manual_seed(torch.initial_seed())
        noise = torch.randn(config.samples, config.latent, generator=own)
        self.sketch_head = SketchHead(
            FusedReduction(fused, d),
            perceptron(d, half, s, config.dropout) if config.predicts else None,
            build_decoder(config, s),
            noise,
            s,
        )
        self.photo_head = FusedReduction(fused, d)
        judged = ("joint",) if config.joint_regressor else self.sketch_head.decoder.stages
        self.regressors = nn.ModuleDict({name: perceptron(d, half, s) for name in judged})
        self.classifier = nn.Linear(d, classes)
        self.centroids = ClassCentroids(classes, d) if config.coarse_target == "centroid" else None

    def _check(self) -> None:
        config, fused = self.config, self.extractor.dimension
        if config.dimension > fused:
            raise ConfigError(
                f"method.dimension: the fused feature has {fused} values, which PCA cannot reduce to "
                f"{config.dimension}; lower it or add features.taps"
            )
        if config.predicts and config.weights.semantic_prediction == 0:
            raise ConfigError(
                "method.weights.semantic_prediction: 0 leaves Q untrained, and the coarse decoder listens to it; "
                'choose test_condition = "zero" as well'
            )

    @property
    def weights(self) -> dict[str, float]:
        """L = l_rec L_rec + l_kl L_kl + l_reg L_reg + l_cls L_cls + l_q L_q; no last term without Q."""
        found = self.config.weights.model_dump()
        return found if self.config.predicts else {name: found[name] for name in found if name != "semantic_prediction"}

    def phases(self) -> tuple[Phase, ...]:
        """One optimiser over everything."""
        return (Phase("joint", (ParameterGroup(trainable((self,))),), self.losses, self.config.optimiser),)

    def retrieval_network(self) -> CoupledNetwork:
        """Mean of synthesised features for sketches, reduced features for photos."""
        return self.branches(self.sketch_head, self.photo_head)

    def begin(self, sketch: Float[Tensor, "n v"], photo: Float[Tensor, "m v"]) -> None:
        """Fit the two reductions on training features (ssgn.md section 2.1)."""
        parts = [(self.sketch_head.reduction, sketch), (self.photo_head, photo)]
        for group in [parts] if self.config.common_basis else [[part] for part in parts]:
            fit_reductions(group, standardised=self.config.standardised)

    def reduced(self, batch: Batch) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]]:
        """x_s and x_i."""
        sketch, photo = self.visual(batch)
        return self.sketch_head.reduction(sketch), self.photo_head(photo)

    def condition(self, known: Float[Tensor, "n s"], embedding: Float[Tensor, "n s"]) -> Float[Tensor, "n s"]:
        """s* in training: s with probability `true_share`, else what is known in use, without gradient."""
        is_true = torch.rand(len(known), 1, device=known.device) < self.config.true_share
        return torch.where(is_true, embedding, known.detach())

    def losses(self, batch: Batch) -> Losses:
        """Terms of the total loss (ssgn.md section 4)."""
        sketch, photo = self.reduced(batch)
        embedding = self.embeddings[batch.sketch.labels]
        mean, log_variance = self.encoder(photo, sketch)
        latent = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        known = self.sketch_head.condition(sketch)
        synthesised = self.sketch_head.decoder(latent, self.condition(known, embedding), sketch)
        logits = [self.classifier(feature) for feature in (*synthesised.values(), photo)]
        terms = {
            "reconstruction": self.reconstruction(synthesised, photo, batch),
            "kl": kl_divergence(mean, log_variance),
            "regression": self.regression(synthesised, photo, embedding),
            "classification": torch.stack([F.cross_entropy(each, batch.sketch.labels) for each in logits]).sum(),
        }
        if self.config.predicts:
            terms["semantic_prediction"] = squared_distance(known, embedding)
        return terms

    def reconstruction(self, synthesised: dict[str, Tensor], photo: Tensor, batch: Batch) -> Float[Tensor, ""]:
        """L_rec = |x_f - x_i|^2 + alpha |x_c - t_c|^2; a stage that the decoder lacks is left out (ssgn.md 4.2)."""
        wanted = {"coarse": self.coarse_target(photo, batch), "fine": photo}
        share = {"coarse": self.config.coarse_share, "fine": 1.0}
        parts = [
            share[name] * squared_distance(found, wanted[name], self.config.elbo) for name, found in synthesised.items()
        ]
        return torch.stack(parts).sum()

    def coarse_target(self, photo: Float[Tensor, "n d"], batch: Batch) -> Float[Tensor, "n d"]:
        """t_c: the photo's own feature, or the mean one of its class over all photos met, these among them."""
        if self.centroids is None:
            return photo
        return self.centroids.including(photo, batch.photo.labels)[0][batch.photo.labels]

    def regression(self, synthesised: dict[str, Tensor], photo: Tensor, embedding: Tensor) -> Float[Tensor, ""]:
        """L_reg = |R x_c - s|^2 + |R x_f - s|^2 + |R x_i - s|^2, the last a mean over all R (ssgn.md 4.3)."""
        real = torch.stack([squared_distance(judge(photo), embedding) for judge in self.regressors.values()]).mean()
        parts = [squared_distance(self.regressor(stage)(found), embedding) for stage, found in synthesised.items()]
        return torch.stack([*parts, real]).sum()

    def regressor(self, stage: str) -> nn.Module:
        """R of a stage."""
        return self.regressors["joint" if self.config.joint_regressor else stage]

    def after_step(self, batch: Batch) -> None:
        """Take the step's photos into the centroids."""
        if self.centroids is not None:
            self.centroids.take_in(self.reduced(batch)[1], batch.photo.labels)


METHOD = Ssgn
