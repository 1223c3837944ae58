"""An experiment is one TOML file: data, method, training. An ablation is a zero or a switch in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from inkseek.config import Config, override, read_toml
from inkseek.data.sources import DataSource
from inkseek.errors import ConfigError
from inkseek.methods._base import MethodConfig
from inkseek.methods._networks import Tap
from inkseek.pictures.preprocessing import Preprocessing
from inkseek.registry import method_class, parse_method_config
from inkseek.training.normalisation import NormalisationConfig


class DataConfig(Config):
    """Which pictures, and which classes are kept from training."""

    root: str  # folder that the sources' paths are relative to
    split: str  # a published split, or a JSON file of seen and unseen classes
    pseudo_unseen: int = Field(default=0, ge=0)  # seen classes held out to choose settings on
    pseudo_unseen_seed: int = 0
    cache: str = "runs/cache"  # decoded pictures
    training_size: int = Field(ge=32, le=1024)  # side of the training pictures, pixels
    preprocessing: Preprocessing  # as served; its size may exceed training_size
    sources: tuple[DataSource, ...] = Field(min_length=1)


class SemanticsConfig(Config):
    """What the method is told of the class names: word vectors, places in WordNet's hierarchy, or both side by side."""

    vectors: str = "none"  # "glove-50", "minilm", a file of word vectors, or "none"
    unit_rows: bool = False  # word vectors divided by their norm
    hierarchy: Literal["none", "path", "jiang_conrath"] = "none"

    @model_validator(mode="after")
    def _says_something(self) -> "SemanticsConfig":
        if self.vectors == "none" and self.hierarchy == "none":
            raise ValueError("name vectors or hierarchy")
        return self


class FeatureConfig(Config):
    """The frozen backbone of a feature-level method: a finished run, and what is taken from its network."""

    run: str  # run folder
    taps: tuple[Tap, ...] = ("code",)


PAIRED = ("pairs", "balanced_pairs", "aligned_pairs")


class BatchConfig(Config):
    """Composition of a step.

    `shuffled` goes through all sketches once an epoch and takes photos from an endless shuffled stream, as SAKE does.
    `balanced` draws classes first, so that each sketch has photos of its class in the batch.

    The others make pairs, as many sketches as photos, where sketch i and photo i are of one class:
    `pairs` goes through all photos once an epoch, each with a random sketch of its class, as TCN does.
    `balanced_pairs` draws a class, then a sketch and a photo of it, for `steps` steps an epoch, as PCMSN does.
    `aligned_pairs` goes through the sketches that were drawn from a photo once an epoch, each with that photo.
    """

    sampling: Literal["shuffled", "balanced", "pairs", "balanced_pairs", "aligned_pairs"] = "shuffled"
    sketches: int = Field(gt=1)
    photos: int = Field(gt=1)
    classes: int = Field(default=0, ge=0)  # balanced only: classes a step; divides sketches and photos
    steps: int = Field(default=0, ge=0)  # balanced_pairs only: steps an epoch

    @property
    def paired(self) -> bool:
        """Whether sketch i and photo i of a step are of one class."""
        return self.sampling in PAIRED


class ViewConfig(Config):
    """Random changes of each further view; DSN's values are the defaults (dsn.md section 3)."""

    flip: float = Field(default=0.5, ge=0, le=1)  # probability
    jitter: float = Field(default=0.8, ge=0, le=1)  # probability that the four colour changes below are made at all
    brightness: float = Field(default=0.4, ge=0, le=1)  # factor uniform in 1 +- brightness, likewise the next two
    contrast: float = Field(default=0.4, ge=0, le=1)
    saturation: float = Field(default=0.4, ge=0, le=1)
    hue: float = Field(default=0.1, ge=0, le=0.5)  # share of the colour circle, uniform in +-
    greyscale: float = Field(default=0.2, ge=0, le=1)  # probability


class AugmentationConfig(Config):
    """Random changes of the training pictures, drawn anew for every picture and epoch.

    `flip`, `rotation`, `scale` and `translation` are the geometric draw. SAKE, DSN and TCN make it about the top-left
    corner with `each` 0.5 and black outside; SAKE and DSN with `probability` 0.7, TCN `paired`.
    """

    flip: float = Field(default=0.5, ge=0, le=1)  # probability
    rotation: float = Field(default=15.0, ge=0)  # degrees, uniform in +-
    scale: float = Field(default=0.2, ge=0, lt=1)  # factor uniform in 1 +- scale, each axis on its own
    translation: float = Field(default=0.08, ge=0)  # share of the side, uniform in +-, each axis on its own
    probability: float = Field(default=1.0, ge=0, le=1)  # that the geometric draw is made at all
    each: float = Field(default=1.0, ge=0, le=1)  # probability of scale, of rotation and of translation
    about: Literal["centre", "corner"] = "centre"  # fixed point of scale and rotation; the first pixel is the corner
    fill: Literal["natural", "black", "white"] = "natural"  # outside; natural: photos' edges repeated, white paper
    paired: bool = False  # one geometric draw a pair; needs a sampling of pairs
    brightness: float = Field(default=0.3, ge=0, lt=1)  # photos
    contrast: float = Field(default=0.3, ge=0, lt=1)  # photos
    saturation: float = Field(default=0.3, ge=0, le=1)  # photos
    greyscale: float = Field(default=0.1, ge=0, le=1)  # photos, probability
    thickness: float = Field(default=0.5, ge=0, le=1)  # sketches: largest share of thickening or thinning
    view: ViewConfig = ViewConfig()  # of methods that want further views


class ScheduleConfig(Config):
    """Learning rate over a run of E epochs.

    cosine: linear warm-up over `warmup` of the steps, then half a cosine to `floor` of the peak.
    exponential: peak * floor^(e/E) with e the epoch, SAKE's schedule with floor 0.001.
    """

    kind: Literal["cosine", "exponential"] = "cosine"
    warmup: float = Field(default=0.05, ge=0, lt=1)
    floor: float = Field(default=0.01, ge=0, le=1)


BatchNorm = Literal["own", "whole", "frozen"]


class TrainingConfig(Config):
    """The loop.

    `batch_norm` says what the backbones' batch norms normalise by while training: the statistics of a process's `own`
    part of the batch, those of the `whole` batch (many processes then need GPUs), or `frozen` ImageNet ones. Without
    torchrun a part is the whole.
    """

    epochs: int = Field(ge=1)
    seed: int = 0
    precision: Literal["bf16", "fp32"] = "bf16"
    average_decay: float = Field(default=0.0, ge=0, lt=1)  # exponential moving average of the weights; 0: none
    batch_norm: BatchNorm = "own"
    norm_batches: int = Field(default=0, ge=0)  # to measure batch norms on for use; 0: running statistics
    checkpoint_every: int = Field(default=0, ge=0)  # steps; 0: at the end of each epoch only
    validate_every: int = Field(default=1, ge=0)  # epochs; 0: never
    batch: BatchConfig
    augmentation: AugmentationConfig = AugmentationConfig()
    schedule: ScheduleConfig = ScheduleConfig()


class _Tables(Config):
    """Top level of the file; the method's table is checked by its own class."""

    data: DataConfig
    method: dict[str, Any]
    training: TrainingConfig
    semantics: SemanticsConfig | None = None
    features: FeatureConfig | None = None
    normalisation: NormalisationConfig | None = None


@dataclass(frozen=True)
class Experiment:
    """A checked experiment."""

    data: DataConfig
    method: MethodConfig
    training: TrainingConfig
    semantics: SemanticsConfig | None = None
    features: FeatureConfig | None = None
    normalisation: NormalisationConfig | None = None

    def tree(self) -> dict[str, Any]:
        """Plain resolved values, as `config.json` of a run holds them."""
        tables: dict[str, Config | None] = {
            "data": self.data,
            "semantics": self.semantics,
            "features": self.features,
            "method": self.method,
            "training": self.training,
            "normalisation": self.normalisation,
        }
        return {name: table.model_dump(mode="json") for name, table in tables.items() if table is not None}


def parse_experiment(tree: dict[str, Any], source: str) -> Experiment:
    """Check a tree of plain values.

    Raises:
        ConfigError: with the dotted path of the first wrong key.
    """
    tables = _Tables.parse(tree, source)
    _check_batch(tables.training, source)
    method = parse_method_config(tables.method, source)
    if method_class(method.name).paired and not tables.training.batch.paired:
        raise ConfigError(
            f"{source}: training.batch.sampling: method {method.name} wants pairs of one class; "
            f"choose {', '.join(PAIRED)}"
        )
    if tables.features is not None and tables.training.norm_batches:
        raise ConfigError(
            f"{source}: training.norm_batches is for methods that train on pictures; method {method.name} trains on "
            f"features of a frozen network; set it to 0"
        )
    if tables.training.norm_batches and tables.training.batch_norm == "frozen":
        raise ConfigError(
            f'{source}: training.norm_batches measures the statistics that training.batch_norm = "frozen" keeps; set '
            f"one of them only"
        )
    return Experiment(tables.data, method, tables.training, tables.semantics, tables.features, tables.normalisation)


def _check_batch(training: TrainingConfig, source: str) -> None:
    batch = training.batch
    if batch.sampling == "balanced" and (
        batch.classes == 0 or batch.sketches % batch.classes or batch.photos % batch.classes
    ):
        raise ConfigError(f"{source}: training.batch.classes must divide training.batch.sketches and .photos")
    if batch.paired and batch.sketches != batch.photos:
        raise ConfigError(
            f"{source}: training.batch.sketches and training.batch.photos must be equal, for sampling = "
            f'"{batch.sampling}" makes pairs'
        )
    if batch.sampling == "balanced_pairs" and batch.steps == 0:
        raise ConfigError(
            f'{source}: training.batch.steps: sampling = "balanced_pairs" never ends; set the steps of an epoch'
        )
    if batch.sampling != "balanced_pairs" and batch.steps:
        raise ConfigError(
            f'{source}: training.batch.steps is for sampling = "balanced_pairs" alone; remove it: with '
            f'"{batch.sampling}" the pictures decide how long an epoch is'
        )
    if training.augmentation.paired and not batch.paired:
        raise ConfigError(
            f"{source}: training.augmentation.paired wants pairs of one class; choose training.batch.sampling from "
            f"{', '.join(PAIRED)}"
        )


def load_experiment(path: Path, settings: list[str]) -> Experiment:
    """Read a TOML file and apply `--set` settings."""
    return parse_experiment(override(read_toml(path), settings), str(path))
