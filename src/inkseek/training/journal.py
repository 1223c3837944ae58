"""What a run writes down: one JSON line a record, and TensorBoard's curves of the same numbers."""

import json
import time
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
        _trim(self.path, step)
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
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        kept = [line for line in lines if not _is_of(json.loads(line), step, suffix)]
        self.path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")

    def close(self) -> None:
        """Flush the curves."""
        self.board.close()


def _is_of(record: dict[str, Any], step: int, suffix: str) -> bool:
    return bool(record["step"] == step and record["kind"].endswith(suffix))


def _trim(path: Path, step: int) -> None:
    """Drop records after `step`, and a line that a kill left half-written."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if record["step"] <= step:
            kept.append(line + "\n")
    path.write_text("".join(kept), encoding="utf-8")
