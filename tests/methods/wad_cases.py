"""A small WAD-CMSN, and what the tests of its terms and of its switches ask of it."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from inkseek.methods._base import Batch, Losses, Phase, Samples
from inkseek.methods.wad_cmsn import WadCmsn, WadCmsnConfig
from inkseek.training.loop import build_optimiser, total_loss
from tests.contracts import problems
from tests.contracts.steps import move
from tests.methods import feature_level
from tests.reference import wad_cmsn_reference as reference
from tests.reference.wad_cmsn_reference import Array, Layers

VISUAL, EMBEDDING, CLASSES, EACH = 20, 14, 4, 6
BATCH = feature_level.batch(visual=VISUAL, classes=CLASSES, each=EACH)
LABELS = BATCH.sketch.labels.tolist()


def double(samples: Samples) -> Samples:
    assert samples.features is not None
    return Samples(samples.pixels, samples.labels, features=samples.features.double())


BATCH64 = Batch(double(BATCH.sketch), double(BATCH.photo))


def config(**changes: Any) -> WadCmsnConfig:  # noqa: ANN401
    tree = problems.method_tree("wad_cmsn") | {"dimension": 8, "critic_width": 16}
    weights = tree["weights"] | changes.pop("weights", {})
    return WadCmsnConfig.parse(tree | changes | {"weights": weights}, "test", prefix="method")


def build(visual: int = VISUAL, embedding: int = EMBEDDING, classes: int = CLASSES, **changes: Any) -> WadCmsn:  # noqa: ANN401
    torch.manual_seed(0)
    problem = feature_level.problem(visual=visual, embedding=embedding, classes=classes)
    return WadCmsn(config(**changes), problem)


def phases(method: WadCmsn) -> dict[str, Phase]:
    return {phase.name: phase for phase in method.phases()}


def terms(method: WadCmsn, phase: str, batch: Batch = BATCH64, seed: int = 3) -> Losses:
    """Terms of a phase in which nothing moves."""
    torch.manual_seed(seed)
    return phases(method)[phase].losses(batch)


def take_turns(method: WadCmsn, steps: int, names: tuple[str, ...] = ("autoencoder", "critic", "generator")) -> Losses:
    """A few steps of some phases; the terms of the last one."""
    turns = [phase for phase in method.phases() if phase.name in names]
    optimisers = [build_optimiser(phase) for phase in turns]
    found: Losses = {}
    for _ in range(steps):
        for phase, optimiser in zip(turns, optimisers, strict=True):
            for _ in range(phase.repeats):
                losses = phase.losses(BATCH)
                move(phase, optimiser, total_loss(losses, method.weights))
            found |= losses
    return found


class Outputs:
    """What the loops need of a method in float64: its own features, codes and embeddings."""

    def __init__(self, method: WadCmsn) -> None:
        self.visual = method.visual(BATCH64)
        self.embedding = method.embeddings[BATCH64.sketch.labels]
        self.semantic = self.embedding if method.autoencoder is None else method.autoencoder.encode(self.embedding)
        self.codes = (method.sketch_generator(self.visual[0]), method.photo_generator(self.visual[1]))


def array(tensor: Tensor) -> Array:
    found: Array = tensor.detach().double().numpy()
    return found


def arrays(*tensors: Tensor) -> list[Array]:
    return [array(tensor) for tensor in tensors]


def scores(critic: nn.Module, *rows: Tensor) -> list[Array]:
    """A Wasserstein critic's scores by the reference."""
    return [np.array([reference.score(row, layers(critic)) for row in of_one]) for of_one in arrays(*rows)]


def close(found: Tensor, expected: float) -> None:
    np.testing.assert_allclose(found.item(), expected, rtol=0, atol=1e-6)


def gradients(total: Tensor, network: nn.Module) -> list[Tensor | None]:
    found = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return list(torch.autograd.grad(total, found, allow_unused=True, retain_graph=True))


def widths(network: nn.Module) -> list[tuple[int, int]]:
    return [(layer.in_features, layer.out_features) for layer in network.modules() if isinstance(layer, nn.Linear)]


def layers(network: nn.Module) -> Layers:
    """Weight and bias of every linear layer, as the reference wants them."""
    found = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    biases = [torch.zeros(layer.out_features) if layer.bias is None else layer.bias for layer in found]
    return list(zip(arrays(*(layer.weight for layer in found)), arrays(*biases), strict=True))
