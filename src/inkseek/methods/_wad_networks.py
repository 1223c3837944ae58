"""WAD-CMSN's networks and the critic's side of its game: critics, the auto-encoder, and SEM-PCYC's way back to vision.

In a Wasserstein game the critic C has no output bias: every loss is a difference of scores, in which it cancels.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from inkseek.methods._adversarial import Critic, least_squares_critic, least_squares_generator, mlp, noisy_labels
from inkseek.methods._base import Losses

Distance = Literal["wgan_gp", "wgan_clip", "least_squares"]

REAL = (0.7, 1.0)  # bounds of the noisy labels of least squares
FAKE = (0.0, 0.3)


def generator(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    """SEM-PCYC's generator: two hidden layers of (inputs + outputs) / 2 with batch norm, leaky ReLU and dropout."""
    hidden = (inputs + outputs) // 2
    return mlp((inputs, hidden, hidden, outputs), activation="leaky_relu", dropout=dropout)


def build_critic(distance: Distance, dimension: int, width: int) -> Critic:
    """Critic of rows of `dimension`.

    Args:
        distance: least squares has SEM-PCYC's discriminator, half as wide as its input, with batch norm and noise on
            its input; a Wasserstein critic has neither, since its penalty wants the gradient of every sample alone.
        dimension: of its input.
        width: of a Wasserstein critic's hidden layers.
    """
    if distance == "least_squares":
        return Critic(dimension, dimension // 2, activation="leaky_relu")
    return Critic(dimension, width, activation="leaky_relu", norm="none", sigma=0.0, output_bias=False)


def critic_loss(distance: Distance, real: Float[Tensor, " n"], fake: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """What a critic minimises over scores of real and of generated rows.

    Wasserstein: E[C(fake)] - E[C(real)]; its negative is the critic's estimate of the distance of the two.
    Least squares: mean (D(real) - t)^2 + mean (D(fake) - u)^2 with labels t in [0.7, 1], u in [0, 0.3].

    Source: wad_cmsn.md section 4.2; section 3 for least squares.
    """
    if distance == "least_squares":
        return least_squares_critic(real, [fake], noisy_labels(real, REAL), [noisy_labels(fake, FAKE)])
    return fake.mean() - real.mean()


def generator_loss(distance: Distance, fake: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """What a generator minimises over the scores of its rows.

    Wasserstein: -E[C(fake)]. Least squares: mean (D(fake) - t)^2 with labels t in [0.7, 1].

    Source: wad_cmsn.md section 4.2; section 3 for least squares.
    """
    if distance == "least_squares":
        return least_squares_generator([fake], [noisy_labels(fake, REAL)])
    return -fake.mean()


def gradient_penalty(
    critic: Callable[[Tensor], Tensor],
    real: Float[Tensor, "n d"],
    fake: Float[Tensor, "n d"],
    share: Float[Tensor, "n 1"],
) -> Float[Tensor, ""]:
    """P = mean_i (||grad C(u_i)||_2 - 1)^2 at u_i = share_i real_i + (1 - share_i) fake_i.

    The result can be differentiated by the critic's parameters; nothing reaches `real` and `fake`.

    Source: Gulrajani et al., arXiv 1704.00028, equation 3; wad_cmsn.md section 4.2.
    """
    mixed = (share * real + (1 - share) * fake).detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)
    found: Tensor = (torch.linalg.vector_norm(slope, dim=1) - 1).square().mean()
    return found


@torch.no_grad()
def clip_weights(parameters: Iterable[nn.Parameter], bound: float) -> None:
    """Clip every weight, w <- min(max(w, -bound), bound).

    Source: Arjovsky et al., arXiv 1701.07875, algorithm 1.
    """
    for parameter in parameters:
        parameter.clamp_(-bound, bound)


@contextmanager
def statistics_kept(*networks: nn.Module) -> Iterator[None]:
    """Batch norm inside `networks` leaves its running statistics alone; in training it still takes the batch's.

    The running statistics serve retrieval, so they must come from visual features, and once from each batch.
    """
    norms = [part for network in networks for part in network.modules() if isinstance(part, nn.BatchNorm1d)]
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm in norms:
            norm.track_running_stats = True


class AutoEncoder(nn.Module):
    """Semantic embedding [s] to code [d] by one layer with a ReLU, and back by one without."""

    def __init__(self, semantic: int, dimension: int) -> None:
        super().__init__()
        self.encoder = nn.Linear(semantic, dimension)
        self.decoder = nn.Linear(dimension, semantic)

    def encode(self, embedding: Float[Tensor, "n s"]) -> Float[Tensor, "n d"]:
        """Code, nowhere negative."""
        return F.relu(self.encoder(embedding))

    def decode(self, code: Float[Tensor, "n d"]) -> Float[Tensor, "n s"]:
        """Embedding; word vectors have negative values."""
        found: Tensor = self.decoder(code)
        return found


class VisualBranch(nn.Module):
    """SEM-PCYC's way back for one modality m: generator F_m, critic D_m and classifier W_m of visual features.

    Args:
        dimension: of the semantic code.
        visual: v.
        classes: c.
        distance: of the critic's game.
        width: of a Wasserstein critic's hidden layers.
        dropout: of F_m.
        trained: whether the classifier learns.
    """

    def __init__(
        self,
        dimension: int,
        visual: int,
        classes: int,
        *,
        distance: Distance,
        width: int,
        dropout: float,
        trained: bool,
    ) -> None:
        super().__init__()
        self.distance = distance
        self.generator = generator(dimension, visual, dropout)
        self.critic = build_critic(distance, visual, width)
        self.classifier = nn.Linear(visual, classes, bias=False).requires_grad_(trained)

    def losses(
        self,
        forth: nn.Module,
        visual: Float[Tensor, "n v"],
        code: Float[Tensor, "n d"],
        semantic: Float[Tensor, "n d"],
        labels: Int[Tensor, " n"],
    ) -> Losses:
        """Terms of the generators F_m and G_m.

        cycle = mean |F_m(e_m) - x_m| + mean |G_m(F_m(ê)) - ê|; regression = mean (F_m(ê) - x_m)^2;
        means over samples and elements.

        Args:
            forth: G_m.
            visual: x_m.
            code: e_m = G_m(x_m).
            semantic: ê.
            labels: of the samples.

        Source: released code of SEM-PCYC; wad_cmsn.md section 3.
        """
        fake = self.generator(semantic)
        with statistics_kept(forth):
            returned = forth(fake)
        return {
            "cycle": F.l1_loss(self.generator(code), visual) + F.l1_loss(returned, semantic),
            "visual_adversarial": generator_loss(self.distance, self.critic(fake)),
            "visual_classification": F.cross_entropy(self.classifier(fake).float(), labels),
            "visual_regression": F.mse_loss(fake, visual),
        }
