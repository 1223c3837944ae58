"""What the benchmarks measure on: an encoder of the bundled one's shape, and photos that nobody owns."""

import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

import inkseek
from inkseek.encoders.efficientnet_lite import EfficientNetLite
from inkseek.methods._networks import SharedNetwork
from inkseek.pictures.preprocessing import Preprocessing
from inkseek.retrieval.model_folder import FeatureSpec, ModelConfig, NetworkFiles, write_config
from inkseek.training.export import ServedEncoder, export_onnx


def served_size() -> int:
    """Side of the pictures that the bundled encoder takes; without one, that of the shipped configurations."""
    config = Path(inkseek.__file__).parent / "assets" / "bundled" / "config.json"
    if not config.is_file():
        return 160
    size: int = json.loads(config.read_bytes())["preprocessing"]["size"]
    return size


def fresh_encoder(backbone: str, dimension: int) -> ServedEncoder:
    """An untrained encoder: as fast as a trained one."""
    torch.manual_seed(0)
    features = EfficientNetLite(backbone)
    with torch.no_grad():
        width = features(torch.zeros(1, 3, 64, 64), torch.zeros(1)).shape[1]
    return ServedEncoder(SharedNetwork(features, torch.nn.Linear(width, dimension))).eval()


def write_fresh_folder(encoder: ServedEncoder, folder: Path, backbone: str, size: int, dimension: int) -> Path:
    """Write its model folder with float16 weights, as the bundled one is."""
    folder.mkdir(parents=True)
    export_onnx(encoder, size, folder / "encoder.onnx", "float16")
    config = ModelConfig(
        format=1,
        name="untrained",
        method="none",
        backbone=backbone,
        precision="float16",
        seen_classes=(),
        preprocessing=Preprocessing(size=size),
        feature=FeatureSpec(kind="float", dimension=dimension),
        networks=NetworkFiles(encoder="encoder.onnx"),
    )
    write_config(folder, config)
    return folder


def write_photos(folder: Path, count: int, width: int, height: int) -> Path:
    """Write JPEGs of quality 90 with the spectrum of photos: octaves of noise, amplitude falling as 1/frequency."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    canvas = _noise(rng, width + width // 4, height + height // 4)
    for i in range(count):
        x, y = rng.integers(0, width // 4), rng.integers(0, height // 4)
        crop = canvas[y : y + height, x : x + width]
        crop = crop[:: rng.choice((-1, 1)), :: rng.choice((-1, 1)), rng.permutation(3)]
        Image.fromarray(np.ascontiguousarray(crop)).save(folder / f"{i:05}.jpg", quality=90)
    return folder


def _noise(rng: np.random.Generator, width: int, height: int) -> NDArray[np.uint8]:
    levels = np.zeros((height, width, 3), np.float32)
    cells = 4
    while cells < width:
        for channel in range(3):
            grid = Image.fromarray(rng.standard_normal((max(1, cells * height // width), cells)).astype(np.float32))
            levels[..., channel] += np.asarray(grid.resize((width, height), Image.Resampling.BICUBIC)) / cells
        cells *= 2
    levels -= levels.mean()
    grain = rng.standard_normal((height, width, 1)).astype(np.float32) * 6
    levels = levels * (50 / levels.std()) + 127.5 + grain
    picture: NDArray[np.uint8] = np.clip(levels, 0, 255).astype(np.uint8)
    return picture


def print_result(tree: dict[str, object]) -> None:
    """One JSON document on standard output."""
    print(json.dumps(tree, indent=2))
