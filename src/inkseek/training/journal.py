"""What a run writes down: one JSON line a record, and TensorBoard's curves of the same numbers."""

import json
import time
from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter


class Journal:
    """Appends to `metrics.jsonl` and to `tensorboard/` of a run folder."""

    def __init__(self, run: Path) -> None:
        self.path = run / "metrics.jsonl"
        self.board = SummaryWriter(str(run / "tensorboard"))

    def write(self, kind: str, epoch: int, step: int, values: dict[str, float], **more: Any) -> None:  # noqa: ANN401
        """Add one record of a kind such as `step` or `validation`."""
        record = {"kind": kind, "epoch": epoch, "step": step, "time": round(time.time(), 3), **more, **values}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        for name, value in values.items():
            self.board.add_scalar(f"{kind}/{name}", value, step)

    def close(self) -> None:
        """Flush the curves."""
        self.board.close()


def trim_journal(run: Path, step: int) -> None:
    """Drop records of steps that a resumed run will do again."""
    path = run / "metrics.jsonl"
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if json.loads(line)["step"] <= step]
    path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
