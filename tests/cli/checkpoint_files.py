"""A weights folder and checkpoints in it, made small."""

import hashlib
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from inkseek.encoders.weights import CHECKPOINTS
from tests.cli.calling import Done, inkseek
from tests.encoders.checkpoints import flat

SHAPES: dict[str, tuple[int, ...]] = {
    "conv1.weight": (4, 3, 7, 7),
    "bn1.running_mean": (4,),
    "fc.weight": (10, 4),
    "fc.bias": (10,),
}
"""In place of ResNet-50's, which would be 100 MB a test; the true ones are in tests/encoders."""
TENSORS = flat(SHAPES)
FILE = CHECKPOINTS["resnet50"].file


def state_dict(tensors: object = TENSORS, *, old: bool = False) -> bytes:
    """A file as `torch.save` writes it; `old`: as it did before PyTorch 1.6, and as two of the public files are."""
    stream = io.BytesIO()
    torch.save(tensors, stream, _use_new_zipfile_serialization=not old)
    return stream.getvalue()


PUBLIC = state_dict()
OTHER = state_dict(flat(SHAPES, 0.25))


def small_weights_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The weights folder, empty; the public checkpoint of ResNet-50 is `PUBLIC`, known by its checksum."""
    checkpoint = replace(CHECKPOINTS["resnet50"], sha256=hashlib.sha256(PUBLIC).hexdigest())
    monkeypatch.setattr("inkseek.training.weights.CHECKPOINTS", {**CHECKPOINTS, "resnet50": checkpoint})
    monkeypatch.setattr("inkseek.training.weights.public_shapes", lambda _: SHAPES)
    monkeypatch.setenv("INKSEEK_WEIGHTS", str(root / "weights"))
    return root / "weights"


def given(folder: Path, content: bytes, name: str = "mine.pth") -> Path:
    """A file beside the weights folder."""
    file = folder.parent / name
    file.write_bytes(content)
    return file


def weights_import(file: Path, *options: str) -> Done:
    """Import a file for ResNet-50."""
    return inkseek("weights", "import", "resnet50", file, *options)


def listed(name: str) -> Any:  # noqa: ANN401 - one backbone of the JSON
    """What the list says of one backbone."""
    (found,) = [tree for tree in inkseek("weights", "list", "--json").json()["backbones"] if tree["backbone"] == name]
    return found
