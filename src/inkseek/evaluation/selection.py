"""What a measurement looks at: the data set, the split's unseen classes, the photos that stand in the gallery."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inkseek.data.datasets import DATA_SETS
from inkseek.data.galleries import GalleryMode
from inkseek.data.layouts import DataSet, probe
from inkseek.data.listfiles import read_lists
from inkseek.data.report import ReadReport
from inkseek.data.splits import SPLITS, find_split, split_data_set
from inkseek.data.views import EvaluationData, Generalized, evaluation_view, generalized_view
from inkseek.errors import ConfigError, SplitError

ALL_CLASSES = "all"
"""The split that makes every class of the data set a test class, seen in training or not."""


@dataclass(frozen=True)
class Selection:
    """What is to be measured.

    Attributes:
        split: name of the split, or "all".
        unseen: classes that the encoder must not have been trained on; None for "all".
        view: queries and gallery.
        report: what was skipped while reading.
        repairs: name of a class folder -> class that it was read as, where a table of aliases told.
    """

    split: str
    unseen: tuple[str, ...] | None
    view: EvaluationData
    report: ReadReport
    repairs: Mapping[str, str] = field(default_factory=dict)


def select(
    data: Path,
    split: str = ALL_CLASSES,
    *,
    gallery: GalleryMode = "as_listed",
    generalized: Generalized | None = None,
    lists: Path | None = None,
) -> Selection:
    """Read a data set and choose queries and gallery.

    Args:
        data: folder of the data set in any known layout, or a manifest.
        split: a name of `SPLITS`, a JSON file with seen and unseen classes, or "all".
        gallery: which photos of a class stand in the gallery.
        generalized: how seen classes are added; None measures unseen classes alone.
        lists: folder of list files, which name queries and gallery picture by picture; None reads the folders.

    Raises:
        ConfigError: two choices contradict each other.
        DataError: the data set cannot be read, or lacks queries or gallery.
        SplitError: there is no such split, or it is that of another data set.
    """
    if lists is not None:
        return _listed(data, split, lists, plain=gallery == "as_listed" and generalized is None)
    if split == ALL_CLASSES:
        if generalized:
            raise ConfigError("--generalized adds seen classes to a split's unseen ones; name a split with --split")
        found = probe(data)
        view = evaluation_view(found.manifest, found.manifest.class_names, gallery=gallery)
        return Selection(split, None, view, found.report, found.repairs)
    classes = find_split(split)
    found = probe(data, (*classes.seen, *classes.unseen) if generalized else classes.unseen)
    _check_data_set(data, found, split)
    if generalized:
        view = generalized_view(found.manifest, classes, generalized, gallery=gallery)
        return Selection(split, classes.unseen, view, found.report, found.repairs)
    view = evaluation_view(found.manifest, classes.unseen, gallery=gallery)
    return Selection(split, classes.unseen, view, found.report_without(classes.seen), found.repairs)


def _check_data_set(data: Path, found: DataSet, split: str) -> None:
    """Refuse another data set's pictures under the name of a published split."""
    if split in SPLITS and found.name not in (None, split_data_set(split)):
        raise SplitError(
            f"{data}: is {DATA_SETS[found.name].title}, but {split} is a split of "
            f"{DATA_SETS[split_data_set(split)].title}; name a split of its own, or a JSON file of classes"
        )


def _listed(data: Path, split: str, lists: Path, *, plain: bool) -> Selection:
    if not plain:
        raise ConfigError("--lists names every picture of the gallery; leave --gallery and --generalized out")
    found = read_lists(data, lists, None if split == ALL_CLASSES else split)
    name = str(lists.name) if split == ALL_CLASSES else split
    return Selection(name, found.unseen, found.evaluation_data(), found.report)
