"""PCMSN: progressive cross-modal semantic network.

Idea: earlier methods project a picture into a small common space and align it with word vectors there, both at once.
PCMSN takes two steps. A generator for each modality first maps the visual feature to a vector of the full semantic
dimension, which a discriminator cannot tell from the embedding of the class; one decoder for both modalities then
makes the short retrieval feature of it. Decoders back to the visual features keep what a picture says beyond its class.

Symbols (paper's symbol: name here, shape):
    x_s, x_i: visual features of a sketch and a photo of one class [n, v]      e: embedding of their class [n, s]
    a_m = G_m(x_m): `aligned`, semantic feature [n, s]                         D: discriminator, s -> 1
    r_m = Dret(a_m): code [n, d]; r/||r|| is the retrieval feature             W: classifier, d -> c
    R_ske, R_img: reconstructors, s -> v

Map (pcmsn.md):
    section 3 G, Dret, R -> mlp; D -> Critic; W -> unit_classifier
    4.1 equation 1 -> terms "adversarial" and "discriminator"
    4.2 equations 2 to 8, 16 -> reconstruction, term "reconstruction"
    4.3 equation 9 -> classification, term "classification"
    4.4 equation 12 -> euclidean, term "euclidean"       equation 13 -> [method.weights]
    5 Algorithm 1 -> phases
    7 table IV, "no progressive step" -> `progressive = false`, SemanticAutoEncoder

Departures: unit rows compared by cosine instead of r by Euclidean distance, so that one index serves every method; the
generators' turn draws its own noise and sees D after D's step, where Algorithm 1 computes all losses before it; no bias
where only batch norm would see it.
"""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from pydantic import Field, model_validator
from torch import Tensor, nn

from inkseek.config import Config
from inkseek.methods._adversarial import (
    AdversarialForm,
    Critic,
    least_squares_critic,
    least_squares_generator,
    log_critic,
    log_generator,
    mlp,
    noisy_labels,
    unit_classifier,
)
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


class PcmsnWeights(Config):
    """Coefficients of the total loss, equation 13; the paper's for Sketchy and for TU-Berlin in brackets."""

    discriminator: float  # of L_dis, alone in its phase [1.0, 1.0; released code]
    adversarial: float  # lambda_adv [1.0, 1.0]
    reconstruction: float  # lambda_rec [1.0, 0.5]
    classification: float  # lambda_cls [0.4, 0.1]
    euclidean: float  # lambda_cmt [0.4, 0.4]


class PcmsnConfig(MethodConfig):
    """PCMSN's hyper-parameters, with the paper's or the released code's value in brackets; d is [64]."""

    name: Literal["pcmsn"]
    progressive: bool = True  # visual -> s -> d; false: visual -> d, embeddings reduced to d [true]
    shared_decoder: bool = True  # one Dret for both modalities [true]
    reconstruction: Literal["cross", "single"] = "cross"  # equations 2 to 8, or 16 ["cross"]
    classifier: Literal["frozen", "trained"] = "frozen"  # W, rows of norm 1 at the start ["frozen"; released code]
    adversarial_form: AdversarialForm = "least_squares"  # ["log" in the text, "least_squares" in the released code]
    discriminator_first: bool = True  # order of the phases [true; released code: false]
    real_label: tuple[float, float] = (0.7, 1.0)  # bounds of the uniform label, least squares only [0.7 to 1.0]
    fake_label: tuple[float, float] = (0.0, 0.3)  # the same for generated samples [0.0 to 0.3]
    noise: float = Field(default=0.3, ge=0)  # sigma on D's input, in units of the embedding [0.3]
    generator_dropout: float = Field(default=0.5, ge=0, lt=1)  # after both hidden layers of G [0.5]
    decoder_dropout: float = Field(default=0.5, ge=0, lt=1)  # after R's hidden layers and Dret's last [0.5]
    decoder_width: int = Field(default=1024, gt=0)  # of Dret's hidden layers [1024]
    optimiser: OptimiserConfig  # of G, Dret and R [Adam, rate 1e-4, betas 0.5 and 0.99]
    discriminator_optimiser: OptimiserConfig  # of D [the same; released code: SGD, rate 1e-4, momentum 0.9]
    autoencoder_optimiser: OptimiserConfig = OptimiserConfig(name="adam", rate=1e-3)  # where not progressive; ours
    weights: PcmsnWeights

    @model_validator(mode="after")
    def _has_a_decoder_to_share(self) -> "PcmsnConfig":
        if not self.progressive and not self.shared_decoder:
            raise ValueError("shared_decoder = false needs progressive = true; without it there is no decoder")
        return self

    @model_validator(mode="after")
    def _bounds_are_ordered(self) -> "PcmsnConfig":
        for name, (low, high) in (("real_label", self.real_label), ("fake_label", self.fake_label)):
            if low > high:
                raise ValueError(f"{name} = [{low}, {high}] is empty; write the lower bound first")
        return self


class SemanticAutoEncoder(nn.Module):
    """Reduces an embedding to the retrieval dimension, one layer each way: s -> d -> s, ReLU on the code.

    Source: the form of SEM-PCYC's, without its penalty that selects inputs; that PCMSN's "reduced" means this is
    inferred (pcmsn.md section 7). No ReLU on the output: word vectors have negative entries.
    """

    def __init__(self, embedding: int, dimension: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(embedding, dimension), nn.ReLU())
        self.decoder = nn.Linear(dimension, embedding)

    def forward(self, embedding: Float[Tensor, "n s"]) -> Float[Tensor, "n s"]:
        """The embedding rebuilt from its code."""
        rebuilt: Tensor = self.decoder(self.encoder(embedding))
        return rebuilt.float()


def reconstruction(
    sketch: Sequence[Float[Tensor, "n v"]],
    photo: Sequence[Float[Tensor, "n v"]],
    sketch_feature: Float[Tensor, "n v"],
    photo_feature: Float[Tensor, "n v"],
) -> Float[Tensor, ""]:
    """L_rec = sum_m ||R_ske(a_m) - x_s||^2 + sum_m ||R_img(a_m) - x_i||^2, means over batch and elements.

    Args:
        sketch: R_ske(a_s) and, for cross-reconstruction, R_ske(a_i).
        photo: R_img(a_i) and, for cross-reconstruction, R_img(a_s).
        sketch_feature: x_s.
        photo_feature: x_i.

    Source: equations 2 to 8; with one entry each equation 16.
    """
    terms = [F.mse_loss(rebuilt, sketch_feature) for rebuilt in sketch]
    terms += [F.mse_loss(rebuilt, photo_feature) for rebuilt in photo]
    return torch.stack(terms).sum()


def classification(
    sketch_logits: Float[Tensor, "n c"], photo_logits: Float[Tensor, "n c"], labels: Int[Tensor, " n"]
) -> Float[Tensor, ""]:
    """L_cls = CE(W r_s, y) + CE(W r_i, y), means over the batch. Source: equation 9."""
    return F.cross_entropy(sketch_logits, labels) + F.cross_entropy(photo_logits, labels)


def euclidean(sketch: Float[Tensor, "n d"], photo: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """L_cmt = ||r_s - r_i||^2 for each pair, mean over pairs and elements. Source: equation 12."""
    return F.mse_loss(sketch, photo)


class Pcmsn(FeatureMethod):
    """PCMSN over the features of a frozen backbone.

    Attributes:
        embeddings: e of each seen class [c, s].
        autoencoder: reduces e to d; None where progressive.
        sketch_generator: G_ske.
        photo_generator: G_img.
        decoders: Dret for both, or one for sketches and one for photos; empty where not progressive.
        sketch_reconstructor: R_ske.
        photo_reconstructor: R_img.
        discriminator: D.
        classifier: W.
    """

    paper: ClassVar[Paper] = Paper(
        method="pcmsn",
        title="Progressive Cross-Modal Semantic Network for Zero-Shot Sketch-Based Image Retrieval",
        authors="Deng, Xu, Wang, Yang, Tao",
        venue="IEEE Transactions on Image Processing",
        year=2020,
        summary="generate the class's embedding against a discriminator, then decode it to a short code",
    )
    config_class = PcmsnConfig
    embeddings: Tensor

    def __init__(self, config: PcmsnConfig, problem: TrainingProblem) -> None:
        super().__init__(config, problem)
        self.config = config
        embeddings = embeddings_of(problem, config.name)
        self.register_buffer("embeddings", embeddings.clone())
        visual, embedding = self.extractor.dimension, embeddings.shape[1]
        self.autoencoder = None if config.progressive else SemanticAutoEncoder(embedding, config.dimension)
        aligned = embedding if config.progressive else config.dimension
        hidden = (visual + aligned) // 2

        def generator() -> nn.Sequential:
            # Where progressive, all that sees the output begins with a linear layer and batch norm.
            widths = (visual, hidden, hidden, aligned)
            return mlp(widths, dropout=config.generator_dropout, output_bias=not config.progressive)

        def reconstructor() -> nn.Sequential:
            return mlp((aligned, hidden, hidden, visual), dropout=config.decoder_dropout)

        def decoder() -> nn.Sequential:
            widths = (aligned, config.decoder_width, config.decoder_width, config.dimension)
            return mlp(widths, dropout=(0.0, config.decoder_dropout))

        self.sketch_generator, self.photo_generator = generator(), generator()
        self.sketch_reconstructor, self.photo_reconstructor = reconstructor(), reconstructor()
        copies = 1 if config.shared_decoder else 2
        self.decoders = nn.ModuleList(decoder() for _ in range(copies if config.progressive else 0))
        self.discriminator = Critic(aligned, aligned // 2, sigma=config.noise)
        self.classifier = unit_classifier(
            config.dimension, len(problem.class_names), trained=config.classifier == "trained"
        )

    @property
    def weights(self) -> dict[str, float]:
        """L = L_dis | lambda_adv L_adv + lambda_rec L_rec + lambda_cls L_cls + lambda_cmt L_cmt.

        The auto-encoder, where there is one, has its phase and its parameters to itself; its coefficient is 1.
        """
        return self.config.weights.model_dump() | ({} if self.autoencoder is None else {"autoencoder": 1.0})

    def retrieval_network(self) -> CoupledNetwork:
        """Dret(G_ske(x)) for sketches, Dret(G_img(x)) for photos."""
        return self.branches(
            nn.Sequential(self.sketch_generator, *self.decoders[:1]),
            nn.Sequential(self.photo_generator, *self.decoders[-1:]),
        )

    def phases(self) -> tuple[Phase, ...]:
        """Algorithm 1: D first, then all generators and decoders together."""
        config = self.config
        generators = (
            self.sketch_generator,
            self.photo_generator,
            self.decoders,
            self.sketch_reconstructor,
            self.photo_reconstructor,
            self.classifier,
        )
        discriminator = Phase(
            "discriminator",
            (ParameterGroup(trainable((self.discriminator,))),),
            self.discriminator_losses,
            config.discriminator_optimiser,
        )
        generator = Phase(
            "generator", (ParameterGroup(trainable(generators)),), self.generator_losses, config.optimiser
        )
        game = (discriminator, generator) if config.discriminator_first else (generator, discriminator)
        if self.autoencoder is None:
            return game
        reduction = Phase(
            "autoencoder",
            (ParameterGroup(trainable((self.autoencoder,))),),
            partial(self.autoencoder_losses, self.autoencoder),
            config.autoencoder_optimiser,
        )
        return (reduction, *game)

    def autoencoder_losses(self, autoencoder: SemanticAutoEncoder, batch: Batch) -> Losses:
        """||decoder(encoder(e)) - e||^2, mean over batch and elements."""
        embedding = self.embeddings[batch.sketch.labels]
        return {"autoencoder": F.mse_loss(autoencoder(embedding), embedding)}

    def discriminator_losses(self, batch: Batch) -> Losses:
        """L_dis; nothing of it reaches a generator."""
        with torch.no_grad():
            real, aligned = self.real(batch), self.aligned(*self.visual(batch))
        score, fakes = self.discriminator(real), [self.discriminator(fake) for fake in aligned]
        if self.config.adversarial_form == "log":
            return {"discriminator": log_critic(score, fakes)}
        real_labels = noisy_labels(score, self.config.real_label)
        fake_labels = [noisy_labels(fake, self.config.fake_label) for fake in fakes]
        return {"discriminator": least_squares_critic(score, fakes, real_labels, fake_labels)}

    def generator_losses(self, batch: Batch) -> Losses:
        """L_gen, L_rec, L_cls and L_cmt."""
        features = self.visual(batch)
        aligned = self.aligned(*features)
        sketch, photo = self.codes(*aligned)
        return {
            "adversarial": self.adversarial(aligned),
            "reconstruction": reconstruction(*self.rebuilt(*aligned), *features),
            "classification": classification(
                self.classifier(sketch).float(), self.classifier(photo).float(), batch.sketch.labels
            ),
            "euclidean": euclidean(sketch, photo),
        }

    def real(self, batch: Batch) -> Float[Tensor, "n s"]:
        """What D is to take for real: e of every pair, or its code where not progressive."""
        embedding = self.embeddings[batch.sketch.labels]
        return embedding if self.autoencoder is None else self.autoencoder.encoder(embedding)

    def aligned(
        self, sketch: Float[Tensor, "n v"], photo: Float[Tensor, "n v"]
    ) -> tuple[Float[Tensor, "n s"], Float[Tensor, "n s"]]:
        """a_s and a_i; s is d where not progressive."""
        return self.sketch_generator(sketch), self.photo_generator(photo)

    def codes(
        self, sketch: Float[Tensor, "n s"], photo: Float[Tensor, "n s"]
    ) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]]:
        """r_s and r_i in float32; where not progressive they are a_s and a_i."""
        if not self.config.progressive:
            return sketch.float(), photo.float()
        return self.decoders[0](sketch).float(), self.decoders[-1](photo).float()

    def rebuilt(
        self, sketch: Float[Tensor, "n s"], photo: Float[Tensor, "n s"]
    ) -> tuple[list[Float[Tensor, "n v"]], list[Float[Tensor, "n v"]]]:
        """What R_ske and R_img make of the aligned features: of their own modality first, then of the other."""
        others = self.config.reconstruction == "cross"
        to_sketch = [sketch, photo] if others else [sketch]
        to_photo = [photo, sketch] if others else [photo]
        return (
            [self.sketch_reconstructor(aligned).float() for aligned in to_sketch],
            [self.photo_reconstructor(aligned).float() for aligned in to_photo],
        )

    def adversarial(self, aligned: Sequence[Float[Tensor, "n s"]]) -> Float[Tensor, ""]:
        """L_gen: D is to take the aligned features for real."""
        fakes = [self.discriminator(fake) for fake in aligned]
        if self.config.adversarial_form == "log":
            return log_generator(fakes)
        return least_squares_generator(fakes, [noisy_labels(fake, self.config.real_label) for fake in fakes])


METHOD = Pcmsn
