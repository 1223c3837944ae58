"""The weights folder: ImageNet weights that no pip package carries, one folder a backbone.

`<backbone>/weights.safetensors` holds the tensors of a public checkpoint under its own names, `<backbone>/source.json`
says what they were made from.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from inkseek.errors import DataError, FormatError

FOLDER_VARIABLE = "INKSEEK_WEIGHTS"
WEIGHTS = "weights.safetensors"
SOURCE = "source.json"
FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """A public file with a backbone's ImageNet weights.

    Attributes:
        file: its name, which ends in the first eight digits of its SHA-256.
        base: address of the folder it lies in.
        sha256: the whole checksum.
        origin: who trained it, and under what name.
        licence: terms, and whose they are.
    """

    file: str
    base: str
    sha256: str
    origin: str
    licence: str


CHECKPOINTS: Mapping[str, Checkpoint] = MappingProxyType(
    {
        "resnet50": Checkpoint(
            "resnet50-0676ba61.pth",
            "https://download.pytorch.org/models",
            "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a",
            "torchvision, ResNet50_Weights.IMAGENET1K_V1",
            "BSD-3-Clause (torchvision); terms of ImageNet may apply",
        ),
        "cse-resnet50": Checkpoint(
            "se_resnet50-ce0d4300.pth",
            "https://github.com/rwightman/pytorch-image-models/releases/download/v0.1-cadene",
            "ce0d430017d3f4aa6b5658c72209f3bfffb060207fd26a2ef0b203ce592eba01",
            "Hu, Shen and Sun, SE-ResNet-50, converted by Cadene's pretrained-models.pytorch; timm's copy",
            "Apache-2.0 (Hu, Shen, Sun); terms of ImageNet may apply",
        ),
        "vgg16": Checkpoint(
            "vgg16-397923af.pth",
            "https://download.pytorch.org/models",
            "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
            "torchvision, VGG16_Weights.IMAGENET1K_V1",
            "BSD-3-Clause (torchvision); terms of ImageNet may apply",
        ),
    }
)
"""By backbone. Names and addresses as torchvision and timm state them, checksums as repositories that pin them do."""


@dataclass(frozen=True)
class Source:
    """What the weights of a backbone were made from.

    Attributes:
        file: name of the file.
        sha256: its checksum, hexadecimal.
        url: where it was fetched from; None for a file of the user's own.
        added: time, UTC, ISO 8601.
    """

    file: str
    sha256: str
    url: str | None
    added: str


def weights_folder() -> Path:
    """`$INKSEEK_WEIGHTS`, else `inkseek/weights` in the user's cache folder: `$XDG_CACHE_HOME`, else `~/.cache`."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # A relative XDG_CACHE_HOME is to be passed over, says the specification.
    return (cache if cache.is_absolute() else Path.home() / ".cache") / "inkseek" / "weights"


def weights_file(name: str, folder: Path | None = None) -> Path:
    """Where the weights of a backbone lie, if they are there.

    Args:
        name: a key of `CHECKPOINTS`.
        folder: the weights folder; `weights_folder()` where None.
    """
    return (weights_folder() if folder is None else folder) / name / WEIGHTS


def read_weights(name: str) -> dict[str, Tensor]:
    """Tensors of a backbone's public checkpoint, under its own names.

    Raises:
        DataError: they are not in the weights folder.
        FormatError: their file is damaged.
    """
    file = weights_file(name)
    if not file.is_file():
        raise DataError(
            f"{name}: its ImageNet weights are not in {file.parent}; fetch them with `inkseek weights get {name}`, or "
            f"obtain {CHECKPOINTS[name].file} and type `inkseek weights import {name} FILE`; {FOLDER_VARIABLE} names "
            f"another folder"
        )
    try:
        tensors: dict[str, Tensor] = load_file(file)
    except (SafetensorError, OSError) as error:
        raise FormatError(f"{file}: cannot be read ({error}); {_again(name)}") from None
    return tensors


def read_source(name: str, folder: Path) -> Source | None:
    """What the weights in a folder were made from; None where there are none.

    Raises:
        FormatError: `source.json` is missing or damaged.
    """
    if not weights_file(name, folder).is_file():
        return None
    file = folder / name / SOURCE
    try:
        tree = json.loads(file.read_text(encoding="utf-8"))
        if tree.pop("format") != FORMAT or tree.pop("backbone") != name:
            raise ValueError
        return Source(**tree)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise FormatError(f"{file}: does not say where the weights are from; {_again(name)}") from None


def _again(name: str) -> str:
    return f"type `inkseek weights get {name} --force`"
