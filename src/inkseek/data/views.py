"""The two views of a data set: what may be trained on, and what is measured. No picture is in both."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from inkseek.data.manifest import Manifest, Row, merge_manifests
from inkseek.data.report import NOT_SEEN, SET_ASIDE, ReadReport
from inkseek.data.splits import ClassSplit
from inkseek.errors import DataError, SplitError

HELD_OUT_PER_CLASS = 5


@dataclass(frozen=True)
class TrainingData:
    """All that a trainer may see: pictures of seen classes, less the held-out ones.

    Attributes:
        manifest: pictures to train on.
        split: the classes; a label is a position in `split.seen`.
        held_out: pictures of seen classes that are never trained on.
        set_aside: hashes of all held-out, validation and unseen pictures that are known.
        report: what was left out, and why.

    Raises:
        SplitError: a picture belongs to no seen class, or has the content of a picture that is set aside.
    """

    manifest: Manifest
    split: ClassSplit
    held_out: Manifest
    set_aside: frozenset[str]
    report: ReadReport = field(default_factory=ReadReport)

    def __post_init__(self) -> None:
        seen = frozenset(self.split.seen)
        aside = self.set_aside | {row.sha256 for row in self.held_out.rows}
        for row in self.manifest.rows:
            if row.class_name not in seen:
                raise SplitError(f"{row.path}: {row.class_name} is not a seen class and must not reach training")
            if row.sha256 in aside:
                raise SplitError(f"{row.path}: its content is set aside from training and must not reach it")

    @property
    def class_names(self) -> tuple[str, ...]:
        """Seen classes; the position is the label."""
        return self.split.seen


@dataclass(frozen=True)
class EvaluationData:
    """Queries and gallery of one measurement.

    Attributes:
        queries: sketches.
        gallery: photos.
        class_names: the test classes that have a picture; the position is the label.
        absent: test classes that the data set does not hold at all.
    """

    queries: Manifest
    gallery: Manifest
    class_names: tuple[str, ...]
    absent: tuple[str, ...] = ()


def held_out(manifest: Manifest, per_class: int = HELD_OUT_PER_CLASS) -> Manifest:
    """The `per_class` sketches and photos of each class with the smallest content hashes.

    The choice depends on contents alone: no order of files, no name, no seed.
    """
    groups: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in manifest.rows:
        groups[row.modality, row.class_name].append(row)
    chosen = (sorted(rows, key=lambda row: row.sha256)[:per_class] for rows in groups.values())
    return Manifest(manifest.root, tuple(row for rows in chosen for row in rows))


def training_view(
    manifests: Sequence[Manifest], split: ClassSplit, *, held_out_per_class: int = HELD_OUT_PER_CLASS
) -> TrainingData:
    """What may be trained on out of several sources.

    Pictures of the first source, the benchmark, are held out; a picture of any source is dropped where its class is
    not seen, or where its content equals that of a held-out, validation or unseen picture of any source.

    Raises:
        DataError: nothing is left to train on.
        ManifestError: there is no source.
    """
    merged = merge_manifests(manifests)
    kept_back = held_out(manifests[0].rebase(merged.root).select(classes=split.seen), held_out_per_class)
    unseen = merged.select(classes=(*split.validation, *split.unseen))
    set_aside = frozenset(row.sha256 for part in (kept_back, unseen) for row in part.rows)
    report = ReadReport()
    rows = _trainable(merged, split, frozenset(kept_back.rows), set_aside, report)
    if not rows:
        raise DataError(f"{merged.root}: no picture of a seen class is left to train on; add sources or classes")
    report.read = len(rows)
    return TrainingData(Manifest(merged.root, tuple(rows)), split, kept_back, set_aside, report)


def _trainable(
    merged: Manifest, split: ClassSplit, kept_back: frozenset[Row], set_aside: frozenset[str], report: ReadReport
) -> list[Row]:
    seen = frozenset(split.seen)
    rows: list[Row] = []
    dropped: Counter[tuple[str, str]] = Counter()
    for row in merged.rows:
        if row.class_name not in seen:
            dropped[row.source, row.class_name] += 1
        elif row.sha256 not in set_aside:
            rows.append(row)
        elif row not in kept_back:
            report.add(row.path, SET_ASIDE, f"equals a held-out, validation or unseen picture, hash {row.sha256[:12]}")
    for (source, class_name), count in sorted(dropped.items()):
        report.add(f"{source}/{class_name}", NOT_SEEN, f"{count} pictures")
    return rows


def evaluation_view(manifest: Manifest, classes: Collection[str]) -> EvaluationData:
    """Sketches of `classes` as queries against photos of `classes` as gallery.

    Raises:
        DataError: there is no sketch or no photo of these classes.
    """
    chosen = manifest.select(classes=classes)
    queries, gallery = chosen.select(modality="sketch"), chosen.select(modality="photo")
    if not queries.rows or not gallery.rows:
        raise DataError(
            f"{manifest.root}: {len(queries)} sketches and {len(gallery)} photos of the {len(classes)} test classes; "
            "a measurement needs both"
        )
    absent = tuple(sorted(set(classes) - set(chosen.class_names)))
    return EvaluationData(queries, gallery, chosen.class_names, absent)


def validation_view(manifest: Manifest, split: ClassSplit) -> EvaluationData:
    """Pseudo-unseen classes of the benchmark, which choose epochs and hyper-parameters; errors as `evaluation_view`."""
    return evaluation_view(manifest, split.validation)


def held_out_view(data: TrainingData) -> EvaluationData:
    """Held-out pictures of the seen classes; errors as `evaluation_view`."""
    return evaluation_view(data.held_out, data.split.seen)
