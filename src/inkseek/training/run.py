"""A run: one training, one folder. `config.json`, `environment.json`, `metrics.jsonl`, `checkpoint/`, `model/`."""

import json
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch

from inkseek.data.cache import CachePair, build_evaluation_caches, build_training_caches
from inkseek.data.manifest import Manifest
from inkseek.data.report import ReadReport
from inkseek.data.semantics import imagenet_relation
from inkseek.data.sources import read_sources
from inkseek.data.splits import ClassSplit, named_split, with_pseudo_unseen
from inkseek.data.views import TrainingData, held_out_view, training_view, validation_view
from inkseek.errors import ConfigError
from inkseek.methods._base import Method, Semantics, TrainingProblem
from inkseek.registry import method_class
from inkseek.training.batches import LabelledPixels, TrainingPixels
from inkseek.training.card import model_card
from inkseek.training.device import choose_device, device_name
from inkseek.training.experiment import Experiment
from inkseek.training.export import write_model_folder
from inkseek.training.journal import Journal, trim_journal
from inkseek.training.loop import StepRecord, Trainer
from inkseek.training.validation import validate


@runtime_checkable
class Watcher(Protocol):
    """Whoever shows a run's progress."""

    def message(self, text: str) -> None:
        """One line of news."""

    def step(self, record: StepRecord, total_steps: int) -> None:
        """A step is done."""

    def decoding(self, done: int, total: int) -> None:
        """Pictures decoded into the cache."""


@dataclass(frozen=True)
class RunData:
    """Everything a run looks at, decoded."""

    training: TrainingData
    pixels: TrainingPixels
    validation: dict[str, CachePair]  # name -> queries and gallery, of seen classes only
    report: ReadReport


def run_split(experiment: Experiment) -> ClassSplit:
    """The experiment's split, with pseudo-unseen classes taken out of the seen ones."""
    data = experiment.data
    return with_pseudo_unseen(named_split(data.split), data.pseudo_unseen, data.pseudo_unseen_seed)


def prepare_data(experiment: Experiment, watcher: Watcher) -> RunData:
    """Read sources, keep everything but seen classes away, decode."""
    config = experiment.data
    split = run_split(experiment)
    manifests, report = read_sources(config.sources, Path(config.root), split.class_names)
    training = training_view(manifests, split)
    cache = Path(config.cache)
    trained = config.preprocessing.model_copy(update={"size": config.training_size})
    pair = build_training_caches(training, trained, cache, watcher.decoding)
    views = {"held_out": held_out_view(training)}
    if split.validation:
        views["pseudo_unseen"] = validation_view(manifests[0], split)
    caches = {
        name: build_evaluation_caches(view, config.preprocessing, cache, watcher.decoding)
        for name, view in views.items()
    }
    pixels = TrainingPixels(
        LabelledPixels(pair.sketch.pixels, pair.sketch.labels(training.class_names)),
        LabelledPixels(pair.photo.pixels, pair.photo.labels(training.class_names)),
    )
    return RunData(training, pixels, caches, report.merge([training.report, pair.report]))


def build_method(experiment: Experiment, class_names: tuple[str, ...]) -> Method:
    """The method, its random start fixed by the seed."""
    torch.manual_seed(experiment.training.seed)
    semantics = Semantics(torch.from_numpy(imagenet_relation(class_names)))
    return method_class(experiment.method.name)(experiment.method, TrainingProblem(class_names, semantics))


def train(experiment: Experiment, out: Path, watcher: Watcher, *, resume: bool = False) -> Path:
    """Train and write a run folder; returns its model folder.

    Raises:
        ConfigError: `out` holds a run already and `resume` is off, or holds another experiment.
    """
    _claim(out, experiment, resume)
    data = prepare_data(experiment, watcher)
    watcher.message(
        f"{len(data.pixels.sketch.labels)} sketches and {len(data.pixels.photo.labels)} photos "
        f"of {len(data.training.class_names)} seen classes"
    )
    (out / "data-report.json").write_text(data.report.to_json(), encoding="utf-8")
    device = choose_device()
    method = build_method(experiment, data.training.class_names)
    trainer = Trainer(method, data.pixels, experiment.training, device)
    checkpoint = out / "checkpoint"
    if resume and checkpoint.exists():
        trainer.resume(checkpoint)
        trim_journal(out, trainer.global_step)
    _write_json(out / "environment.json", environment(data.training.manifest, run_split(experiment), device))
    journal = Journal(out)
    try:
        _epochs(trainer, data, checkpoint, journal, watcher)
    finally:
        journal.close()
    return write_run_model(trainer, experiment, out)


def _epochs(trainer: Trainer, data: RunData, checkpoint: Path, journal: Journal, watcher: Watcher) -> None:
    config = trainer.config
    total = trainer.order.steps * config.epochs

    def after_step(record: StepRecord) -> None:
        epoch = record.position.epoch
        values = record.terms | {"total": record.total, "seconds": record.seconds}
        journal.write("step", epoch, record.global_step, values)
        watcher.step(record, total)
        if config.checkpoint_every and record.global_step % config.checkpoint_every == 0:
            trainer.save(checkpoint)

    while trainer.position.epoch < config.epochs:
        trainer.run_epoch(after_step)
        epoch = trainer.position.epoch
        trainer.save(checkpoint)
        if config.validate_every and (epoch % config.validate_every == 0 or epoch == config.epochs):
            with trainer.average.applied(trainer.method):
                for name, pair in data.validation.items():
                    found = validate(trainer.method.retrieval_network(), pair, trainer.device)
                    journal.write(name, epoch, trainer.global_step, found)
                    watcher.message(f"epoch {epoch}: {name} mAP@all {found['mAP@all']:.4f}")


def write_run_model(trainer: Trainer, experiment: Experiment, out: Path) -> Path:
    """Write `model/` from the averaged weights."""
    facts = json.loads((out / "environment.json").read_text(encoding="utf-8"))
    card = model_card(trainer.method.paper, experiment, trainer.method.class_names, facts)
    with trainer.average.applied(trainer.method):
        write_model_folder(
            trainer.method,
            out / "model",
            name=out.name,
            preprocessing=experiment.data.preprocessing,
            precision="float32",
            card=card,
            with_weights=True,
        )
    return out / "model"


def environment(manifest: Manifest, split: ClassSplit, device: torch.device) -> dict[str, Any]:
    """What else a result depends on: commit, versions, device, data, classes."""
    packages = ("inkseek", "torch", "numpy", "onnx")
    return {
        "commit": _commit(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
        "device": device_name(device),
        "manifest": manifest.hash,
        "pictures": len(manifest.rows),
        "split": {"seen": split.seen, "validation": split.validation, "unseen": split.unseen},
    }


def _commit() -> str | None:
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None  # installed without its repository


def _claim(out: Path, experiment: Experiment, resume: bool) -> None:
    config = out / "config.json"
    if config.exists():
        if not resume:
            raise ConfigError(f"{out}: holds a run already; continue it with --resume or choose another --out")
        if json.loads(config.read_text(encoding="utf-8")) != experiment.tree():
            raise ConfigError(
                f"{out}: was begun with other settings; resume with the same ones or choose another --out"
            )
    out.mkdir(parents=True, exist_ok=True)
    _write_json(config, experiment.tree())


def _write_json(path: Path, tree: dict[str, Any]) -> None:
    path.write_text(json.dumps(tree, indent=2) + "\n", encoding="utf-8")


def last_figures(out: Path) -> dict[str, dict[str, float]]:
    """The newest record of each validation kind in a run's journal."""
    found: dict[str, dict[str, float]] = {}
    for line in (out / "metrics.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["kind"] != "step":
            found[record["kind"]] = {key: record[key] for key in ("epoch", "mAP@all", "mAP@25", "P@25")}
    return found
