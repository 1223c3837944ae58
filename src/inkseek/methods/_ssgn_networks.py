"""Networks of SSGN: reduction of the fused feature, encoder, the three decoders, and what serves a sketch."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from inkseek.errors import ConfigError
from inkseek.methods._adversarial import mlp

Residual = Literal["none", "coarse", "sketch"]

_BLOCK = 8192  # rows of features that are in float64 at a time


def perceptron(inputs: int, hidden: int, outputs: int, dropout: float = 0.0) -> nn.Sequential:
    """Linear, ReLU, dropout, Linear: the form of Gc, Gf, R and Q."""
    return mlp((inputs, hidden, outputs), activation="relu", norm="none", dropout=dropout)


class FusedReduction(nn.Module):
    """What is left of one modality's fused feature (ssgn.md section 2.1).

    x = a P ((f - m) / q)

    with m the mean, q the standard deviations or ones, P the first d principal directions as rows, and a such that the
    mean variance of a component is 1. Before `fit_reductions` it takes the first d values of f as they are.

    Args:
        inputs: v.
        dimension: d.
    """

    mean: Tensor
    directions: Tensor  # P / q
    scale: Tensor

    def __init__(self, inputs: int, dimension: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("directions", torch.eye(dimension, inputs))
        self.register_buffer("scale", torch.ones(()))

    def forward(self, feature: Float[Tensor, "n v"]) -> Float[Tensor, "n d"]:
        """Reduced features."""
        return F.linear(feature - self.mean, self.directions) * self.scale


@torch.no_grad()
def fit_reductions(parts: Sequence[tuple[FusedReduction, Float[Tensor, "_ v"]]], *, standardised: bool) -> None:
    """PCA of training features, by eigenvectors in float64: one P and one a for all parts, m and q for each.

    P belongs to the mean of the parts' covariances; the largest entry of each direction is positive.

    Args:
        parts: a reduction and the features of its modality; both modalities for a common basis.
        standardised: divide every value by its standard deviation, so that P belongs to correlations; a value that
            never varies is left out by that alone.

    Raises:
        ConfigError: the features have fewer than d directions: n - 1 of n centred rows.
    """
    dimension = len(parts[0][0].directions)
    ranks = sum(len(feature) - 1 for _, feature in parts)
    if dimension > ranks:
        raise ConfigError(
            f"method.dimension: {ranks + len(parts)} training pictures have at most {ranks} principal components, not "
            f"{dimension}; lower it or add pictures"
        )
    standards = [_standards(feature, standardised) for _, feature in parts]
    covariance = torch.stack([_covariance(parts[i][1], *standards[i]) for i in range(len(parts))]).mean(dim=0)
    variances, vectors = torch.linalg.eigh(covariance)  # ascending
    directions = vectors[:, -dimension:].flip(1).T
    largest = directions.gather(1, directions.abs().argmax(dim=1, keepdim=True))
    for (reduction, _), (mean, deviation) in zip(parts, standards, strict=True):
        reduction.mean.copy_(mean)
        reduction.directions.copy_(directions * largest.sign() / deviation)
        reduction.scale.copy_(variances[-dimension:].mean().rsqrt())


def _standards(feature: Float[Tensor, "n v"], standardised: bool) -> tuple[Tensor, Tensor]:
    mean = feature.mean(dim=0, dtype=torch.float64)
    if not standardised:
        return mean, torch.ones_like(mean)
    square = torch.stack([(block - mean).square().sum(dim=0) for block in torch.split(feature, _BLOCK)]).sum(dim=0)
    deviation = (square / len(feature)).sqrt()
    return mean, deviation.where(deviation > 0, 1)


def _covariance(feature: Float[Tensor, "n v"], mean: Tensor, deviation: Tensor) -> Float[Tensor, "v v"]:
    found = mean.new_zeros(len(mean), len(mean))
    for block in torch.split(feature, _BLOCK):
        standard = (block - mean) / deviation
        found += standard.T @ standard / len(feature)
    return found


class PairEncoder(nn.Module):
    """E: reduced photo and sketch feature to mean and log-variance of z, both within (-1, 1) (ssgn.md section 3).

    Args:
        dimension: d.
        hidden: H; the second layer has H / 2.
        latent: length of z.
        dropout: behind the first layer.
    """

    def __init__(self, dimension: int, hidden: int, latent: int, dropout: float) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(2 * dimension, hidden),
            nn.ReLU(),
            nn.BatchNorm1d(hidden),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden // 2),
            nn.ReLU(),
            nn.BatchNorm1d(hidden // 2),
        )
        self.mean = nn.Linear(hidden // 2, latent)
        self.log_variance = nn.Linear(hidden // 2, latent)

    def forward(self, photo: Float[Tensor, "n d"], sketch: Float[Tensor, "n d"]) -> tuple[Tensor, Tensor]:
        """Mean and log-variance, each [n, latent]."""
        found = self.trunk(torch.cat((photo, sketch), dim=1))
        return torch.tanh(self.mean(found)), torch.tanh(self.log_variance(found))


class Decoder(nn.Module):
    """From z, semantic condition and sketch feature to photo-like features, one for each of `stages`.

    Every argument of a call is [..., k] with the same leading axes; the last stage's feature is the one compared.
    """

    stages: ClassVar[tuple[str, ...]]


class CoarseToFineDecoder(Decoder):
    """x_c = Gc [z; s*] is of a class, x_f = Gf [x_c; x_s] of an instance (ssgn.md section 3).

    Args:
        latent: length of z.
        semantic: s.
        dimension: d.
        hidden: H.
        residual: x_f = Gf(...) + what is named.
        latent_to_fine: Gf is given z too.
    """

    stages = ("coarse", "fine")

    def __init__(
        self, latent: int, semantic: int, dimension: int, hidden: int, *, residual: Residual, latent_to_fine: bool
    ) -> None:
        super().__init__()
        self.coarse = perceptron(latent + semantic, hidden, dimension)
        self.fine = perceptron(2 * dimension + latent * latent_to_fine, hidden, dimension)
        self.residual = residual
        self.latent_to_fine = latent_to_fine

    def forward(self, latent: Tensor, condition: Tensor, sketch: Tensor) -> dict[str, Tensor]:
        """Coarse and fine features."""
        coarse = self.coarse(torch.cat((latent, condition), dim=-1))
        given = (coarse, sketch, latent) if self.latent_to_fine else (coarse, sketch)
        fine = self.fine(torch.cat(given, dim=-1))
        match self.residual:
            case "coarse":
                fine = fine + coarse
            case "sketch":
                fine = fine + sketch
        return {"coarse": coarse, "fine": fine}


class CoarseDecoder(Decoder):
    """x_c = Gc [z; s*] alone: the ablation without the fine stage."""

    stages = ("coarse",)

    def __init__(self, latent: int, semantic: int, dimension: int, hidden: int) -> None:
        super().__init__()
        self.coarse = perceptron(latent + semantic, hidden, dimension)

    def forward(self, latent: Tensor, condition: Tensor, sketch: Tensor) -> dict[str, Tensor]:
        """The coarse feature."""
        return {"coarse": self.coarse(torch.cat((latent, condition), dim=-1))}


class SketchDecoder(Decoder):
    """x_f = G [z; x_s]: the single decoder of CVAE (Yelamarthi et al., ECCV 2018), without semantic condition."""

    stages = ("fine",)

    def __init__(self, latent: int, dimension: int, hidden: int) -> None:
        super().__init__()
        self.fine = perceptron(latent + dimension, hidden, dimension)

    def forward(self, latent: Tensor, condition: Tensor, sketch: Tensor) -> dict[str, Tensor]:
        """The fine feature."""
        return {"fine": self.fine(torch.cat((latent, sketch), dim=-1))}


class SketchHead(nn.Module):
    """Fused sketch feature to the mean of K synthesised photo features (ssgn.md section 6).

    x = 1/K sum_k G(z_k, s*, x_s), with s* = Q x_s or 0 and z_1..z_K drawn once: no chance is left in use.

    Args:
        reduction: fused sketch feature to x_s.
        predictor: Q, x_s to semantic embedding; None for the zero condition.
        decoder: G.
        noise: z_1..z_K [K, latent].
        semantic: s.
    """

    noise: Tensor

    def __init__(
        self,
        reduction: FusedReduction,
        predictor: nn.Module | None,
        decoder: Decoder,
        noise: Float[Tensor, "k l"],
        semantic: int,
    ) -> None:
        super().__init__()
        self.reduction = reduction
        self.predictor = predictor
        self.decoder = decoder
        self.semantic = semantic
        self.register_buffer("noise", noise)

    def condition(self, sketch: Float[Tensor, "n d"]) -> Float[Tensor, "n s"]:
        """What the coarse decoder is told where the true class is unknown; only the sketch is read."""
        if self.predictor is None:
            return sketch.new_zeros(sketch.shape[0], self.semantic)
        predicted: Tensor = self.predictor(sketch)
        return predicted

    def forward(self, fused: Float[Tensor, "n v"]) -> Float[Tensor, "n d"]:
        """Photo-like features."""
        sketch = self.reduction(fused)
        rows = sketch.shape[0]
        synthesised = self.decoder(
            self.noise[:, None].expand(-1, rows, -1),
            self.condition(sketch).expand(len(self.noise), -1, -1),
            sketch.expand(len(self.noise), -1, -1),
        )
        found: Tensor = synthesised[self.decoder.stages[-1]].mean(dim=0)
        return found


class ClassCentroids(nn.Module):
    """Mean photo feature of each class over all photos met so far.

    Args:
        classes: c.
        dimension: d.
    """

    mean: Tensor
    count: Tensor

    def __init__(self, classes: int, dimension: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(classes, dimension))
        self.register_buffer("count", torch.zeros(classes))

    def including(self, photo: Float[Tensor, "n d"], labels: Int[Tensor, " n"]) -> tuple[Tensor, Tensor]:
        """Means [c, d] and counts [c] with these photos taken in; nothing is stored."""
        member = F.one_hot(labels, len(self.count)).to(photo.dtype).T
        count = self.count + member.sum(dim=1)
        return self.mean + member @ (photo - self.mean[labels]) / count.clamp(min=1)[:, None], count

    @torch.no_grad()
    def take_in(self, photo: Float[Tensor, "n d"], labels: Int[Tensor, " n"]) -> None:
        """Store what `including` gives."""
        mean, count = self.including(photo, labels)
        self.mean.copy_(mean)
        self.count.copy_(count)
