"""Our EfficientNet-Lite against logits of the converter's own implementation, and the gate against its equation.

The stored vectors were computed once with the pip package `efficientnet-lite-pytorch` 0.1.0 on the pattern below.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from inkseek.encoders import efficientnet_lite
from inkseek.encoders.efficientnet_lite import EfficientNetLite, load_imagenet
from inkseek.encoders.gate import ConditionalGate
from inkseek.errors import FormatError

SIZES = {"efficientnet-lite0": 224, "efficientnet-lite2": 260}


def pattern(size: int) -> torch.Tensor:
    y, x = np.mgrid[0:size, 0:size] / size
    red = 127.5 * (1 + np.sin(9 * x + 5 * y))
    green = 127.5 * (1 + np.cos(13 * x * y + 2))
    blue = 255 * ((x - 0.5) ** 2 + (y - 0.4) ** 2 < 0.1)
    return torch.from_numpy(np.stack([red, green, blue]).astype(np.float32)[None])


def stored(name: str) -> NDArray[np.float32]:
    with np.load(Path(__file__).with_name("efficientnet_lite_logits.npz"), allow_pickle=False) as file:
        return np.asarray(file[name])


@pytest.mark.parametrize("name", sorted(SIZES))
@pytest.mark.parametrize("gated", [False, True])
@torch.no_grad()
def test_logits_equal_the_stored_vector(name: str, gated: bool) -> None:
    backbone = EfficientNetLite(name, gated=gated).eval()
    classifier = load_imagenet(backbone)
    for modality in (0.0, 1.0):  # untrained gates are the identity
        feature = backbone(pattern(SIZES[name]), torch.tensor([modality]))
        logits = feature @ classifier.weight.T + classifier.bias
        np.testing.assert_allclose(logits[0].numpy(), stored(name), atol=1e-4)


@pytest.mark.parametrize("gated", [False, True])
@torch.no_grad()
def test_stages_are_the_means_of_the_last_maps_and_the_feature(gated: bool) -> None:
    torch.manual_seed(0)
    backbone = EfficientNetLite("efficientnet-lite0", gated=gated).eval()
    maps: list[torch.Tensor] = []
    for block in backbone.blocks:
        block.register_forward_hook(lambda _, __, out: maps.append(out))

    rows = backbone.stages(pattern(64), torch.tensor([1.0]))

    assert [row.shape[1] for row in rows] == list(backbone.stage_dimensions)
    assert backbone.stage_dimensions == (16, 24, 40, 80, 112, 192, 320, 1280)
    last = [0, 2, 4, 7, 10, 14, 15]  # of 1, 2, 2, 3, 3, 4 and 1 blocks
    assert all(torch.equal(row, maps[place].mean((2, 3))) for row, place in zip(rows[:-1], last, strict=True))
    assert torch.equal(rows[-1], backbone(pattern(64), torch.tensor([1.0])))


def test_a_file_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    lite2 = efficientnet_lite.weights_path("efficientnet-lite2")
    monkeypatch.setattr(efficientnet_lite, "weights_path", lambda _: lite2)
    with pytest.raises(FormatError, match="tensors"):
        load_imagenet(EfficientNetLite("efficientnet-lite0"))


def test_a_tensor_of_another_shape_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = efficientnet_lite.weights_path("efficientnet-lite0")
    tensors = torch.load(path, weights_only=True)  # noqa: TID251
    first = next(iter(tensors))
    tensors[first] = tensors[first][:, :, :2]
    torch.save(tensors, tmp_path / "bad.pth")
    monkeypatch.setattr(efficientnet_lite, "weights_path", lambda _: tmp_path / "bad.pth")
    with pytest.raises(FormatError, match="does not fit"):
        load_imagenet(EfficientNetLite("efficientnet-lite0"))


def test_gate_follows_its_equation() -> None:
    torch.manual_seed(0)
    gate = ConditionalGate(8, reduction=2)
    nn.init.normal_(gate.excite.weight)
    x, modality = torch.randn(3, 8, 5, 4), torch.tensor([0.0, 1.0, 1.0])
    out = gate(x, modality).detach().numpy()
    w1, b1 = gate.squeeze.weight.detach().numpy(), gate.squeeze.bias.detach().numpy()
    w2, b2 = gate.excite.weight.detach().numpy(), gate.excite.bias.detach().numpy()
    for i in range(3):
        s = np.array([x[i, c].numpy().mean() for c in range(8)])
        h = np.maximum(w1 @ s + b1, 0)
        g = 2 / (1 + np.exp(-(w2 @ np.append(h, modality[i].item()) + b2)))
        np.testing.assert_allclose(out[i], x[i].numpy() * g[:, None, None], rtol=1e-4, atol=1e-5)


def test_a_trained_gate_hears_the_modality() -> None:
    gate = ConditionalGate(8)
    nn.init.normal_(gate.excite.weight)
    x = torch.randn(1, 8, 4, 4)
    assert not torch.allclose(gate(x, torch.tensor([0.0])), gate(x, torch.tensor([1.0])))
