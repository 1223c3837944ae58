"""Train and measure the rows of a study, and keep its table: an ablation, or methods side by side.

    python scripts/study.py run configs/studies/pcmsn.toml                what is not there yet; resumes
    python scripts/study.py run configs/studies/pcmsn.toml --only full    some rows
    python scripts/study.py run configs/studies/pcmsn.toml --part 1/2     every second row, beside another process
    python scripts/study.py keep configs/studies/pcmsn.toml               the table, into docs/measurements/studies

A study is a TOML file: `title`, `question`, `config` (the experiment of every row), `data` and `split` (what is
measured), `seeds`, `reference` (the row that others are held against), `settings` (of all rows) and `[[rows]]` with
`name`, and where they differ `config`, `settings`, `seeds`; `paper` is the published figure in words. A row with `run`
is measured but not trained: the finished run of that folder; with {seed} in it, one for each seed. A row with `codes`
is measured by binary codes, as `inkseek evaluate --codes` makes them. Runs lie in `runs/studies/STUDY/ROW-sSEED`.
"""

import argparse
import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from inkseek.config import Config, read_toml
from inkseek.evaluation.per_query import PerQuery, load_per_query
from inkseek.evaluation.statistics import paired_bootstrap, seed_interval
from inkseek.training.folder import training_seconds

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "docs" / "measurements" / "studies"
COLUMN = "standard/mAP@all"


class Row(Config):
    """One line of the table."""

    name: str
    config: str | None = None
    settings: tuple[str, ...] = ()
    seeds: tuple[int, ...] | None = None
    run: str | None = None
    codes: str | None = None
    paper: str = ""


class Study(Config):
    """The whole file."""

    title: str
    question: str
    config: str
    data: str
    split: str
    seeds: tuple[int, ...]
    reference: str
    rows: tuple[Row, ...]
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Repeat:
    """One row with one seed: its run folder, and the command that fills it (None for a run that is there already).

    A run that stands for all seeds of its row has none.
    """

    folder: Path
    command: tuple[str, ...] | None
    codes: str | None = None
    seed: int | None = None

    @property
    def measurement(self) -> Path:
        """Where its measurement is kept."""
        return self.folder / ("study" if self.codes is None else f"study-{self.codes}")


def read_study(file: Path) -> Study:
    """The study of a TOML file."""
    return Study.parse(read_toml(file), str(file))


def repeats(study: Study, name: str, row: Row) -> list[Repeat]:
    """The runs of a row."""
    seeds = row.seeds or study.seeds
    if row.run is not None:
        if "{seed}" not in row.run:
            return [Repeat(Path(row.run), None, row.codes)]
        return [Repeat(Path(row.run.replace("{seed}", str(seed))), None, row.codes, seed) for seed in seeds]
    found = []
    for seed in seeds:
        slug = re.sub(r"[^a-z0-9.]+", "-", row.name.lower()).strip("-")
        folder = Path("runs/studies") / name / f"{slug}-s{seed}"
        settings = (*study.settings, *row.settings, f"training.seed={seed}")
        sets = [word for setting in settings for word in ("--set", setting)]
        command = ("inkseek", "train", row.config or study.config, "--out", str(folder), *sets)
        found.append(Repeat(folder, command, row.codes, seed))
    return found


def execute(command: tuple[str, ...]) -> None:
    """Run an inkseek command; show it first."""
    sys.stderr.write(f"$ {shlex.join(command)}\n")
    program = [sys.executable, "-m", "inkseek.cli.main", *command[1:]]
    subprocess.run(program, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command


def run(study: Study, name: str, rows: list[Row], rounds: int | None = None) -> None:
    """Train and measure what is not there yet: every row with its first seed, then every row with its second.

    `rounds` is the number of seeds to stop after; None goes through all.
    """
    for round_ in islice(zip_longest(*(repeats(study, name, row) for row in rows)), rounds):
        for repeat in filter(None, round_):
            if repeat.command and not (repeat.folder / "model" / "config.json").exists():
                begun = (repeat.folder / "config.json").exists()
                execute((*repeat.command, *(("--resume",) if begun else ())))
            if not (repeat.measurement / "evaluation.json").exists():
                execute(measuring(study, repeat))


def part(text: str) -> slice:
    """Rows K, K + N, K + 2N ... of a part "K/N", for argparse."""
    first, parts = map(int, text.split("/"))
    if not 1 <= first <= parts:
        raise ValueError(f"part {text}: K is from 1 to N")
    return slice(first - 1, None, parts)


def natural(text: str) -> int:
    """A number from 1.

    Raises:
        ValueError: another.
    """
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def measuring(study: Study, repeat: Repeat) -> tuple[str, ...]:
    """The command that measures a run."""
    where = ("--data", study.data, "--split", study.split, "--out", str(repeat.measurement))
    codes = () if repeat.codes is None else ("--codes", repeat.codes)
    return ("inkseek", "evaluate", str(repeat.folder), *where, *codes)


def values(folder: Path) -> tuple[PerQuery, NDArray[np.float64]]:
    """Average precision of every query."""
    found = load_per_query(folder / "queries.npz")
    return found, found.values[COLUMN]


def measured(study: Study, name: str, row: Row) -> list[Repeat]:
    """The row's runs that are measured."""
    return [repeat for repeat in repeats(study, name, row) if (repeat.measurement / "evaluation.json").exists()]


def facts(study: Study, name: str, row: Row) -> dict[str, Any]:
    """Everything a table says of a row but how it compares."""
    done = measured(study, name, row)
    if not done:
        return {"name": row.name, "paper": row.paper, "runs": 0}
    scores = [float(values(repeat.measurement)[1].mean()) for repeat in done]
    first = done[0].folder
    environment = json.loads((first / "environment.json").read_text(encoding="utf-8"))
    evaluation = json.loads((done[0].measurement / "evaluation.json").read_text(encoding="utf-8"))
    interval = seed_interval(scores) if len(scores) > 1 else None
    return {
        "name": row.name,
        "paper": row.paper,
        "runs": len(scores),
        "scores": [round(score, 4) for score in scores],
        "mean": round(float(np.mean(scores)), 4),
        "interval": None if interval is None else [round(interval.low, 4), round(interval.high, 4)],
        "dimension": evaluation["feature"]["dimension"],
        "parameters": parameters(first),
        "minutes": round(float(np.mean([training_seconds(repeat.folder) / 60 for repeat in done])), 1),
        "commit": environment["commits"][-1],
        "command": shlex.join(done[0].command) if done[0].command else f"run {first.name}",
        "data": evaluation["data"],
    }


def parameters(run: Path) -> int:
    """Values in the served network's weights."""
    with safe_open(run / "model" / "model.safetensors", framework="numpy") as tensors:
        shapes = [tensors.get_slice(key).get_shape() for key in tensors.keys()]  # noqa: SIM118 - no mapping
    return sum(int(np.prod(shape)) for shape in shapes)


def same_seeds(row: list[Repeat], reference: list[Repeat]) -> list[Repeat]:
    """The reference's repeats with the row's seeds, or all of them where it lacks one."""
    seeds = {repeat.seed for repeat in row}
    found = [repeat for repeat in reference if repeat.seed in seeds]
    return found if len(found) == len(seeds) else reference


def mean_values(repeats: list[Repeat], paths: tuple[str, ...]) -> NDArray[np.float64]:
    """Average precision of every query, in the order of `paths`, as a mean over repeats."""
    columns = []
    for repeat in repeats:
        found, column = values(repeat.measurement)
        place = {path: position for position, path in enumerate(found.paths)}
        columns.append(column[[place[path] for path in paths]])
    mean: NDArray[np.float64] = np.mean(columns, axis=0)
    return mean


def keep(study: Study, name: str) -> None:
    """Write what is known of all rows."""
    reference = next(row for row in study.rows if row.name == study.reference)
    per_query, _ = values(repeats(study, name, reference)[0].measurement)
    _, classes = np.unique(per_query.classes, return_inverse=True)
    of_reference = measured(study, name, reference)
    rows = []
    for row in study.rows:
        found = facts(study, name, row)
        if found["runs"] and row.name != study.reference:
            own = measured(study, name, row)
            pair = [mean_values(each, per_query.paths) for each in (own, same_seeds(own, of_reference))]
            difference = paired_bootstrap(*pair, groups=classes)
            found["difference"] = {
                "mean": round(difference.mean, 4),
                "low": round(difference.low, 4),
                "high": round(difference.high, 4),
                "p_value": round(difference.p_value, 4),
            }
        rows.append(found)
    KEPT.mkdir(parents=True, exist_ok=True)
    tree = {"title": study.title, "question": study.question, "reference": study.reference, "rows": rows}
    (KEPT / f"{name}.json").write_text(json.dumps(tree, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Run or keep a study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["run", "keep"])
    parser.add_argument("study", type=Path)
    parser.add_argument("--only", action="append", default=[], help="Name of a row; repeatable.")
    parser.add_argument("--part", type=part, default="1/1", help="K/N, K from 1 to N: every Nth row from the Kth.")
    parser.add_argument("--rounds", type=natural, help="Stop when every row has this many seeds.")
    arguments = parser.parse_args()
    study = read_study(arguments.study)
    if arguments.verb == "run":
        if unknown := set(arguments.only) - {row.name for row in study.rows}:
            parser.error(f"--only: {arguments.study} has no row {', '.join(sorted(unknown))}")
        rows = [row for row in study.rows if row.name in (arguments.only or [row.name])]
        run(study, arguments.study.stem, rows[arguments.part], arguments.rounds)
    else:
        keep(study, arguments.study.stem)


if __name__ == "__main__":
    main()
