"""One measurement of one encoder on one data set, with everything that its numbers depend on."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypedDict

from inkseek.data.manifest import Manifest
from inkseek.data.report import ReadReport
from inkseek.data.splits import overlap
from inkseek.data.views import EvaluationData
from inkseek.errors import PictureFault, SplitError
from inkseek.evaluation.encoding import encode_manifest
from inkseek.evaluation.protocols import PROTOCOLS, Protocol
from inkseek.evaluation.retrieval_metrics import RetrievalMetrics, retrieval_metrics
from inkseek.retrieval.encoder import RetrievalEncoder

ALL_CLASSES = "all"
"""The split that makes every class of the data set a test class, seen in training or not."""


class ModelFacts(TypedDict):
    """Which encoder was measured."""

    name: str
    method: str
    fingerprint: str
    runtime: str
    precision: str


class DataFacts(TypedDict):
    """What it was measured on: hash of all rows, split, and counts of what was measured and what was not.

    `skipped` counts pictures that could not be read and queries without a photo of their class. `seen_in_training`
    names the test classes that the encoder was trained on.
    """

    manifest: str
    split: str
    queries: int
    gallery: int
    classes: int
    skipped: int
    seen_in_training: list[str]


class FeatureFacts(TypedDict):
    """What was compared."""

    kind: str
    dimension: int


ClassFacts = TypedDict("ClassFacts", {"queries": int, "mAP@all": float})
"""Queries of one class, and their mean."""


class Evaluation(TypedDict):
    """The result of `evaluate`, ready to be written as JSON.

    `protocols`: name -> `micro` (mean over queries) and `macro` (mean over classes) -> metric -> value.
    `per_class`: class with a query that counts -> number of queries and mAP@all, under `standard`, or under the first
    protocol where `standard` is not among them.
    """

    format: Literal[1]
    model: ModelFacts
    data: DataFacts
    zero_shot: bool
    feature: FeatureFacts
    protocols: dict[str, dict[str, dict[str, float]]]
    per_class: dict[str, ClassFacts]


def evaluate(
    encoder: RetrievalEncoder,
    data: EvaluationData,
    *,
    split: str = ALL_CLASSES,
    protocols: Sequence[Protocol] = tuple(PROTOCOLS.values()),
    report: ReadReport | None = None,
    advance: Callable[[int], None] = lambda count: None,
) -> Evaluation:
    """Encode queries and gallery once each, rank, and measure under every protocol.

    Args:
        encoder: the encoder as it is served.
        data: queries and gallery.
        split: name of the split that chose the test classes, or "all".
        protocols: formulas to measure under.
        report: of reading the data set; its unreadable pictures count as skipped, and those met here are added.
        advance: called with a number of pictures dealt with, for a progress bar over `len(queries) + len(gallery)`.

    Raises:
        SplitError: a named split holds classes that the encoder was trained on.
        DataError: nothing readable, features that are not finite, or no query with a photo of its class.
    """
    seen = overlap((*data.class_names, *data.absent), encoder.config.seen_classes)
    if seen and split != ALL_CLASSES:
        raise SplitError(
            f"{encoder.config.name} was trained on {len(seen)} test classes of {split} ({', '.join(seen)}); "
            f"measure an encoder that never saw them, or give --split {ALL_CLASSES}"
        )
    report = ReadReport() if report is None else report
    queries = encode_manifest(encoder, data.queries, "sketch", data.class_names, report=report, advance=advance)
    gallery = encode_manifest(encoder, data.gallery, "photo", data.class_names, report=report, advance=advance)
    metrics = retrieval_metrics(queries.features, gallery.features, queries.labels, gallery.labels, protocols=protocols)
    main = metrics.get("standard", metrics[protocols[0].name])
    unreadable = sum(report.counts.get(fault, 0) for fault in PictureFault)
    return {
        "format": 1,
        "model": _model_facts(encoder),
        "data": {
            "manifest": Manifest(data.queries.root, (*data.queries.rows, *data.gallery.rows)).hash,
            "split": split,
            "queries": len(main.queries),
            "gallery": main.gallery_size,
            "classes": len(data.class_names),
            "skipped": unreadable + main.excluded,
            "seen_in_training": list(seen),
        },
        "zero_shot": not seen,
        "feature": {"kind": encoder.config.feature.kind, "dimension": encoder.config.feature.dimension},
        "protocols": {name: {"micro": found.micro(), "macro": found.macro()} for name, found in metrics.items()},
        "per_class": dict(_per_class(main, data.class_names)),
    }


def _model_facts(encoder: RetrievalEncoder) -> ModelFacts:
    return {
        "name": encoder.config.name,
        "method": encoder.config.method,
        "fingerprint": encoder.fingerprint,
        "runtime": encoder.runtime,
        "precision": encoder.config.precision,
    }


def _per_class(metrics: RetrievalMetrics, class_names: tuple[str, ...]) -> Iterator[tuple[str, ClassFacts]]:
    for label, name in enumerate(class_names):
        count, means = metrics.of_class(label)
        if count:
            yield name, {"queries": count, "mAP@all": means["mAP@all"]}
