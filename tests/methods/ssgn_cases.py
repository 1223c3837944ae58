"""A small SSGN, its switches, and what the tests of its terms and of its retrieval ask of it."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inkseek.methods._base import Batch
from inkseek.methods.ssgn import Ssgn, SsgnConfig
from tests.contracts import problems
from tests.methods import feature_level
from tests.reference import ssgn_reference as reference

VISUAL, EMBEDDING, CLASSES, EACH = 20, 6, 3, 4
BATCH = feature_level.batch(visual=VISUAL, classes=CLASSES, each=EACH)
LABELS = BATCH.sketch.labels.tolist()
SMALL = {"dimension": 8, "hidden": 12, "latent": 4, "samples": 3}

SWITCHES: list[dict[str, Any]] = [
    {},
    {"elbo": "sum", "coarse_share": 0.5},
    {"decoder": "coarse"},
    {"decoder": "sketch"},
    {"residual_fine": "coarse"},
    {"residual_fine": "sketch"},
    {"latent_to_fine": True},
    {"joint_regressor": False},
    {"joint_regressor": False, "decoder": "coarse"},
    {"test_condition": "zero"},
    {"true_share": 0.0},
    {"true_share": 1.0},
    {"coarse_target": "centroid"},
    {"coarse_target": "centroid", "decoder": "sketch"},
]
every_switch = pytest.mark.parametrize("changes", SWITCHES, ids=str)


def config(**changes: Any) -> SsgnConfig:  # noqa: ANN401
    return SsgnConfig.parse(problems.method_tree("ssgn") | SMALL | changes, "test", prefix="method")


def build(seed: int = 0, **changes: Any) -> Ssgn:  # noqa: ANN401
    torch.manual_seed(seed)
    return Ssgn(config(**changes), feature_level.problem(visual=VISUAL, embedding=EMBEDDING, classes=CLASSES))


def features(batch: Batch) -> tuple[Tensor, Tensor]:
    assert batch.sketch.features is not None
    assert batch.photo.features is not None
    return batch.sketch.features, batch.photo.features


def in_float64(batch: Batch) -> Batch:
    sketch, photo = features(batch)
    return Batch(replace(batch.sketch, features=sketch.double()), replace(batch.photo, features=photo.double()))


def random(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def array(value: Tensor) -> reference.Array:
    return value.detach().double().numpy()


def layers(network: nn.Module) -> list[tuple[reference.Array, reference.Array]]:
    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    return [(array(layer.weight), array(layer.bias)) for layer in linear]


def widths(network: nn.Module) -> list[tuple[int, int]]:
    return [(layer.in_features, layer.out_features) for layer in network.modules() if isinstance(layer, nn.Linear)]
