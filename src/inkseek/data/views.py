"""The two views of a data set: what may be trained on, and what is measured. No picture is in both."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from inkseek.data.galleries import GalleryMode, distinct, gallery_photos, listed_twice
from inkseek.data.manifest import Manifest, Row, merge_manifests
from inkseek.data.report import LISTED_TWICE, NOT_SEEN, SET_ASIDE, ReadReport
from inkseek.data.splits import ClassSplit
from inkseek.errors import DataError, SplitError

Generalized = Literal["held_out", "sempcyc"]
"""How pictures of seen classes are added to a measurement of unseen ones."""

HELD_OUT_PER_CLASS = 5

SEEN_SHARE = 0.2
"""Seen pictures that SEM-PCYC adds, as a share of the unseen ones."""


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
        gallery_mode: which photos of the test classes are in the gallery.
        generalized: which pictures of seen classes are among them; None where there are none.
    """

    queries: Manifest
    gallery: Manifest
    class_names: tuple[str, ...]
    absent: tuple[str, ...] = ()
    gallery_mode: GalleryMode = "as_listed"
    generalized: Generalized | None = None

    @property
    def manifest(self) -> Manifest:
        """Everything that is measured: queries, then gallery."""
        return Manifest(self.queries.root, (*self.queries.rows, *self.gallery.rows))


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

    Photos that Sketchy holds in two folders count once. Pictures of the first source, the benchmark, are held out; a
    picture of any source is dropped where its class is not seen, or where its content equals that of a held-out,
    validation or unseen picture of any source.

    Raises:
        DataError: nothing is left to train on.
        ManifestError: there is no source.
    """
    merged = merge_manifests(manifests)
    kept_back = _kept_back(manifests[0], split, held_out_per_class).rebase(merged.root)
    unseen = merged.select(classes=(*split.validation, *split.unseen))
    set_aside = frozenset(row.sha256 for part in (kept_back, unseen) for row in part.rows)
    report = ReadReport()
    once = merge_manifests([_without_copies(manifest, report) for manifest in manifests])
    rows = _trainable(once, split, frozenset(kept_back.rows), set_aside, report)
    if not rows:
        raise DataError(f"{merged.root}: no picture of a seen class is left to train on; add sources or classes")
    report.read = len(rows)
    return TrainingData(Manifest(merged.root, tuple(rows)), split, kept_back, set_aside, report)


def _kept_back(benchmark: Manifest, split: ClassSplit, per_class: int) -> Manifest:
    return held_out(distinct(benchmark.select(classes=split.seen)), per_class)


def _without_copies(manifest: Manifest, report: ReadReport) -> Manifest:
    copies = Counter((row.source, row.class_name) for row in listed_twice(manifest))
    for (source, class_name), count in sorted(copies.items()):
        report.add(f"{source}/{class_name}", LISTED_TWICE, f"{count} photos that the extended folder holds too")
    return distinct(manifest)


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


def evaluation_view(
    manifest: Manifest, classes: Collection[str], *, gallery: GalleryMode = "as_listed"
) -> EvaluationData:
    """Sketches of `classes` as queries against photos of `classes` as gallery.

    Args:
        manifest: a data set.
        classes: test classes.
        gallery: which of their photos; see `gallery_photos`.

    Raises:
        DataError: there is no sketch or no photo of these classes, or no extended photo where they are asked for.
    """
    chosen = manifest.select(classes=classes)
    queries, photos = chosen.select(modality="sketch"), chosen.select(modality="photo")
    if not queries.rows or not photos.rows:
        raise DataError(
            f"{manifest.root}: {len(queries)} sketches and {len(photos)} photos of the {len(classes)} test classes; "
            "a measurement needs both"
        )
    absent = tuple(sorted(set(classes) - set(chosen.class_names)))
    return EvaluationData(queries, gallery_photos(photos, gallery), chosen.class_names, absent, gallery)


def generalized_view(
    manifest: Manifest,
    split: ClassSplit,
    kind: Generalized,
    *,
    gallery: GalleryMode = "as_listed",
) -> EvaluationData:
    """Generalized zero-shot retrieval: the unseen classes, with pictures of seen classes among them.

    "held_out": the queries are the unseen sketches; the gallery is the unseen photos and those photos of seen classes
    that are never trained on, the five of each class that `training_view` holds out.

    "sempcyc" (Dutta and Akata, CVPR 2019; repository `AnjanDutta/sem-pcyc`, `src/test.py`): int(0.2 x unseen sketches)
    seen sketches join the queries and int(0.2 x unseen photos) seen photos join the gallery. They are drawn without
    replacement by one `numpy.random.RandomState(0)`, sketches first, out of the rows of the seen classes in the
    manifest's order, photos under the same gallery mode. The recipe is the paper's, the drawn pictures are not: its
    script draws from a generator that was used before. They may have been trained on.

    Args:
        manifest: a data set, with its seen classes.
        split: seen and unseen classes.
        kind: which pictures of seen classes.
        gallery: which photos, as for `evaluation_view`.

    Raises:
        DataError: as `evaluation_view`, or too few pictures of seen classes to draw from.
    """
    unseen = evaluation_view(manifest, split.unseen, gallery=gallery)
    seen = manifest.select(classes=split.seen)
    if kind == "held_out":
        more_queries: tuple[Row, ...] = ()
        more_photos = _kept_back(seen, split, HELD_OUT_PER_CLASS).select(modality="photo").rows
    else:
        generator = np.random.RandomState(0)
        more_queries = _drawn(generator, seen.select(modality="sketch"), len(unseen.queries))
        more_photos = _drawn(generator, gallery_photos(seen.select(modality="photo"), gallery), len(unseen.gallery))
    queries = Manifest(manifest.root, (*unseen.queries.rows, *more_queries))
    photos = Manifest(manifest.root, (*unseen.gallery.rows, *more_photos))
    names = tuple(sorted({*queries.class_names, *photos.class_names}))
    return EvaluationData(queries, photos, names, unseen.absent, gallery, kind)


def _drawn(generator: np.random.RandomState, pool: Manifest, unseen: int) -> tuple[Row, ...]:
    wanted = int(SEEN_SHARE * unseen)
    if wanted > len(pool):
        raise DataError(
            f"{pool.root}: {len(pool)} pictures of seen classes, where {wanted} are to join {unseen} unseen ones; "
            "give the whole data set"
        )
    return tuple(pool.rows[position] for position in np.sort(generator.choice(len(pool), wanted, replace=False)))


def validation_view(manifest: Manifest, split: ClassSplit) -> EvaluationData:
    """Pseudo-unseen classes of the benchmark, which choose epochs and hyper-parameters; errors as `evaluation_view`."""
    return evaluation_view(manifest, split.validation, gallery="distinct")


def held_out_view(data: TrainingData) -> EvaluationData:
    """Held-out pictures of the seen classes; errors as `evaluation_view`."""
    return evaluation_view(data.held_out, data.split.seen)
