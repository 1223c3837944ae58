"""What most calls need: a model folder, photos, a gallery of them, a query and a data set."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.calling import contents, inkseek
from tests.tiny_model import write_tiny_model_folder


@dataclass(frozen=True)
class World:
    """Good input. `model` was trained on cat and bat, and made `gallery`; `data` has two folders."""

    root: Path

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def photos(self) -> Path:
        return self.root / "photos"

    @property
    def gallery(self) -> Path:
        return self.root / "gallery"

    @property
    def query(self) -> Path:
        return self.root / "data/sketch/cow/0.png"

    @property
    def data(self) -> Path:
        return self.root / "data"

    def contents(self) -> dict[str, str]:
        """Hashes of all files; the database is closed, so it is one file."""
        return contents(self.root)


def still_answers(world: World) -> None:
    """A good call still gets its answer."""
    assert len(inkseek("search", world.gallery, world.query, "--json").json()["results"]) == 3


def write_picture(path: Path, seed: int, size: int = 24) -> Path:
    """Write coloured cells, different for every seed; also a fair sketch."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    Image.fromarray(cells).resize((size, size), Image.Resampling.NEAREST).save(path)
    return path


def make_world(root: Path) -> World:
    """Good input under `root`."""
    found = World(root)
    write_tiny_model_folder(found.model, seen_classes=("cat", "bat"))
    places = [f"{modality}/{name}" for name in ("cat", "cow", "pear") for modality in ("sketch", "photo")]
    for number in range(3):
        write_picture(found.photos / f"{number}.png", number)
        for place, name in enumerate(places, start=1):
            write_picture(found.data / name / f"{number}.png", 10 * place + number)
    assert inkseek("index", found.photos, "--gallery", found.gallery, "--model", found.model).code == 0
    return found


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("shared") / "world")


@pytest.fixture
def world(_shared: World) -> Iterator[World]:
    """Good input that must be the same after the test, to the byte."""
    before = _shared.contents()
    yield _shared
    assert _shared.contents() == before


@pytest.fixture
def own(tmp_path: Path) -> World:
    """Good input that the test may change."""
    return make_world(tmp_path / "own")
