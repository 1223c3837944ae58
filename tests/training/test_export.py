"""What is measured is what is served: the ONNX encoder equals the trained one."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inkseek.errors import FormatError
from inkseek.methods._base import Method
from inkseek.pictures.preprocessing import Preprocessing
from inkseek.retrieval.encoder import RetrievalEncoder, load_encoder
from inkseek.training.export import served_networks, write_model_folder
from tests.contracts import problems

SIZE = 64


@pytest.fixture(scope="module")
def method() -> Method:
    built = problems.build("baseline")
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in built.parameters():  # as if trained: gates have left the identity
            parameter.add_(0.02 * torch.randn_like(parameter) * (parameter.std(unbiased=False) + 0.1))
    return built.eval()


def write(method: Method, folder: Path, precision: Literal["float32", "float16"]) -> Path:
    preprocessing = Preprocessing(size=SIZE, sketch_extent=0.9, stroke_width=0.0125)
    write_model_folder(
        method,
        folder,
        name="parity",
        preprocessing=preprocessing,
        precision=precision,
        card="# parity",
        with_weights=False,
    )
    return folder


def pictures() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    return (
        rng.integers(0, 256, (7, SIZE, SIZE), dtype=np.uint8),
        rng.integers(0, 256, (5, SIZE, SIZE, 3), dtype=np.uint8),
    )


def torch_features(method: Method) -> tuple[NDArray[Any], NDArray[Any]]:
    sketch, photo = pictures()
    encoder = served_networks(method)[1]["encoder.onnx"]
    with torch.no_grad():
        sketches = torch.from_numpy(np.repeat(sketch[..., None], 3, axis=-1))
        return (
            encoder(sketches, torch.zeros(len(sketches))).numpy(),
            encoder(torch.from_numpy(photo), torch.ones(len(photo))).numpy(),
        )


def encoded(encoder: RetrievalEncoder) -> tuple[NDArray[Any], NDArray[Any]]:
    sketch, photo = pictures()
    return encoder.encode_sketch(sketch), encoder.encode_photo(photo)


def test_float32_agrees_with_torch(method: Method, tmp_path: Path) -> None:
    encoder = load_encoder(write(method, tmp_path / "m", "float32"))
    for served, trained in zip(encoded(encoder), torch_features(method), strict=True):
        np.testing.assert_allclose(served, trained, atol=1e-4)


def test_float16_initialisers_keep_the_cosine_at_half_the_size(method: Method, tmp_path: Path) -> None:
    full, half = write(method, tmp_path / "full", "float32"), write(method, tmp_path / "half", "float16")
    for served, trained in zip(encoded(load_encoder(half)), torch_features(method), strict=True):
        assert ((served * trained).sum(axis=1) >= 0.999).all()
    ratio = (half / "encoder.onnx").stat().st_size / (full / "encoder.onnx").stat().st_size
    assert ratio < 0.55


def test_openvino_agrees_with_onnx_runtime(method: Method, tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    folder = write(method, tmp_path / "m", "float32")
    for one, other in zip(
        encoded(load_encoder(folder)), encoded(load_encoder(folder, runtime="openvino")), strict=True
    ):
        assert ((one * other).sum(axis=1) >= 0.995).all()  # openvino may choose bf16 on CPUs that have it


def test_the_modality_reaches_the_served_network(method: Method, tmp_path: Path) -> None:
    encoder = load_encoder(write(method, tmp_path / "m", "float32"))
    sketch, _ = pictures()
    as_photo = encoder.encode_photo(np.repeat(sketch[..., None], 3, axis=-1))
    assert not np.allclose(encoder.encode_sketch(sketch), as_photo, atol=1e-3)


def test_a_changed_network_is_another_fingerprint(method: Method, tmp_path: Path) -> None:
    one = load_encoder(write(method, tmp_path / "a", "float32")).fingerprint
    other = load_encoder(write(method, tmp_path / "b", "float16")).fingerprint
    assert one != other


def test_a_damaged_network_is_refused(method: Method, tmp_path: Path) -> None:
    folder = write(method, tmp_path / "m", "float32")
    network = folder / "encoder.onnx"
    network.write_bytes(network.read_bytes()[:1000])
    with pytest.raises(FormatError, match=r"encoder\.onnx"):
        encoded(load_encoder(folder))
