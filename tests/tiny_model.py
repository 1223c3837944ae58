"""A complete model folder of a few kilobytes: mean colours over a 4 x 4 grid, a fixed matrix, unit length.

Pictures whose grids look alike have features that are alike, so a search has a right answer.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from inkseek.pictures.preprocessing import Preprocessing
from inkseek.retrieval.model_folder import FeatureSpec, ModelConfig, NetworkFiles, write_config

GRID = 4


def write_tiny_model_folder(
    path: Path,
    size: int = 32,
    dimension: int = 16,
    seen_classes: Sequence[str] = (),
    *,
    name: str = "tiny",
    seed: int = 0,
    separate: bool = False,
) -> Path:
    """Write a model folder that obeys the contract of `NetworkFiles`, and return it.

    Args:
        path: folder to make.
        size: side of the pictures it takes, a multiple of 4.
        dimension: length of a feature.
        seen_classes: classes that it says it was trained on.
        name: its name.
        seed: of the fixed matrix; another seed is another encoder.
        separate: `sketch.onnx` and `photo.onnx` in place of `encoder.onnx`.
    """
    path.mkdir(parents=True)
    if separate:
        networks = NetworkFiles(sketch="sketch.onnx", photo="photo.onnx")
        for file, shift in (("sketch.onnx", 0.0), ("photo.onnx", 1.0)):
            onnx.save(tiny_network(size, dimension, seed, fixed_modality=shift), path / file)
    else:
        networks = NetworkFiles(encoder="encoder.onnx")
        onnx.save(tiny_network(size, dimension, seed), path / "encoder.onnx")
    config = ModelConfig(
        format=1,
        name=name,
        method="tiny",
        backbone="grid",
        precision="float32",
        seen_classes=tuple(seen_classes),
        preprocessing=tiny_preprocessing(size),
        feature=FeatureSpec(kind="float", dimension=dimension),
        networks=networks,
    )
    write_config(path, config)
    return path


def tiny_preprocessing(size: int) -> Preprocessing:
    """The preprocessing that the tiny model states."""
    return Preprocessing(size=size, sketch_extent=0.9, stroke_width=0.03)


def tiny_network(
    size: int, dimension: int, seed: int, *, fixed_modality: float | None = None, gain: float = 1.0
) -> onnx.ModelProto:
    """The network as an ONNX graph; `gain` scales the matrix, NaN makes every feature NaN."""
    constants = [
        numpy_helper.from_array(value, key) for key, value in _constants(dimension, seed, gain, fixed_modality).items()
    ]
    cell = size // GRID
    modality = "fixed_modality" if fixed_modality is not None else "modality_column"
    nodes = [
        helper.make_node("Cast", ["pixels"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["planes"], ["grid"], kernel_shape=[cell, cell], strides=[cell, cell]),
        helper.make_node("Flatten", ["grid"], ["flat"]),
        helper.make_node("Sub", ["flat", "middle"], ["centred"]),
        helper.make_node("MatMul", ["centred", "matrix"], ["mixed"]),
        helper.make_node("Mul", [modality, "modality_shift"], ["shift"]),
        helper.make_node("Add", ["mixed", "shift"], ["shifted"]),
        helper.make_node("Add", ["shifted", "bias"], ["raw"]),
        helper.make_node("LpNormalization", ["raw"], ["feature"], axis=1, p=2),
    ]
    inputs = [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", size, size, 3])]
    if fixed_modality is None:
        nodes.insert(0, helper.make_node("Unsqueeze", ["modality", "column"], ["modality_column"]))
        inputs.append(helper.make_tensor_value_info("modality", TensorProto.FLOAT, ["n"]))
    outputs = [helper.make_tensor_value_info("feature", TensorProto.FLOAT, ["n", dimension])]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def _constants(dimension: int, seed: int, gain: float, fixed_modality: float | None) -> dict[str, NDArray[np.generic]]:
    rng = np.random.default_rng(seed)
    cells = 3 * GRID * GRID
    constants: dict[str, NDArray[np.generic]] = {
        "middle": np.full(1, 127.5, np.float32),
        "matrix": (gain * rng.standard_normal((cells, dimension)) / 127.5).astype(np.float32),
        "modality_shift": (0.1 * rng.standard_normal((1, dimension))).astype(np.float32),
        "bias": np.full((1, dimension), 0.01, np.float32),
    }
    if fixed_modality is None:
        constants["column"] = np.array([1], np.int64)
    else:
        constants["fixed_modality"] = np.full((1, 1), fixed_modality, np.float32)
    return constants
