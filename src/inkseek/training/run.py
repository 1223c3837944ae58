"""A run: one training, one folder. `config.json`, `environment.json`, `metrics.jsonl`, `checkpoint/`, `model/`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch

from inkseek.atomic import replacing
from inkseek.data.cache import CachePair, build_evaluation_caches, build_training_caches
from inkseek.data.report import ReadReport
from inkseek.data.sources import read_sources
from inkseek.data.splits import ClassSplit, find_split, with_pseudo_unseen
from inkseek.data.views import TrainingData, held_out_view, training_view, validation_view
from inkseek.methods._base import Method
from inkseek.methods._features import FeatureMethod
from inkseek.pictures.preprocessing import Preprocessing
from inkseek.training.alignment import drawn_from
from inkseek.training.batches import LabelledPixels, TrainingPixels
from inkseek.training.card import model_card
from inkseek.training.checkpoint import has_checkpoint
from inkseek.training.device import choose_device
from inkseek.training.experiment import Experiment
from inkseek.training.export import write_model_folder
from inkseek.training.features import training_features
from inkseek.training.folder import begin_folder, check_folder, environment_of, read_environment
from inkseek.training.journal import Journal, SilentJournal
from inkseek.training.loop import StepRecord, Trainer, part_of
from inkseek.training.normalisation import centred_network, normalise
from inkseek.training.part import check_shared_evenly
from inkseek.training.problem import build_method
from inkseek.training.processes import by_turns, check_agreement, is_first
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
    return with_pseudo_unseen(find_split(data.split), data.pseudo_unseen, data.pseudo_unseen_seed)


def trained_preprocessing(experiment: Experiment) -> Preprocessing:
    """How training pictures are decoded: as served, at the training size."""
    return experiment.data.preprocessing.model_copy(update={"size": experiment.data.training_size})


def prepare_data(experiment: Experiment, watcher: Watcher) -> RunData:
    """Read sources, keep everything but seen classes away, decode."""
    config = experiment.data
    split = run_split(experiment)
    manifests, report = read_sources(config.sources, Path(config.root), split.class_names)
    training = training_view(manifests, split)
    cache = Path(config.cache)
    pair = build_training_caches(training, trained_preprocessing(experiment), cache, watcher.decoding)
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
        drawn_from(pair.sketch.rows, pair.photo.rows),
    )
    return RunData(training, pixels, caches, report.merge([training.report, pair.report]))


def train(experiment: Experiment, out: Path, watcher: Watcher, *, resume: bool = False) -> Path:
    """Train and write a run folder; returns its model folder.

    Of many processes (see `inkseek.training.processes`) each calls this alike, and the first alone writes.

    Raises:
        ConfigError: `out` holds a run already and `resume` is off, or holds another experiment; or the processes cannot
            share the batch, or differ in their data or in where the run stands.
        ManifestError: a resumed run was begun on other pictures.
    """
    check_folder(out, experiment, resume=resume)
    # Before any picture is read: what the method lacks is then said at once.
    method = build_method(experiment, run_split(experiment).seen)
    check_shared_evenly(experiment.training.batch, part_of(method).count)
    if experiment.normalisation is not None:
        centred_network(method)
    with by_turns():
        data = prepare_data(experiment, watcher)
    _check_alike(experiment, data)
    watcher.message(
        f"{len(data.pixels.sketch.labels)} sketches and {len(data.pixels.photo.labels)} photos "
        f"of {len(data.training.class_names)} seen classes"
    )
    trainer = make_trainer(method, experiment, data, choose_device(), watcher)
    if resume and has_checkpoint(out / "checkpoint"):
        trainer.resume(out / "checkpoint")
    check_agreement(str(trainer.global_step), "the step that their checkpoint was made at")
    journal = _begin(experiment, out, data, trainer)
    try:
        _epochs(trainer, data, out / "checkpoint", journal, watcher)
        measure = Measure(data, trainer.device, journal, watcher, trainer.position.epoch, trainer.global_step)
        with trainer.served() as method:
            return finish(method, experiment, measure, out, out.name)
    finally:
        journal.close()


def _check_alike(experiment: Experiment, data: RunData) -> None:
    """Refuse processes that would train on unlike things, before they exchange any number."""
    tree = experiment.tree()
    settings = {**tree, "data": {key: value for key, value in tree["data"].items() if key not in {"root", "cache"}}}
    check_agreement(json.dumps(settings, sort_keys=True, default=str), "their configuration")
    labels = [pixels.labels.tolist() for pixels in (data.pixels.sketch, data.pixels.photo)]
    check_agreement(f"{data.training.manifest.hash} {labels}", "the pictures they train on")


def _begin(experiment: Experiment, out: Path, data: RunData, trainer: Trainer) -> Journal | SilentJournal:
    """The run folder as it is before the next step."""
    if not is_first():
        return SilentJournal()
    begin_folder(out, experiment, environment_of(data.training.manifest, data.training.split, trainer.device))
    (out / "data-report.json").write_text(data.report.to_json(), encoding="utf-8")
    return Journal(out, trainer.global_step)


def make_trainer(
    method: Method, experiment: Experiment, data: RunData, device: torch.device, watcher: Watcher
) -> Trainer:
    """The method and what it trains on: pixels, or the features of its extractor."""
    if not isinstance(method, FeatureMethod):
        return Trainer(method, data.pixels, experiment.training, device)
    pictures = f"{data.training.manifest.hash} {trained_preprocessing(experiment).model_dump_json()}"
    cache = Path(experiment.data.cache)
    features = training_features(method.extractor, data.pixels, pictures, cache, device, watcher.decoding)
    method.begin(torch.from_numpy(features.sketch.features), torch.from_numpy(features.photo.features))
    return Trainer(method, features, experiment.training, device)


def _epochs(
    trainer: Trainer, data: RunData, checkpoint: Path, journal: Journal | SilentJournal, watcher: Watcher
) -> None:
    config = trainer.config
    total = trainer.order.steps * config.epochs

    def after_step(record: StepRecord) -> None:
        values = record.terms | {"total": record.total, "seconds": record.seconds}
        journal.write("step", record.epoch, record.global_step, values)
        watcher.step(record, total)
        within = trainer.position.step > 0  # the last step of an epoch is saved after its validation
        if is_first() and config.checkpoint_every and within and record.global_step % config.checkpoint_every == 0:
            trainer.save(checkpoint)

    while trainer.position.epoch < config.epochs:
        trainer.run_epoch(after_step)
        epoch = trainer.position.epoch
        if config.validate_every and (epoch % config.validate_every == 0 or epoch == config.epochs):
            measure = Measure(data, trainer.device, journal, watcher, epoch, trainer.global_step)
            with trainer.served() as method:
                measure(method)
        if is_first():
            trainer.save(checkpoint)


@dataclass(frozen=True)
class Measure:
    """Measures a method on pictures of seen classes, and says so in the journal and to the watcher."""

    data: RunData
    device: torch.device
    journal: Journal | SilentJournal
    watcher: Watcher
    epoch: int
    step: int

    def __call__(self, method: Method, suffix: str = "") -> None:
        """One record a validation view; `suffix` says what was done to the weights."""
        for name, pair in self.data.validation.items():
            found = validate(method.retrieval_network(), pair, self.device)
            self.journal.write(name + suffix, self.epoch, self.step, found)
            self.watcher.message(f"epoch {self.epoch}: {name + suffix} mAP@all {found['mAP@all']:.4f}")


def finish(method: Method, experiment: Experiment, measure: Measure, out: Path, name: str) -> Path:
    """Normalise where the experiment asks for it, and write `model/` under the name that results call it."""
    if experiment.normalisation is not None:
        data, cache = experiment.data, Path(experiment.data.cache)
        with by_turns():
            served = build_training_caches(measure.data.training, data.preprocessing, cache, measure.watcher.decoding)
        normalise(method, served, experiment.normalisation, measure.device)
        measure.journal.drop(measure.step, "_normalised")  # of a run that is exported again
        measure(method, "_normalised")
    return write_run_model(method, experiment, out, name)


def write_run_model(method: Method, experiment: Experiment, out: Path, name: str) -> Path:
    """Write `model/` from the method's weights; the first process does."""
    if not is_first():
        return out / "model"
    card = model_card(method.paper, experiment, method.class_names, read_environment(out))
    with replacing(out / "model") as new:
        write_model_folder(
            method,
            new,
            name=name,
            preprocessing=experiment.data.preprocessing,
            precision="float32",
            card=card,
            with_weights=True,
        )
    return out / "model"
