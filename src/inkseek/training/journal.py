"""What a run writes down: one JSON line a record, and TensorBoard's curves of the same numbers."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter

from inkseek.training.folder import METRICS


class Journal:
    """Appends to `metrics.jsonl` and to `tensorboard/` of a run folder.

    Args:
        run: the folder.
        step: steps that are done; records of later ones, which a resumed run will do again, are dropped.
    """

    def __init__(self, run: Path, step: int) -> None:
        self.path = run / METRICS
        _keep(self.path, lambda record: record["step"] <= step)
        self.board = SummaryWriter(str(run / "tensorboard"), purge_step=step + 1)

    def write(self, kind: str, epoch: int, step: int, values: dict[str, float], **more: Any) -> None:  # noqa: ANN401
        """Add one record of a kind such as `step` or `validation`."""
        record = {"kind": kind, "epoch": epoch, "step": step, "time": round(time.time(), 3), **more, **values}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        for name, value in values.items():
            self.board.add_scalar(f"{kind}/{name}", value, step)

    def drop(self, step: int, suffix: str) -> None:
        """Drop the records of a step whose kind ends so, which are to be written anew."""
        _keep(self.path, lambda record: not (record["step"] == step and record["kind"].endswith(suffix)))

    def close(self) -> None:
        """Flush the curves."""
        self.board.close()


class SilentJournal:
    """That of the processes that do not write."""

    def write(self, kind: str, epoch: int, step: int, values: dict[str, float]) -> None:
        """Nothing."""

    def drop(self, step: int, suffix: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def _keep(path: Path, wanted: Callable[[dict[str, Any]], bool]) -> None:
    """Drop all other records, and a line that a kill left half-written."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if wanted(record):
            kept.append(line + "\n")
    path.write_text("".join(kept), encoding="utf-8")
