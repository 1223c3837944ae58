"""ResNet-50, CSE-ResNet-50 and VGG-16: public names, the forward pass against NumPy, gates, strict loading."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from onnxruntime import InferenceSession  # type: ignore[import-untyped]
from torch import Tensor, nn

from inkseek.encoders.backbone import Backbone, ImageNetClassifier
from inkseek.encoders.build import build_backbone, public_shapes
from inkseek.encoders.gate import ConditionalGate
from inkseek.encoders.public import PublicBackbone
from inkseek.encoders.se_resnet import ConditionalSE
from inkseek.encoders.vgg import adaptive_mean
from inkseek.errors import ConfigError, FormatError
from inkseek.training.export import ServedBranch, export_onnx
from tests.encoders.checkpoints import flat_checkpoint, random_checkpoint
from tests.reference import networks_reference as reference

PUBLIC = ("resnet50", "cse-resnet50", "vgg16")
REFERENCES: dict[str, Callable[..., list[reference.Array]]] = {
    "resnet50": reference.resnet50,
    "cse-resnet50": reference.se_resnet50,
    "vgg16": reference.vgg16,
}
# Of the whole checkpoint: as torchvision's metadata and timm's tables of results state them.
PARAMETERS = {"resnet50": 25_557_032, "cse-resnet50": 28_088_024, "vgg16": 138_357_544}
BIT_COLUMNS = 15_104  # dsn.md section 2.2


def on_meta(name: str, *, gated: bool = False) -> Backbone:
    """Shapes alone."""
    with torch.device("meta"):
        return build_backbone(name, gated=gated)


def convolutions(backbone: Backbone) -> int:
    return sum(isinstance(module, nn.Conv2d) for module in backbone.modules())


@dataclass(frozen=True)
class Loaded:
    """A backbone with random weights under their public names."""

    backbone: PublicBackbone
    tensors: dict[str, Tensor]
    classifier: ImageNetClassifier


@pytest.fixture(scope="module", params=PUBLIC)
def loaded(request: pytest.FixtureRequest) -> Loaded:
    backbone = build_backbone(request.param, gated=True)
    assert isinstance(backbone, PublicBackbone)
    tensors = random_checkpoint(request.param)
    return Loaded(backbone.eval(), tensors, backbone.load_public(tensors, "random.pth"))


def pictures() -> Tensor:
    return 255 * torch.rand((1, 3, 33, 44), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.parametrize("gated", [False, True])
def test_shapes(name: str, gated: bool) -> None:
    backbone = on_meta(name, gated=gated)
    rows = backbone.stages(torch.empty(2, 3, 64, 64, device="meta"), torch.empty(2, device="meta"))
    assert backbone.name == name
    assert tuple(row.shape for row in rows) == tuple((2, width) for width in backbone.stage_dimensions)
    assert backbone.stage_dimensions[-1] == backbone.dimension


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"'resnet51' is none of efficientnet-lite0, .*vgg16"):
        build_backbone("resnet51")


@pytest.mark.parametrize("name", PUBLIC)
def test_the_checkpoint_has_as_many_parameters_as_the_public_one(name: str) -> None:
    shapes = public_shapes(name)
    count = sum(int(np.prod(shape)) for key, shape in shapes.items() if ".running_" not in f".{key}")
    assert count == PARAMETERS[name]


def test_resnet50_has_53_convolutions_and_batch_norms() -> None:
    """One in the stem, 48 in bottlenecks, four in shortcuts, none with a bias: tcn.md section 3.1."""
    for name in ("resnet50", "cse-resnet50"):
        backbone = on_meta(name)
        assert convolutions(backbone) == 53
        assert sum(isinstance(module, nn.BatchNorm2d) for module in backbone.modules()) == 53
        assert not any(isinstance(module, nn.Conv2d) and module.bias is not None for module in backbone.modules())
    assert convolutions(on_meta("vgg16")) == 13


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "resnet50",
            {
                "conv1.weight": (64, 3, 7, 7),
                "bn1.running_var": (64,),
                "layer1.0.downsample.0.weight": (256, 64, 1, 1),
                "layer1.0.downsample.1.running_mean": (256,),
                "layer3.5.conv2.weight": (256, 256, 3, 3),
                "layer4.0.conv1.weight": (512, 1024, 1, 1),
                "fc.weight": (1000, 2048),
                "fc.bias": (1000,),
            },
        ),
        (
            "cse-resnet50",
            {
                "layer0.conv1.weight": (64, 3, 7, 7),
                "layer0.bn1.bias": (64,),
                "layer1.0.se_module.fc1.weight": (16, 256, 1, 1),
                "layer1.0.se_module.fc1.bias": (16,),
                "layer4.2.se_module.fc2.weight": (2048, 128, 1, 1),
                "layer2.0.downsample.0.weight": (512, 256, 1, 1),
                "last_linear.weight": (1000, 2048),
            },
        ),
        (
            "vgg16",
            {
                "features.0.weight": (64, 3, 3, 3),
                "features.28.bias": (512,),
                "classifier.0.weight": (4096, 25088),
                "classifier.3.bias": (4096,),
                "classifier.6.weight": (1000, 4096),
            },
        ),
    ],
)
def test_public_names(name: str, expected: dict[str, tuple[int, ...]]) -> None:
    shapes = public_shapes(name)
    assert {key: shapes.get(key) for key in expected} == expected
    assert len(shapes) == {"resnet50": 267, "cse-resnet50": 331, "vgg16": 32}[name]


@torch.no_grad()
def test_the_forward_pass_equals_numpy(loaded: Loaded) -> None:
    """An odd size: the stem's pooling with a border and the one that rounds up see other windows."""
    name, tensors = loaded.backbone.name, {key: value.numpy() for key, value in loaded.tensors.items()}
    expected = REFERENCES[name](pictures()[0].double().numpy(), tensors)
    found = loaded.backbone.stages(pictures(), torch.zeros(1))
    for row, wanted in zip(found, expected, strict=False):
        np.testing.assert_allclose(row[0].numpy(), wanted, rtol=1e-3, atol=1e-4 * float(np.abs(wanted).max()))
    assert torch.equal(loaded.backbone(pictures(), torch.zeros(1)), found[-1])
    if name != "vgg16":
        assert torch.equal(found[-1], found[-2])


@torch.no_grad()
def test_flipping_the_modality_changes_nothing_at_the_start(loaded: Loaded) -> None:
    sketch, photo = (loaded.backbone.stages(pictures(), torch.tensor([modality])) for modality in (0.0, 1.0))
    assert all(torch.equal(row, other) for row, other in zip(sketch, photo, strict=True))
    assert float(sketch[-1].std()) > 0.01


def gates_of(backbone: Backbone) -> list[nn.Module]:
    return [module for module in backbone.modules() if isinstance(module, ConditionalGate | ConditionalSE)]


@torch.no_grad()
def test_every_gate_hears_the_modality(loaded: Loaded) -> None:
    gates = gates_of(loaded.backbone)
    assert len(gates) == (5 if loaded.backbone.name == "vgg16" else 16)
    before = loaded.backbone(pictures(), torch.ones(1))
    for gate in (gates[0], gates[-1]):
        excite = gate.excite if isinstance(gate, ConditionalGate) else gate.fc2
        assert isinstance(excite, nn.Linear)
        excite.weight[:, -1] = 1
        assert not torch.allclose(loaded.backbone(pictures(), torch.ones(1)), before)
        torch.testing.assert_close(loaded.backbone(pictures(), torch.zeros(1)), before, rtol=0, atol=0)
        excite.weight[:, -1] = 0


def test_without_gates_there_are_none_and_cse_always_has_its_own() -> None:
    assert [len(gates_of(on_meta(name))) for name in PUBLIC] == [0, 16, 0]


@torch.no_grad()
def test_loading_copies_the_gates_of_se_and_adds_a_column_of_zeros(loaded: Loaded) -> None:
    state, tensors = loaded.backbone.state_dict(), loaded.tensors
    if loaded.backbone.name == "cse-resnet50":
        squeeze, excite = (f"layer3.1.se_module.fc{number}.weight" for number in (1, 2))
        assert torch.equal(state[squeeze], tensors[squeeze].flatten(1))
        assert torch.equal(state[excite][:, :-1], tensors[excite].flatten(1))
        columns = [value[:, -1] for key, value in state.items() if key.endswith("se_module.fc2.weight")]
        assert sum(len(column) for column in columns) == BIT_COLUMNS
        assert not any(bool(column.any()) for column in columns)
    classifier = loaded.backbone.classifier_name
    assert torch.equal(loaded.classifier.weight, tensors[f"{classifier}.weight"])
    assert torch.equal(loaded.classifier.bias, tensors[f"{classifier}.bias"])


def test_the_papers_gate_follows_its_equation() -> None:
    torch.manual_seed(0)
    gate = ConditionalSE(32)
    nn.init.normal_(gate.fc2.weight)
    x, modality = torch.randn(3, 32, 5, 4), torch.tensor([0.0, 1.0, 1.0])
    out = gate(x, modality).detach().numpy()
    (w1, b1), (w2, b2) = (
        (layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in (gate.fc1, gate.fc2)
    )
    for i in range(3):
        s = np.array([x[i, c].numpy().mean() for c in range(32)])
        hidden = np.maximum(w1 @ s + b1, 0)
        g = 1 / (1 + np.exp(-(w2 @ np.append(hidden, modality[i].item()) + b2)))
        np.testing.assert_allclose(out[i], x[i].numpy() * g[:, None, None], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("side", [(1, 2), (3, 4), (7, 7), (8, 7), (9, 14), (10, 20)])
def test_pooling_to_cells_is_adaptive_average_pooling(side: tuple[int, int]) -> None:
    x = torch.randn(2, 3, *side)
    found = adaptive_mean(x, 7)
    torch.testing.assert_close(found, F.adaptive_avg_pool2d(x, 7))
    np.testing.assert_allclose(found[1].numpy(), reference.adaptive_mean(x[1].double().numpy(), 7), atol=1e-5)


class Pooled(nn.Module):
    """What of the two networks ONNX is particular about: sizes rounded up, and cells of unequal sides."""

    def forward(self, pixels: Tensor) -> Tensor:
        """One row a picture."""
        return adaptive_mean(F.max_pool2d(pixels, 3, 2, ceil_mode=True), 7).flatten(1)


def test_pooling_is_served_as_it_is_trained(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3), dtype=np.uint8)
    encoder = ServedBranch(Pooled()).eval()
    export_onnx(encoder, 40, tmp_path / "pooled.onnx", "float32")
    (served,) = InferenceSession(tmp_path / "pooled.onnx").run(None, {"pixels": pixels})
    np.testing.assert_allclose(served, encoder(torch.from_numpy(pixels)).numpy(), atol=1e-6)


@pytest.fixture(scope="module")
def small() -> PublicBackbone:
    backbone = build_backbone("resnet50", gated=True)
    assert isinstance(backbone, PublicBackbone)
    return backbone


def state_of(backbone: Backbone) -> dict[str, NDArray[np.float32]]:
    return {key: value.numpy().copy() for key, value in backbone.state_dict().items() if value.numel() < 100}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"conv1.weight": None}, r"1 missing: conv1.weight; give"),
        ({"fc.bias": None, "fc.weight": None}, r"2 missing: fc.bias, fc.weight;"),
        ({"extra": torch.zeros(1)}, r"1 unexpected: extra;"),
        ({"module.conv1.weight": torch.zeros(1)}, r"1 unexpected: module.conv1.weight;"),
        ({"conv2.num_batches_tracked": torch.tensor(1)}, r"1 unexpected: conv2.num_batches_tracked;"),
        ({"bn1.bias": torch.zeros(63)}, r"bn1.bias float32 \(63,\) instead of float32 \(64,\);"),
        ({"bn1.bias": torch.zeros(64).half()}, r"bn1.bias float16 \(64,\) instead of float32 \(64,\);"),
        ({"fc.weight": torch.zeros(10, 2048)}, r"fc.weight float32 \(10, 2048\) instead of float32 \(1000, 2048\);"),
        (
            {f"layer1.0.bn{n}.{part}": None for n in (1, 2) for part in ("bias", "weight")},
            r"4 missing: layer1.0.bn1.bias, layer1.0.bn1.weight, layer1.0.bn2.bias, \.\.\.;",
        ),
        ({"bn1.bias": None, "beta": torch.zeros(1)}, r"tensors 1 missing: bn1.bias; 1 unexpected: beta;"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused_and_nothing_is_loaded(
    small: PublicBackbone, change: dict[str, Tensor | None], fault: str
) -> None:
    tensors = {key: value for key, value in {**flat_checkpoint("resnet50"), **change}.items() if value is not None}
    before = state_of(small)
    with pytest.raises(FormatError, match=rf"^file.pth: does not fit resnet50; .*{fault}"):
        small.load_public(tensors, "file.pth")
    after = state_of(small)
    assert all(np.array_equal(before[key], after[key]) for key in before)


def test_counters_of_batches_may_be_there(small: PublicBackbone) -> None:
    small.load_public({**flat_checkpoint("resnet50", 0.25), "bn1.num_batches_tracked": torch.tensor(7)}, "file.pth")
    state = small.state_dict()
    assert float(state["layer2.3.bn1.running_var"][5]) == 0.25
    assert int(state["bn1.num_batches_tracked"]) == 0


def test_inserted_gates_stay_as_they_are(small: PublicBackbone) -> None:
    before = [parameter.clone() for gate in gates_of(small) for parameter in gate.parameters()]
    small.load_public(flat_checkpoint("resnet50"), "file.pth")
    after = [parameter for gate in gates_of(small) for parameter in gate.parameters()]
    assert len(before) == 4 * 16
    assert all(torch.equal(old, new) for old, new in zip(before, after, strict=True))
