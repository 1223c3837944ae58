"""From a trained method to the model folder: the only thing that leaves training."""

import copy
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from inkseek.methods._base import Method
from inkseek.methods._networks import CoupledNetwork, RetrievalNetwork
from inkseek.pictures.preprocessing import Preprocessing
from inkseek.retrieval.model_folder import FeatureSpec, ModelConfig, NetworkFiles, write_config

ENCODER = "encoder.onnx"
SKETCH_ENCODER = "sketch.onnx"
PHOTO_ENCODER = "photo.onnx"
NETWORKS = (ENCODER, SKETCH_ENCODER, PHOTO_ENCODER)
WEIGHTS = "model.safetensors"
CARD = "README.md"
OPSET = 17
SMALLEST_HALVED = 256  # initialisers with fewer values stay float32: they weigh nothing and include shapes' constants


class ServedEncoder(nn.Module):
    """What ONNX holds: uint8 pixels in, unit feature out, so that nothing of preprocessing is left to the caller."""

    def __init__(self, network: RetrievalNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: UInt8[Tensor, "n h w 3"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n d"]:
        """Unit rows in float32."""
        feature: Tensor = self.network(pixels.permute(0, 3, 1, 2).float(), modality)
        return feature


class ServedBranch(nn.Module):
    """One modality of a coupled network, as ONNX holds it: uint8 pixels in, unit feature out."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: UInt8[Tensor, "n h w 3"]) -> Float[Tensor, "n d"]:
        """Unit rows in float32."""
        return F.normalize(self.network(pixels.permute(0, 3, 1, 2).float()), dim=1)


def served_networks(method: Method) -> tuple[RetrievalNetwork, Mapping[str, nn.Module]]:
    """A copy of the method's encoder on the CPU, in eval mode and plain memory order, and what each file holds."""
    network: RetrievalNetwork = copy.deepcopy(method.retrieval_network()).cpu().eval()
    network = network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    if isinstance(network, CoupledNetwork):
        return network, {
            SKETCH_ENCODER: ServedBranch(network.sketch).eval(),
            PHOTO_ENCODER: ServedBranch(network.photo).eval(),
        }
    return network, {ENCODER: ServedEncoder(network).eval()}


def export_onnx(encoder: nn.Module, size: int, path: Path, precision: Literal["float32", "float16"]) -> None:
    """Write the encoder as ONNX with a free batch axis.

    Args:
        encoder: `ServedEncoder` or `ServedBranch`, in eval mode.
        size: side of the square pictures, pixels.
        path: file to write.
        precision: "float16" stores large initialisers as float16 with a cast to float32 behind them: half the size,
            arithmetic still in float32.
    """
    pixels = torch.randint(0, 256, (2, size, size, 3), dtype=torch.uint8)
    inputs = {"pixels": pixels, "modality": torch.tensor([0.0, 1.0])}
    if isinstance(encoder, ServedBranch):
        del inputs["modality"]
    with warnings.catch_warnings():
        # torch announces its newer exporter; that one needs onnxscript and gains nothing here.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=TracerWarning)
        torch.onnx.export(
            encoder,
            tuple(inputs.values()),
            str(path),
            input_names=list(inputs),
            output_names=["feature"],
            dynamic_axes={name: {0: "n"} for name in (*inputs, "feature")},
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load(str(path))
    if precision == "float16":
        halve_initialisers(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def halve_initialisers(model: onnx.ModelProto) -> None:
    """Store large float32 initialisers as float16 and cast them back where they are used, in place."""
    casts = []
    for initialiser in model.graph.initializer:
        values = numpy_helper.to_array(initialiser)
        if initialiser.data_type != TensorProto.FLOAT or values.size < SMALLEST_HALVED:
            continue
        name = initialiser.name
        initialiser.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)


def write_model_folder(
    method: Method,
    folder: Path,
    *,
    name: str,
    preprocessing: Preprocessing,
    precision: Literal["float32", "float16"],
    card: str,
    with_weights: bool,
) -> None:
    """Write `config.json`, the networks, `README.md` and, to train on, `model.safetensors`.

    One network serves as `encoder.onnx`; coupled ones as `sketch.onnx` and `photo.onnx`.

    Args:
        method: trained; only its retrieval network is written.
        folder: empty or new; `replacing` gives one that takes an older folder's place when it is whole.
        name: what results call the model.
        preprocessing: of the pictures it was trained on.
        precision: of the ONNX initialisers.
        card: text of README.md.
        with_weights: also write float32 weights as safetensors.
    """
    network, served = served_networks(method)
    config = ModelConfig(
        format=1,
        name=name,
        method=method.paper.method,
        backbone=method.backbone_name,
        precision=precision,
        seen_classes=method.class_names,
        preprocessing=preprocessing,
        feature=FeatureSpec(kind="float", dimension=method.dimension),
        networks=NetworkFiles(**{Path(file).stem: file for file in served}),
    )
    folder.mkdir(parents=True, exist_ok=True)
    for file, encoder in served.items():
        export_onnx(encoder, preprocessing.size, folder / file, precision)
    if with_weights:
        weights = {key: value.detach().contiguous().clone() for key, value in network.state_dict().items()}
        save_file(weights, folder / WEIGHTS)
    write_config(folder, config)
    (folder / CARD).write_text(card, encoding="utf-8")
