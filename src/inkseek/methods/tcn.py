"""TCN: transferable coupled network.

Idea: sketches and photos each have an encoder. What both modalities should know is coupled, what belongs to one of
them stays its own: the kernels of the two encoders may part only against a price on their difference, the statistics
of their batch norms are free. One head for both modalities is trained with labels, with the ImageNet teacher, and with
batch-hard triplets whose anchors lie at a random place between an embedding and the word vector of its class. Kernels
that are one and the same fit the seen classes better; softly shared ones carry over better to the unseen.

Symbols (paper's symbol: name here, shape):
    E_s, E_i: encoders of sketches and photos          theta_l: their kernels, by name
    H: projection v -> d, then batch norm              z, x: code [n, d]; z/||z|| is the retrieval feature
    G: classifier d -> c                               K: imitation d -> 1000
    o: teacher logits [n, 1000]                        w: word vector of the class [s]
    A: blend s -> d (A' of BHT+SR: regression d -> s)  alpha: uniform in [0, 1), one a sample
    m: anchors [2n, d]                                 omega: entropy weight [2n], in (1, 2]

Map (tcn.md section -> here):
    2.1 coupled encoders -> TcnNetwork, TcnBranch, copy_sharing
    2.2 head -> split_classifier, TcnBranch.norm, head_norm, dropout; statistics at test time -> test_norm
    2.3 teacher -> Teacher                             3.1 L_SWS -> kernels, soft_sharing, term "sharing"
    3.2 L_cls -> terms "sketch_classification" and "photo_classification"; L_kd -> term "distillation"
    3.3 L_SEM -> batch_hard, entropy_weight, semantic_metric, term "metric"; the SR of BHT+SR -> term "regression"
    3.4 total -> [method.weights]                      6 rate schedule -> [training.schedule] kind = "exponential"

Departures: any backbone. L_cls is two terms, one a modality, as the paper plots them; their weights are the ratio in
its rows "hard (a : b)", as we read it. The projection's bias starts at zero; the batch norm behind it takes any bias
away. The hard-shared network is one encoder that is called on each half, so its batch norm sees one modality at a time.
The released code has 1e-16 under the root of a distance, for a finite gradient at 0; torch.cdist's is 0 there without.
"""

import copy
from collections.abc import Iterable, Mapping
from typing import ClassVar, Literal, TypeVar

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from inkseek.config import Config
from inkseek.encoders.backbone import Backbone
from inkseek.errors import ConfigError
from inkseek.losses.distillation import distillation
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
    embeddings_of,
    trainable,
)
from inkseek.methods._imagenet import Teacher, pretrained, split_classifier
from inkseek.methods._networks import PHOTO, SKETCH, CoupledNetwork

Share = Literal["none", "soft", "hard", "conv_hard"]
MetricKind = Literal["none", "bht", "bht_sr", "sbht"]
M = TypeVar("M", bound=nn.Module)


def terms_of(share: Share, metric: MetricKind) -> frozenset[str]:
    """Names of the terms that the switches leave in the total loss."""
    found = {"sketch_classification", "photo_classification", "distillation"}
    if share == "soft":
        found.add("sharing")
    if metric != "none":
        found.add("metric")
    if metric == "bht_sr":
        found.add("regression")
    return frozenset(found)


class TcnWeights(Config):
    """Coefficients of the total loss: 1 each in the released code but for `sharing`, 1000.

    A term that the switches leave needs its weight; a term that they take away takes none, or 0.
    """

    sketch_classification: float
    photo_classification: float
    distillation: float
    sharing: float = 0.0  # lambda_SWS [1000]; share = "soft"
    metric: float = 0.0  # any metric but "none"
    regression: float = 0.0  # [0.1, 1, 10 in the ablation]; metric = "bht_sr"


class TcnConfig(MethodConfig):
    """TCN's hyper-parameters, with the released value in brackets."""

    name: Literal["tcn"]
    share: Share = (
        "soft"  # kernels of the two encoders: apart, priced, all one encoder, one with batch norms apart [soft]
    )
    head_norm: Literal["common", "specific"] = (
        "common"  # running statistics of H's norm [common on Sketchy, else specific]
    )
    test_norm: Literal["released", "matched"] = (
        "matched"  # statistics for photos: the sketches', or their own [released]
    )
    dropout: float = Field(default=0.0, ge=0, lt=1)  # probability [Sketchy: 0, else 0.5 up to d = 64 and 0.7 above]
    metric: MetricKind = "sbht"  # [sbht]
    optimiser: OptimiserConfig  # [Adam, rate 1e-4, weight decay 5e-4]
    weights: TcnWeights

    @model_validator(mode="after")
    def _weights_fit_the_switches(self) -> "TcnConfig":
        switches = f'share = "{self.share}" and metric = "{self.metric}"'
        terms = terms_of(self.share, self.metric)
        for name in sorted(terms - self.weights.model_fields_set):
            raise ConfigError(f"method.weights.{name}: is missing; {switches} have this term")
        for name, weight in self.weights.model_dump().items():
            if weight and name not in terms:
                raise ConfigError(f"method.weights.{name}: is {weight}, but {switches} have no such term; set it to 0")
        return self


def copy_sharing(module: M, shared: Iterable[nn.Parameter] = ()) -> M:
    """Copy of a module in which the parameters `shared` are the very ones of the original."""
    return copy.deepcopy(module, {id(parameter): parameter for parameter in shared})


class TcnBranch(nn.Module):
    """One modality, from pixels to code: z = dropout(BN_t(H E_t(x))).

    Args:
        encoder: E_t.
        projection: H, the same in both branches.
        norm: BN_t while training.
        served_norm: BN_t at test time.
        dropout: probability, while training.
        modality: `SKETCH` or `PHOTO`; encoders with gates would read it.
    """

    def __init__(
        self,
        encoder: Backbone,
        projection: nn.Linear,
        norm: nn.BatchNorm1d,
        served_norm: nn.BatchNorm1d,
        dropout: float,
        modality: float,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projection = projection
        self.norm = norm
        self.served_norm = served_norm
        self.dropout = nn.Dropout(dropout)
        self.modality = modality

    def forward(self, pixels: Float[Tensor, "m 3 h w"]) -> Float[Tensor, "n d"]:
        """Codes in float32."""
        visual = self.encoder(pixels, torch.full_like(pixels[:, 0, 0, 0], self.modality))
        norm = self.norm if self.training else self.served_norm
        code: Tensor = self.dropout(norm(self.projection(visual).float()))
        return code


class TcnNetwork(CoupledNetwork):
    """The two branches; what they share is the same object in both."""

    sketch: TcnBranch
    photo: TcnBranch


def coupled_network(config: TcnConfig, encoder: Backbone, projection: nn.Linear) -> TcnNetwork:
    """Two branches that start from one encoder and share what `config` says.

    Args:
        config: its `share`, `head_norm`, `test_norm` and `dropout`.
        encoder: with ImageNet weights; it becomes E_s.
        projection: H.
    """
    match config.share:
        case "hard":
            photo_encoder = encoder
        case "conv_hard":
            photo_encoder = copy_sharing(encoder, kernels(encoder).values())
        case _:
            photo_encoder = copy_sharing(encoder)
    norm = nn.BatchNorm1d(config.dimension)
    photo_norm = norm if config.head_norm == "common" else copy_sharing(norm, norm.parameters())
    served_norm = norm if config.test_norm == "released" else photo_norm
    return TcnNetwork(
        TcnBranch(encoder, projection, norm, norm, config.dropout, SKETCH),
        TcnBranch(photo_encoder, projection, photo_norm, served_norm, config.dropout, PHOTO),
    )


def kernels(encoder: nn.Module) -> dict[str, nn.Parameter]:
    """Every parameter tensor of an encoder, by its name, but those of batch norms; 53 in ResNet-50."""
    return {
        f"{path}.{name}": parameter
        for path, module in encoder.named_modules()
        if not isinstance(module, _BatchNorm)
        for name, parameter in module.named_parameters(recurse=False)
    }


def soft_sharing(sketch: Mapping[str, Tensor], photo: Mapping[str, Tensor]) -> Float[Tensor, ""]:
    """Price of parting.

    L_SWS = sum_l || theta^s_l - theta^i_l ||, the Euclidean norm of all entries, not squared

    The force on a kernel is of length 1 however far it has gone, and 0 where the two are equal.

    Args:
        sketch: kernels of the sketches' encoder, by name.
        photo: kernels of the photos' encoder.

    Raises:
        ValueError: the names differ.

    Source: TCN; tcn.md section 3.1.
    """
    if list(sketch) != list(photo):
        raise ValueError(f"the encoders' kernels differ in name: {sorted(sketch.keys() ^ photo.keys())}")
    differences = torch._foreach_sub(list(sketch.values()), list(photo.values()))
    return torch.stack(torch._foreach_norm(differences)).sum()


def batch_hard(
    anchor: Float[Tensor, "n d"], code: Float[Tensor, "n d"], labels: Int[Tensor, " n"]
) -> Float[Tensor, " n"]:
    """Soft-margin triplet loss of each anchor with its hardest positive and negative in the batch.

    D_jk = ||m_j - x_k||
    l_j = softplus(max_(k != j, y_k = y_j) D_jk - min_(y_k != y_j) D_jk)

    Args:
        anchor: m, one for each sample.
        code: x, the samples.
        labels: y.

    Returns:
        l; 0 for all if the batch is of one class.

    Source: TCN; tcn.md section 3.3; batch-hard mining is of Hermans, Beyer, Leibe, arXiv 1703.07737.
    """
    # Over inner products it would lose the digits of near neighbours. Its gradient at distance 0 is 0.
    distance = torch.cdist(anchor, code, compute_mode="donot_use_mm_for_euclid_dist")
    same = labels[:, None] == labels[None, :]
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    hardest_positive = (distance * positive).amax(dim=1)
    hardest_negative = distance.masked_fill(same, torch.inf).amin(dim=1)
    return F.softplus(hardest_positive - hardest_negative)


def entropy_weight(logits: Float[Tensor, "n c"]) -> Float[Tensor, " n"]:
    """Weight of each anchor: up to 2 for one that the classifier is sure of, at least 1 + 1/c.

    omega_j = 1 + exp(sum_c pi_jc log pi_jc) with pi_j = softmax(logits_j)

    Source: TCN; tcn.md section 3.3.
    """
    log_probability = F.log_softmax(logits, dim=1)
    return 1 + (log_probability.exp() * log_probability).sum(dim=1).exp()


def semantic_metric(
    anchor: Float[Tensor, "n d"],
    code: Float[Tensor, "n d"],
    labels: Int[Tensor, " n"],
    anchor_logits: Float[Tensor, "n c"],
) -> Float[Tensor, ""]:
    """Triplets of every anchor, the sure ones weighing more.

    L_SEM = mean_j omega_j l_j

    Args:
        anchor: m_j = alpha_j A(w_j) + (1 - alpha_j) x_j; m = x is plain batch-hard triplets, BHT.
        code: x.
        labels: y.
        anchor_logits: G m.

    Source: TCN; tcn.md section 3.3.
    """
    return (entropy_weight(anchor_logits) * batch_hard(anchor, code, labels)).mean()


class Tcn(Method):
    """TCN over any backbone.

    Attributes:
        network: the coupled encoders with their head.
        imitation: K, code [d] to 1,000 logits that imitate the teacher; it starts with the ImageNet bias.
        classifier: G, code [d] to logits of the seen classes.
        teacher: the frozen ImageNet network.
        words: w, word vector of each seen class [c, s]; for sbht and bht_sr.
        blend: A, word vector [s] to code [d]; for sbht.
        regression: A', code [d] to word vector [s]; for bht_sr.
    """

    paper: ClassVar[Paper] = Paper(
        method="tcn",
        title="Transferable Coupled Network for Zero-Shot Sketch-Based Image Retrieval",
        authors="Wang, Deng, Liu, Tao",
        venue="IEEE TPAMI",
        year=2021,
        summary="two encoders with softly shared kernels, triplets between embeddings and word vectors",
    )
    config_class = TcnConfig
    paired: ClassVar[bool] = True
    words: Tensor

    def __init__(self, config: TcnConfig, problem: TrainingProblem) -> None:
        super().__init__(config, problem)
        self.config = config
        encoder, imagenet = pretrained(config.backbone, gated=False)
        projection, self.imitation = split_classifier(imagenet.weight, config.dimension)
        with torch.no_grad():
            self.imitation.bias.copy_(imagenet.bias)
        self.network = coupled_network(config, encoder, projection)
        self.classifier = nn.Linear(config.dimension, len(problem.class_names))
        self.teacher = Teacher(config.backbone)
        self.blend: nn.Linear | None = None
        self.regression: nn.Linear | None = None
        if config.metric in {"sbht", "bht_sr"}:
            self._read_words(embeddings_of(problem, config.name))

    def _read_words(self, words: Tensor) -> None:
        self.register_buffer("words", words.clone())
        if self.config.metric == "sbht":
            self.blend = nn.Linear(words.shape[1], self.dimension)
        else:
            self.regression = nn.Linear(self.dimension, words.shape[1])

    @property
    def weights(self) -> dict[str, float]:
        """L = sum of weight times term, over the terms that the switches leave."""
        terms = terms_of(self.config.share, self.config.metric)
        return {name: weight for name, weight in self.config.weights.model_dump().items() if name in terms}

    def retrieval_network(self) -> TcnNetwork:
        """Both branches."""
        return self.network

    def phases(self) -> tuple[Phase, ...]:
        """One optimiser over everything that learns."""
        encoders = trainable((self.network.sketch.encoder, self.network.photo.encoder))
        owned = {id(parameter) for parameter in encoders}
        heads = tuple(parameter for parameter in trainable((self,)) if id(parameter) not in owned)
        optimiser = self.config.optimiser
        groups = (ParameterGroup(encoders), ParameterGroup(heads, optimiser.head_factor))
        return (Phase("student", groups, self.losses, optimiser),)

    def losses(self, batch: Batch) -> Losses:
        """Terms of the total loss (tcn.md 3.1 to 3.3)."""
        sketch, photo = self.network.sketch(batch.sketch.pixels), self.network.photo(batch.photo.pixels)
        targets = F.softmax(self.teacher(batch.photo.pixels), dim=1)
        found = {
            "sketch_classification": F.cross_entropy(self.classifier(sketch).float(), batch.sketch.labels),
            "photo_classification": F.cross_entropy(self.classifier(photo).float(), batch.photo.labels),
            "distillation": distillation(self.imitation(photo).float(), targets),
        }
        with torch.autocast(sketch.device.type, enabled=False):  # norms and distances want all their digits
            if self.config.share == "soft":
                found["sharing"] = soft_sharing(
                    kernels(self.network.sketch.encoder), kernels(self.network.photo.encoder)
                )
            if self.config.metric != "none":
                found |= self._metric(torch.cat((sketch, photo)), batch.labels)
        return found

    def _metric(self, code: Tensor, labels: Tensor) -> Losses:
        anchor = code
        if self.blend is not None:
            alpha = torch.rand_like(code[:, :1])
            anchor = alpha * self.blend(self.words[labels]) + (1 - alpha) * code
        found = {"metric": semantic_metric(anchor, code, labels, self.classifier(anchor))}
        if self.regression is not None:
            found["regression"] = F.mse_loss(self.regression(code), self.words[labels])
        return found


METHOD = Tcn
