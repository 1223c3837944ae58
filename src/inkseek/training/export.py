"""From a trained method to the model folder: the only thing that leaves training."""

import copy
import warnings
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
import torch
from jaxtyping import Float, UInt8
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from inkseek.methods._base import Method, RetrievalNetwork
from inkseek.pictures.preprocessing import Preprocessing
from inkseek.retrieval.model_folder import FeatureSpec, ModelConfig, NetworkFiles, write_config

ENCODER = "encoder.onnx"
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


def served_encoder(method: Method) -> ServedEncoder:
    """A copy of the method's encoder on the CPU, in eval mode and plain memory order."""
    network = copy.deepcopy(method.retrieval_network()).cpu().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return ServedEncoder(network).eval()


def export_onnx(encoder: ServedEncoder, size: int, path: Path, precision: Literal["float32", "float16"]) -> None:
    """Write the encoder as ONNX with a free batch axis.

    Args:
        encoder: in eval mode.
        size: side of the square pictures, pixels.
        path: file to write.
        precision: "float16" stores large initialisers as float16 with a cast to float32 behind them: half the size,
            arithmetic still in float32.
    """
    pixels = torch.randint(0, 256, (2, size, size, 3), dtype=torch.uint8)
    modality = torch.tensor([0.0, 1.0])
    with warnings.catch_warnings():
        # torch announces its newer exporter; that one needs onnxscript and gains nothing here.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=TracerWarning)
        torch.onnx.export(
            encoder,
            (pixels, modality),
            str(path),
            input_names=["pixels", "modality"],
            output_names=["feature"],
            dynamic_axes={"pixels": {0: "n"}, "modality": {0: "n"}, "feature": {0: "n"}},
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
    """Write `config.json`, `encoder.onnx`, `README.md` and, to train on, `model.safetensors`.

    Args:
        method: trained; only its retrieval network is written.
        folder: empty or new; `replacing` gives one that takes an older folder's place when it is whole.
        name: what results call the model.
        preprocessing: of the pictures it was trained on.
        precision: of the ONNX initialisers.
        card: text of README.md.
        with_weights: also write float32 weights as safetensors.
    """
    encoder = served_encoder(method)
    config = ModelConfig(
        format=1,
        name=name,
        method=method.paper.method,
        backbone=method.backbone_name,
        precision=precision,
        seen_classes=method.class_names,
        preprocessing=preprocessing,
        feature=FeatureSpec(kind="float", dimension=method.dimension),
        networks=NetworkFiles(encoder=ENCODER),
    )
    folder.mkdir(parents=True, exist_ok=True)
    export_onnx(encoder, preprocessing.size, folder / ENCODER, precision)
    if with_weights:
        weights = {key: value.detach().contiguous().clone() for key, value in encoder.network.state_dict().items()}
        save_file(weights, folder / WEIGHTS)
    write_config(folder, config)
    (folder / CARD).write_text(card, encoding="utf-8")
