"""The run folder: what a run writes down before its first step, and what a resumed run must find unchanged."""

import json
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from inkseek.data.manifest import Manifest
from inkseek.data.splits import ClassSplit
from inkseek.errors import ConfigError, FormatError, ManifestError
from inkseek.training.device import device_name
from inkseek.training.experiment import Experiment, parse_experiment

CONFIG = "config.json"
ENVIRONMENT = "environment.json"
METRICS = "metrics.jsonl"


def check_folder(out: Path, experiment: Experiment, *, resume: bool) -> None:
    """Refuse a folder that a run may not write into; nothing is written.

    Raises:
        ConfigError: `out` holds a run already and `resume` is off, or holds another experiment.
    """
    if not (out / CONFIG).exists():
        return
    if not resume:
        raise ConfigError(f"{out}: holds a run already; continue it with --resume or choose another --out")
    if (out / ENVIRONMENT).exists() and "soup" in read_environment(out):
        raise ConfigError(f"{out}: is a soup of runs, which is not trained further; choose another --out")
    # Read as an experiment: a key that came later has its default, which is how the run was begun.
    if parse_experiment(_read_json(out / CONFIG), str(out / CONFIG)) != experiment:
        raise ConfigError(f"{out}: was begun with other settings; resume with the same ones or choose another --out")


def begin_folder(out: Path, experiment: Experiment, environment: dict[str, Any]) -> None:
    """Write `config.json` and `environment.json`; a resumed run adds its commit to those before it.

    Raises:
        ManifestError: the run was begun on other pictures.
    """
    if (out / ENVIRONMENT).exists():
        before = _read_json(out / ENVIRONMENT)
        if before["manifest"] != environment["manifest"]:
            raise ManifestError(
                f"{out}: was begun on other pictures (manifest {before['manifest'][:12]}, now "
                f"{environment['manifest'][:12]}); give it the same data or choose another --out"
            )
        added = [commit for commit in environment["commits"] if commit not in before["commits"]]
        environment = before | {"commits": before["commits"] + added}
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{out}: cannot be written ({error.strerror}); choose another --out") from None
    _write_json(out / ENVIRONMENT, environment)
    _write_json(out / CONFIG, experiment.tree())


def environment_of(manifest: Manifest, split: ClassSplit, device: torch.device) -> dict[str, Any]:
    """What else a result depends on: commit, versions, device, data, classes."""
    packages = ("inkseek", "torch", "numpy", "onnx")
    return {
        "commits": [source_commit()],
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
        "device": device_name(device),
        "manifest": manifest.hash,
        "pictures": len(manifest.rows),
        "split": {"seen": split.seen, "validation": split.validation, "unseen": split.unseen},
    }


def read_environment(out: Path) -> dict[str, Any]:
    """What `begin_folder` wrote.

    Raises:
        FormatError: it is missing or damaged.
    """
    return _read_json(out / ENVIRONMENT)


def last_figures(out: Path) -> dict[str, dict[str, float]]:
    """The newest record of each validation kind in a run's journal."""
    found: dict[str, dict[str, float]] = {}
    for line in (out / METRICS).read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["kind"] != "step":
            found[record["kind"]] = {key: float(record[key]) for key in ("epoch", "mAP@all", "mAP@25", "P@25")}
    return found


def training_seconds(out: Path) -> float:
    """Time that a run's steps took; of a soup, that of all its runs."""
    ingredients = read_environment(out).get("soup", [])
    records = map(json.loads, (out / METRICS).read_text(encoding="utf-8").splitlines())
    own = sum(float(record["seconds"]) for record in records if record["kind"] == "step")
    return own + sum(float(ingredient["seconds"]) for ingredient in ingredients)


def source_commit() -> str:
    """Commit of the source tree that runs; a package installed without its repository has none."""
    package = Path(__file__).resolve().parents[1]
    command = ["git", "-C", str(package), "describe", "--always", "--dirty", "--abbrev=12"]
    tracked = ["git", "-C", str(package), "ls-files", "--error-unmatch", str(Path(__file__).resolve())]
    try:
        subprocess.run(tracked, capture_output=True, check=True)  # noqa: S603
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return f"inkseek {version('inkseek')}, not from its repository"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        tree: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FormatError(f"{path}: cannot be read ({error.strerror}); give the folder of a run") from None
    except ValueError:
        raise FormatError(f"{path}: damaged; start the run anew in another folder") from None
    return tree


def _write_json(path: Path, tree: dict[str, Any]) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(tree, indent=2) + "\n", encoding="utf-8")
    partial.replace(path)
