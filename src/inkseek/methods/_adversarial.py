"""What the adversarial feature-level methods share: perceptrons, a critic, a classifier, and the two games' terms.

A game has one critic D, which scores semantic embeddings, and generators, whose outputs it is to take for real ones.
SEM-PCYC (Dutta and Akata, CVPR 2019) plays it by least squares with labels drawn anew for every sample; PCMSN's text
(Deng et al., TIP 2020, equation 1) writes it with logarithms.
"""

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

AdversarialForm = Literal["least_squares", "log"]
Activation = Literal["relu", "prelu", "leaky_relu"]
Norm = Literal["batch", "layer", "none"]

LEAK = 0.2  # slope of the leaky ReLU below zero, as in SEM-PCYC


def mlp(
    widths: Sequence[int],
    *,
    activation: Activation = "prelu",
    norm: Norm = "batch",
    dropout: float | Sequence[float] = 0.0,
    output_bias: bool = True,
) -> nn.Sequential:
    """Perceptron: Linear, norm, activation, dropout for each hidden width; Linear last, without activation.

    A layer before batch norm has no bias: its mean would be taken away, and its gradient is zero.

    Args:
        widths: of input, hidden layers and output.
        activation: of the hidden layers; a PReLU has one slope a layer, starting at 0.25.
        norm: of the hidden layers.
        dropout: probability after every hidden layer, or one for each; no layer is made for 0.
        output_bias: whether the last layer has a bias.
    """
    hidden = len(widths) - 2
    rates = [dropout] * hidden if isinstance(dropout, float) else list(dropout)
    layers: list[nn.Module] = []
    for inputs, outputs, rate in zip(widths[:-2], widths[1:-1], rates, strict=True):
        layers.append(nn.Linear(inputs, outputs, bias=norm != "batch"))
        layers += _norm(norm, outputs)
        layers.append(_activation(activation))
        layers += [nn.Dropout(rate)] if rate else []
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1], bias=output_bias))


def _norm(norm: Norm, width: int) -> list[nn.Module]:
    match norm:
        case "batch":
            return [nn.BatchNorm1d(width)]
        case "layer":
            return [nn.LayerNorm(width)]
        case "none":
            return []


def _activation(activation: Activation) -> nn.Module:
    match activation:
        case "relu":
            return nn.ReLU()
        case "prelu":
            return nn.PReLU()
        case "leaky_relu":
            return nn.LeakyReLU(LEAK)


class GaussianNoise(nn.Module):
    """x + sigma * N(0, 1) in training, x in use.

    Args:
        sigma: standard deviation, in units of x.
    """

    def __init__(self, sigma: float) -> None:
        super().__init__()
        self.sigma = sigma

    def forward(self, x: Float[Tensor, "n s"]) -> Float[Tensor, "n s"]:
        """Noisy copy."""
        return x + self.sigma * torch.randn_like(x) if self.training and self.sigma else x


class Critic(nn.Module):
    """The adversarial network D: noise on its input in training, two hidden layers, one score without sigmoid.

    Args:
        dimension: s, of its input.
        hidden: width of the hidden layers.
        activation: of the hidden layers.
        norm: of the hidden layers; a gradient penalty allows no batch norm.
        sigma: of the noise.
        output_bias: whether the score has an offset; a difference of scores has none to learn.
    """

    def __init__(
        self,
        dimension: int,
        hidden: int,
        *,
        activation: Activation = "prelu",
        norm: Norm = "batch",
        sigma: float = 0.3,
        output_bias: bool = True,
    ) -> None:
        super().__init__()
        self.noise = GaussianNoise(sigma)
        self.layers = mlp((dimension, hidden, hidden, 1), activation=activation, norm=norm, output_bias=output_bias)

    def forward(self, x: Float[Tensor, "n s"]) -> Float[Tensor, " n"]:
        """Score of every row in float32; higher is more real."""
        score: Tensor = self.layers(self.noise(x))
        return score.squeeze(1).float()


def unit_classifier(dimension: int, classes: int, *, trained: bool) -> nn.Linear:
    """Linear classifier without bias whose rows start at random on the unit sphere; frozen unless `trained`."""
    classifier = nn.Linear(dimension, classes, bias=False)
    with torch.no_grad():
        classifier.weight.copy_(F.normalize(torch.randn_like(classifier.weight), dim=1))
    return classifier.requires_grad_(trained)


def noisy_labels(score: Float[Tensor, " n"], bounds: tuple[float, float]) -> Float[Tensor, " n"]:
    """A label for every score, uniform between the bounds."""
    low, high = bounds
    return low + (high - low) * torch.rand_like(score)


def least_squares_generator(
    fakes: Sequence[Float[Tensor, " n"]], labels: Sequence[Float[Tensor, " n"]]
) -> Float[Tensor, ""]:
    """L_gen = sum over fakes m of mean_i (D(a_m,i) - t_m,i)^2, with labels t of real samples.

    Source: released code of SEM-PCYC, which PCMSN's extends (pcmsn.md section 4.1).
    """
    return torch.stack([F.mse_loss(*pair) for pair in zip(fakes, labels, strict=True)]).sum()


def least_squares_critic(
    real: Float[Tensor, " n"],
    fakes: Sequence[Float[Tensor, " n"]],
    real_labels: Float[Tensor, " n"],
    fake_labels: Sequence[Float[Tensor, " n"]],
) -> Float[Tensor, ""]:
    """L_dis = mean_i (D(e_i) - t_i)^2 + mean over fakes m of mean_i (D(a_m,i) - u_m,i)^2.

    With two fakes this is the proportion 2 : 1 : 1 of PCMSN's equation 1, halved.

    Source: released code of SEM-PCYC, which PCMSN's extends (pcmsn.md section 4.1).
    """
    errors = [F.mse_loss(*pair) for pair in zip(fakes, fake_labels, strict=True)]
    return F.mse_loss(real, real_labels) + torch.stack(errors).mean()


def log_generator(fakes: Sequence[Float[Tensor, " n"]]) -> Float[Tensor, ""]:
    """L_gen = sum over fakes m of mean_i log(1 - sigmoid(D(a_m,i))), at most 0.

    Source: PCMSN, equation 1, as the generators minimise it.
    """
    return torch.stack([F.logsigmoid(-fake).mean() for fake in fakes]).sum()


def log_critic(real: Float[Tensor, " n"], fakes: Sequence[Float[Tensor, " n"]]) -> Float[Tensor, ""]:
    """L_dis = -mean_i log sigmoid(D(e_i)) - mean over fakes m of mean_i log(1 - sigmoid(D(a_m,i))).

    Source: PCMSN, equation 1, halved and with the sign of a loss.
    """
    return -F.logsigmoid(real).mean() - torch.stack([F.logsigmoid(-fake).mean() for fake in fakes]).mean()
