"""A tiny encoder and folders of small photos."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkseek.retrieval.embedding import open_or_create_gallery
from inkseek.retrieval.encoder import RetrievalEncoder, load_encoder
from inkseek.retrieval.gallery import Gallery
from tests.tiny_model import write_tiny_model_folder


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder; read only."""
    return write_tiny_model_folder(tmp_path_factory.mktemp("model") / "tiny", seen_classes=("cat", "dog"))


@pytest.fixture(scope="session")
def encoder(tiny_folder: Path) -> RetrievalEncoder:
    """Its encoder."""
    return load_encoder(tiny_folder, threads=1)


def write_photo(path: Path, seed: int, size: tuple[int, int] = (48, 40)) -> Path:
    """Write a photo of large coloured cells, different for every seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    Image.fromarray(cells).resize(size, Image.Resampling.NEAREST).save(path)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of six photos, two of them in a folder of their own."""
    root = tmp_path / "photos"
    for i in range(4):
        write_photo(root / f"{i}.png", i)
    for i in range(4, 6):
        write_photo(root / "trip" / f"{i}.jpg", i)
    return root


@pytest.fixture
def gallery(tmp_path: Path, encoder: RetrievalEncoder) -> Iterator[Gallery]:
    """An empty gallery for the tiny encoder."""
    with open_or_create_gallery(tmp_path / "g", encoder) as opened:
        yield opened
