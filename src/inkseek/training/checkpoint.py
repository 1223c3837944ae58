"""A run's state on disk: safetensors and JSON, written to a sibling folder and renamed, so it is whole or absent."""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from inkseek.errors import FormatError
from inkseek.training.average import WeightAverage

FORMAT = 1


@dataclass(frozen=True)
class Position:
    """Where a run stands: `epoch` and `step` inside it are the next to do."""

    epoch: int
    step: int


def save_checkpoint(
    folder: Path,
    method: nn.Module,
    optimisers: Mapping[str, Optimizer],
    average: WeightAverage,
    position: Position,
) -> None:
    """Write weights, average, optimiser state and position; nothing random needs saving, see `batches`."""
    tensors = {f"method.{key}": value for key, value in method.state_dict().items()}
    tensors |= {f"average.{key}": value for key, value in average.state.items()}
    for name, optimiser in optimisers.items():
        tensors |= {f"optimiser.{name}.{key}": value for key, value in _optimiser_tensors(optimiser)}
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    # A copy each: safetensors refuses tensors that share memory.
    plain = {key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()}
    save_file(plain, partial / "state.safetensors")
    state = {"format": FORMAT, "average_updates": average.updates, **asdict(position)}
    (partial / "state.json").write_text(json.dumps(state), encoding="utf-8")
    replace_folder(partial, folder)


def replace_folder(new: Path, target: Path) -> None:
    """Rename `new` to `target`; an older `target` stays until the new one is complete."""
    old = _older(target)
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def has_checkpoint(folder: Path) -> bool:
    """Whether there is a checkpoint, or the one before it where a kill came between two renames."""
    return folder.exists() or _older(folder).exists()


def _older(folder: Path) -> Path:
    return folder.with_name(folder.name + ".old")


def load_checkpoint(
    folder: Path,
    method: nn.Module,
    optimisers: Mapping[str, Optimizer],
    average: WeightAverage,
) -> Position:
    """Restore everything, strictly.

    Raises:
        FormatError: the folder is damaged, of another format or of another method.
    """
    folder = folder if folder.exists() else _older(folder)
    try:
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        tensors = load_file(folder / "state.safetensors")
    except (OSError, ValueError, SafetensorError) as error:
        raise FormatError(f"{folder}: damaged checkpoint ({error}); start the run anew in another folder") from None
    if state.get("format") != FORMAT:
        raise FormatError(f"{folder}: checkpoint format {state.get('format')}, this version reads {FORMAT}")
    try:
        method.load_state_dict(_under("method", tensors), strict=True)
        stored_average = _under("average", tensors)
        for key, value in average.state.items():
            value.copy_(stored_average[key])
        for name, optimiser in optimisers.items():
            _restore_optimiser(optimiser, _under(f"optimiser.{name}", tensors))
        average.updates = state["average_updates"]
        position = Position(state["epoch"], state["step"])
    except (RuntimeError, KeyError) as error:
        raise FormatError(
            f"{folder}: checkpoint of another method or setting ({error}); start the run anew in another folder"
        ) from None
    return position


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {key[len(prefix) + 1 :]: value for key, value in tensors.items() if key.startswith(prefix + ".")}


def _optimiser_tensors(optimiser: Optimizer) -> Iterator[tuple[str, Tensor]]:
    for index, slots in optimiser.state_dict()["state"].items():
        for slot, value in slots.items():
            if isinstance(value, Tensor):
                yield f"{index}.{slot}", value


def _restore_optimiser(optimiser: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    state: dict[int, dict[str, Any]] = {}
    for key, value in tensors.items():
        index, slot = key.split(".", 1)
        state.setdefault(int(index), {})[slot] = value
    with torch.no_grad():
        optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
