import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from inkseek.errors import ConfigError, FormatError, MissingExtraError
from inkseek.retrieval.encoder import RetrievalEncoder, load_encoder
from tests.tiny_model import tiny_network, write_tiny_model_folder


def pixels(count: int, *shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(count).integers(0, 256, (count, *shape), np.uint8)


def test_features_are_unit_rows(encoder: RetrievalEncoder) -> None:
    sketches, photos = encoder.encode_sketch(pixels(3, 32, 32)), encoder.encode_photo(pixels(5, 32, 32, 3))
    assert sketches.shape == (3, 16)
    assert photos.shape == (5, 16)
    assert sketches.dtype == photos.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(np.concatenate([sketches, photos]), axis=1), 1, atol=1e-6)


def test_the_tiny_model_computes_what_it_says(encoder: RetrievalEncoder) -> None:
    """Grid means times matrix, plus modality and bias, to unit length: computed here in float64."""
    photo = pixels(1, 32, 32, 3)
    network = onnx.load(encoder.folder.path / "encoder.onnx")
    value = {one.name: onnx.numpy_helper.to_array(one).astype(np.float64) for one in network.graph.initializer}
    grid = photo[0].astype(np.float64).reshape(4, 8, 4, 8, 3).mean(axis=(1, 3))
    flat = grid.transpose(2, 0, 1).reshape(1, -1)
    raw = (flat - 127.5) @ value["matrix"] + value["modality_shift"] + value["bias"]
    np.testing.assert_allclose(encoder.encode_photo(photo), raw / np.linalg.norm(raw), atol=1e-5)


def test_a_sketch_is_told_from_a_photo(encoder: RetrievalEncoder) -> None:
    grey = pixels(1, 32, 32)
    photo = np.repeat(grey[..., None], 3, axis=3)
    assert np.abs(encoder.encode_sketch(grey) - encoder.encode_photo(photo)).max() > 1e-3


def test_more_pictures_than_a_batch_are_as_one_by_one(encoder: RetrievalEncoder) -> None:
    many = pixels(70, 32, 32, 3)
    singly = np.concatenate([encoder.encode_photo(one[None]) for one in many])
    np.testing.assert_allclose(encoder.encode_photo(many), singly, atol=1e-6)
    assert encoder.encode_photo(many[:0]).shape == (0, 16)


def test_two_networks_are_as_one(tmp_path: Path, encoder: RetrievalEncoder) -> None:
    two = load_encoder(write_tiny_model_folder(tmp_path / "two", separate=True), threads=1)
    np.testing.assert_allclose(
        two.encode_sketch(pixels(3, 32, 32)), encoder.encode_sketch(pixels(3, 32, 32)), atol=1e-6
    )
    np.testing.assert_allclose(
        two.encode_photo(pixels(3, 32, 32, 3)), encoder.encode_photo(pixels(3, 32, 32, 3)), atol=1e-6
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_openvino_agrees(tiny_folder: Path, encoder: RetrievalEncoder) -> None:
    pytest.importorskip("openvino")
    other = load_encoder(tiny_folder, "openvino", threads=1).for_workers(2)
    assert other.runtime == "openvino"
    photos = pixels(40, 4, 4, 3).repeat(8, axis=1).repeat(8, axis=2)
    ours, theirs = encoder.encode_photo(photos), other.encode_photo(photos)
    assert (ours * theirs).sum(axis=1).min() > 0.999


def test_a_missing_runtime_names_its_extra(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    with pytest.raises(MissingExtraError, match=r"extra `openvino`: pip install '\.\[openvino\]' in its folder"):
        load_encoder(tiny_folder, "openvino").open()


def test_an_unknown_runtime_is_one_sentence(tiny_folder: Path) -> None:
    with pytest.raises(ConfigError, match="choose onnxruntime or openvino"):
        load_encoder(tiny_folder, "tensorrt").open()


@pytest.mark.parametrize("shape", [(2, 31, 32), (2, 32, 32, 1), (32, 32)])
def test_pixels_of_another_shape_are_refused(encoder: RetrievalEncoder, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="pixels must be uint8"):
        encoder.encode_sketch(np.zeros(shape, np.uint8))


def test_pixels_of_another_type_are_refused(encoder: RetrievalEncoder) -> None:
    with pytest.raises(ValueError, match="pixels must be uint8"):
        encoder.encode_photo(np.zeros((1, 32, 32, 3), np.float32))


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("damage", ["empty", "half", "text"])
def test_a_damaged_network_is_one_sentence(tmp_path: Path, tiny_folder: Path, runtime: str, damage: str) -> None:
    pytest.importorskip(runtime)
    copy = shutil.copytree(tiny_folder, tmp_path / "copy")
    path = copy / "encoder.onnx"
    data = path.read_bytes()
    path.write_bytes({"empty": b"", "half": data[: len(data) // 2], "text": b"no network" * 50}[damage])
    with pytest.raises(FormatError, match=r"encoder\.onnx: not a readable ONNX network|has no output"):
        load_encoder(copy, runtime).open()


def test_a_network_that_gives_nan_is_one_sentence(tmp_path: Path, tiny_folder: Path) -> None:
    copy = shutil.copytree(tiny_folder, tmp_path / "copy")
    onnx.save(tiny_network(32, 16, 0, gain=float("nan")), copy / "encoder.onnx")
    with pytest.raises(FormatError, match="not finite"):
        load_encoder(copy).encode_sketch(pixels(1, 32, 32))


def test_a_network_of_another_dimension_is_one_sentence(tmp_path: Path, tiny_folder: Path) -> None:
    copy = shutil.copytree(tiny_folder, tmp_path / "copy")
    onnx.save(tiny_network(32, 8, 0), copy / "encoder.onnx")
    with pytest.raises(FormatError, match=r"gives 8 values a picture, config\.json says 16"):
        load_encoder(copy).open()


def test_a_network_with_other_inputs_is_one_sentence(tmp_path: Path, tiny_folder: Path) -> None:
    copy = shutil.copytree(tiny_folder, tmp_path / "copy")
    network = tiny_network(32, 16, 0)
    network.graph.input.append(helper.make_tensor_value_info("mood", TensorProto.FLOAT, ["n"]))
    onnx.save(network, copy / "encoder.onnx")
    with pytest.raises(FormatError, match=r"inputs are .*'mood'.*, known are \['modality', 'pixels'\]"):
        load_encoder(copy).open()


def test_a_network_may_treat_both_modalities_alike(tmp_path: Path, tiny_folder: Path) -> None:
    copy = shutil.copytree(tiny_folder, tmp_path / "copy")
    onnx.save(tiny_network(32, 16, 0, fixed_modality=1.0), copy / "encoder.onnx")
    alike, grey = load_encoder(copy), pixels(1, 32, 32)
    photo = np.repeat(grey[..., None], 3, axis=3)
    np.testing.assert_array_equal(alike.encode_sketch(grey), alike.encode_photo(photo))


def test_a_network_without_our_output_is_one_sentence(tmp_path: Path, tiny_folder: Path) -> None:
    copy = shutil.copytree(tiny_folder, tmp_path / "copy")
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "other", [value], [result])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, copy / "encoder.onnx")
    with pytest.raises(FormatError, match="has no output 'feature'"):
        load_encoder(copy).open()
