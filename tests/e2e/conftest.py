"""A data set of simple shapes under real class names, and one short training on it for all tests of the road."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.cli.calling import ROOT, Done, inkseek, inkseek_process

SEEN = ("airplane", "apple", "cat", "piano")
UNSEEN = ("bat", "pear", "window")
EACH = 8
SIZE = 32
STEPS = 3


@dataclass(frozen=True)
class Run:
    """A finished training."""

    folder: Path
    data: Path
    done: Done

    def train(self, out: Path, *more: str) -> Done:
        """Call `inkseek train` as this run was made, into `out`."""
        return train(self.data, out, *more)


def train(
    data: Path, out: Path, *more: str, config: str = "sake-sketchy25", call: Callable[..., Done] = inkseek
) -> Done:
    """Call `inkseek train` with a configuration, made small."""
    settings = {
        "data.root": str(data),
        "data.cache": str(data.parent / "cache"),
        "data.sources": '[{ layout = "folders", path = "." }]',
        "data.training_size": str(SIZE),
        "data.preprocessing.size": str(SIZE),
        "method.dimension": "16",
        "training.epochs": "1",
        "training.precision": "fp32",
        "training.batch.sketches": str(len(SEEN) * (EACH - 5) // STEPS),
        "training.batch.photos": "6",
    }
    options = (word for key, value in settings.items() for word in ("--set", f"{key}={value}"))
    return call("train", ROOT / f"configs/{config}.toml", "--out", out, *options, *more)


def _shape(rng: np.random.Generator, corners: int) -> list[tuple[float, float]]:
    turns = 2 * np.pi * (np.arange(corners) / corners + rng.uniform(-0.02, 0.02, corners)) + rng.uniform(-0.3, 0.3)
    radii = 25 * np.where(np.arange(corners) % 2, 1.0, 0.7) * rng.uniform(0.9, 1.1, corners)
    return [(40 + float(x), 40 + float(y)) for x, y in zip(radii * np.cos(turns), radii * np.sin(turns), strict=True)]


def _draw(folder: Path, corners: int, rng: np.random.Generator) -> None:
    for modality in ("sketch", "photo"):
        (folder.parent / modality / folder.name).mkdir(parents=True)
    for number in range(EACH):
        sketch = Image.new("L", (80, 80), 255)
        ImageDraw.Draw(sketch).polygon(_shape(rng, corners), outline=0, width=2)
        sketch.save(folder.parent / "sketch" / folder.name / f"{number}.png")
        photo = Image.fromarray(rng.integers(0, 90, (80, 80, 3), np.uint8))
        ImageDraw.Draw(photo).polygon(_shape(rng, corners), fill=(250 - 25 * corners, 40 * corners % 256, 180))
        photo.save(folder.parent / "photo" / folder.name / f"{number}.jpg")


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seen and three unseen classes of shapes, a folder of no class, and a photo that is none."""
    root = tmp_path_factory.mktemp("road") / "shapes"
    rng = np.random.default_rng(0)
    for corners, name in enumerate((*SEEN, *UNSEEN, "unicorn"), start=3):
        _draw(root / name, corners, rng)
    (root / "photo" / "bat" / "torn.jpg").write_bytes((root / "photo" / "bat" / "0.jpg").read_bytes()[:400])
    return root


@pytest.fixture(scope="session")
def finished(shapes: Path) -> Run:
    """A run of one epoch, made by a process of its own; read only."""
    folder = shapes.parent / "runs" / "tiny"
    return Run(folder, shapes, train(shapes, folder, "--json", call=inkseek_process))
