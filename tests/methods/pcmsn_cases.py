"""A small PCMSN, and what the tests of its terms and of its switches ask of it."""

from typing import Any

import torch
from torch import Tensor, nn

from inkseek.methods._base import Phase
from inkseek.methods.pcmsn import Pcmsn, PcmsnConfig
from tests.contracts import problems
from tests.methods import feature_level

VISUAL, EMBEDDING, CLASSES, EACH = 20, 14, 4, 6
BATCH = feature_level.batch(visual=VISUAL, classes=CLASSES, each=EACH)
LABELS = BATCH.sketch.labels.tolist()


def config(**changes: Any) -> PcmsnConfig:  # noqa: ANN401
    tree = problems.method_tree("pcmsn") | {"decoder_width": 32, "dimension": 8} | changes
    return PcmsnConfig.parse(tree, "test", prefix="method")


def build(visual: int = VISUAL, embedding: int = EMBEDDING, classes: int = CLASSES, **changes: Any) -> Pcmsn:  # noqa: ANN401
    torch.manual_seed(0)
    problem = feature_level.problem(visual=visual, embedding=embedding, classes=classes)
    return Pcmsn(config(**changes), problem)


def phases(method: Pcmsn) -> dict[str, Phase]:
    return {phase.name: phase for phase in method.phases()}


def widths(network: nn.Module) -> list[tuple[int, int]]:
    return [(layer.in_features, layer.out_features) for layer in network.modules() if isinstance(layer, nn.Linear)]


def has_bias(layer: nn.Module) -> bool:
    return "bias" in dict(layer.named_parameters())


def heads(method: Pcmsn) -> list[nn.Sequential]:
    """What comes behind the extractor, for sketches and for photos."""
    network = method.retrieval_network()
    found = [network.sketch.head, network.photo.head]
    assert all(isinstance(head, nn.Sequential) for head in found)
    return found  # type: ignore[return-value]


def gradients(total: Tensor, method: Pcmsn) -> dict[str, Tensor]:
    """Gradients that are not all zero, by the name of their parameter."""
    named = {key: parameter for key, parameter in method.named_parameters() if parameter.requires_grad}
    found = torch.autograd.grad(total, list(named.values()), allow_unused=True)
    return {key: value for key, value in zip(named, found, strict=True) if value is not None and bool(value.any())}
