"""Small data sets made on the spot."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkseek.pictures.preprocessing import Preprocessing
from tests.data.serving import CONTENT, Site, serve


def write_photo(path: Path, seed: int, size: tuple[int, int] = (40, 30)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def write_sketch(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("L", (40, 40), 255)
    points = np.random.default_rng(seed).integers(2, 38, (5, 2))
    ImageDraw.Draw(image).line([(int(x), int(y)) for x, y in points], fill=0, width=2)
    image.save(path)
    return path


def write_data_set(sketches: Path, photos: Path, classes: tuple[str, ...], count: int, first_seed: int = 0) -> None:
    seed = first_seed
    for name in classes:
        for number in range(count):
            write_sketch(sketches / name / f"{number}.png", seed)
            write_photo(photos / name / f"{number}.jpg", seed)
            seed += 1


def quickdraw_record(word: str, key_id: int, seed: int = 0, *, raw: bool = False) -> dict[str, Any]:
    points = np.random.default_rng((seed, key_id)).integers(0, 256, (2, 4)).tolist()
    stroke = [[value + 0.5 for value in axis] for axis in points] + [[0, 10, 20, 30]] if raw else points
    variant = "raw" if raw else "simplified"
    return {"word": word, "key_id": str(key_id), "recognized": True, "variant": variant, "drawing": [stroke]}


def write_ndjson(path: Path, records: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def refuse(monkeypatch: pytest.MonkeyPatch, method: str, locked: Path) -> None:
    """Let a method of `Path` fail on one path as it does without the right to read; root would have the right."""
    original = getattr(Path, method)

    def guarded(path: Path, *arguments: Any) -> Any:  # noqa: ANN401 - whatever the method gives
        if path == locked:
            raise PermissionError(13, "Permission denied")
        return original(path, *arguments)

    monkeypatch.setattr(Path, method, guarded)


@pytest.fixture
def preprocessing() -> Preprocessing:
    return Preprocessing(size=16, sketch_extent=0.9, stroke_width=0.05)


@pytest.fixture
def two_folders(tmp_path: Path) -> Path:
    """Four classes, seven sketches and seven photos each."""
    root = tmp_path / "set"
    write_data_set(root / "sketch", root / "photo", ("cat", "dog", "bat", "door"), 7)
    return root


@pytest.fixture
def site() -> Iterator[Site]:
    """A server of one file."""
    with serve({"cat.bin": CONTENT}) as found:
        yield found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the tests of downloads put that file."""
    return tmp_path / "out" / "cat.bin"
