"""One measurement of one encoder on one data set, with everything that its numbers depend on."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from inkseek.data.manifest import Manifest, Modality
from inkseek.data.report import ReadReport
from inkseek.data.splits import overlap
from inkseek.data.views import EvaluationData
from inkseek.errors import ConfigError, DataError, PictureFault, SplitError
from inkseek.evaluation.encoding import Encoded, encode_manifest
from inkseek.evaluation.hamming import hamming_metrics
from inkseek.evaluation.protocols import PROTOCOLS, Protocol, main_protocol
from inkseek.evaluation.provenance import run_facts
from inkseek.evaluation.result import FORMAT, ClassFacts, Evaluation, FeatureFacts, ModelFacts
from inkseek.evaluation.retrieval_metrics import RetrievalMetrics, retrieval_metrics
from inkseek.evaluation.selection import ALL_CLASSES
from inkseek.retrieval.codes import CODES, binary_codes
from inkseek.retrieval.encoder import RetrievalEncoder

Codes = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Packed codes of queries [q, bits / 8] and gallery [g, bits / 8]."""


@dataclass(frozen=True)
class CodeRequest:
    """Compare binary codes in place of real features.

    Attributes:
        kind: one of `CODES`.
        bits: length of a code.

    Raises:
        ConfigError: the kind is unknown, or the bits are no multiple of 8.
    """

    kind: str
    bits: int = 64

    def __post_init__(self) -> None:
        if self.kind not in CODES:
            raise ConfigError(f"binary codes {self.kind!r} are unknown; choose {', '.join(CODES)}")
        if self.bits < 8 or self.bits % 8:
            raise ConfigError(f"a binary code has a multiple of 8 bits, not {self.bits}; ask for 64")

    @property
    def fitted_on_training(self) -> bool:
        """Whether pictures of seen classes are needed."""
        return CODES[self.kind].fitted_on == "training"

    def check(self, dimension: int, data: EvaluationData, training: EvaluationData | None) -> None:
        """Refuse before anything is encoded what could not be fitted afterwards.

        Args:
            dimension: values of a feature.
            data: what is measured.
            training: pictures of seen classes.

        Raises:
            ConfigError: more bits than values.
            DataError: no or too few pictures to fit on.
        """
        if self.bits > dimension:
            raise ConfigError(
                f"{self.bits} bits cannot be made of features of {dimension} values; "
                f"ask for {dimension // 8 * 8} or less"
            )
        fitted = training if self.fitted_on_training else data
        if fitted is None:
            raise DataError(f"binary codes {self.kind!r} are fitted on training pictures; give some, or other codes")
        sides = {"sketch": len(fitted.queries), "photo": len(fitted.gallery)}
        basis = CODES[self.kind].basis
        pictures = sum(sides.values()) if basis == "both" else sides[basis]
        if pictures <= self.bits:
            raise DataError(
                f"codes of {self.bits} bits are fitted on more than {self.bits} pictures, here are {pictures}; "
                "ask for fewer bits, or give more pictures"
            )


@dataclass(frozen=True, eq=False)
class Measurement:
    """A result and what it was computed from.

    Attributes:
        evaluation: figures and facts.
        metrics: name of a protocol -> values of every query.
        data: queries and gallery that were asked for.
        queries: encoded sketches.
        gallery: encoded photos.
        codes: packed codes of queries and gallery, where those were compared; None where the features were.
        training_class_names: classes of `training`.
        training: encoded pictures of seen classes, by modality; empty where none were asked for.
    """

    evaluation: Evaluation
    metrics: Mapping[str, RetrievalMetrics]
    data: EvaluationData
    queries: Encoded
    gallery: Encoded
    codes: Codes | None
    training_class_names: tuple[str, ...]
    training: Mapping[Modality, Encoded]


def evaluate(
    encoder: RetrievalEncoder,
    data: EvaluationData,
    *,
    split: str = ALL_CLASSES,
    unseen: Collection[str] | None = None,
    training: EvaluationData | None = None,
    codes: CodeRequest | None = None,
    protocols: Sequence[Protocol] = tuple(PROTOCOLS.values()),
    report: ReadReport | None = None,
    advance: Callable[[int], None] = lambda count: None,
) -> Measurement:
    """Encode queries and gallery once each, rank, and measure under every protocol.

    Args:
        encoder: the encoder as it is served.
        data: queries and gallery.
        split: name of the split that chose the test classes, or "all".
        unseen: classes that the encoder must not have been trained on; every class of `data` by default.
        training: pictures of seen classes, for codes that are fitted on them and for figures that compare with them.
        codes: compare binary codes by Hamming distance; None compares features by inner product.
        protocols: formulas to measure under.
        report: of reading the data set; its unreadable pictures count as skipped, and those met here are added.
        advance: called with a number of pictures dealt with, for a progress bar over `pictures_of(data, training)`.

    Raises:
        SplitError: a named split holds classes that the encoder was trained on.
        DataError: nothing readable, features that are not finite, or no query with a photo of its class.
    """
    tested = (*data.class_names, *data.absent) if unseen is None else tuple(unseen)
    seen = overlap(tested, encoder.config.seen_classes)
    if seen and split != ALL_CLASSES:
        raise SplitError(
            f"{encoder.config.name} was trained on {len(seen)} test classes of {split} ({', '.join(seen)}); "
            f"measure an encoder that never saw them, or give --split {ALL_CLASSES}"
        )
    if codes is not None:
        codes.check(encoder.config.feature.dimension, data, training)
    report = ReadReport() if report is None else report

    def encode(manifest: Manifest, modality: Modality, names: tuple[str, ...]) -> Encoded:
        return encode_manifest(encoder, manifest, modality, names, report=report, advance=advance)

    queries, gallery = (
        encode(data.queries, "sketch", data.class_names),
        encode(data.gallery, "photo", data.class_names),
    )
    known: dict[Modality, Encoded] = {}
    if training is not None:
        known["sketch"] = encode(training.queries, "sketch", training.class_names)
        known["photo"] = encode(training.gallery, "photo", training.class_names)
    labels = (queries.labels, gallery.labels)
    if codes is None:
        packed = None
        metrics = retrieval_metrics(queries.features, gallery.features, *labels, protocols=protocols)
    else:
        packed = _codes(codes, queries, gallery, known)
        metrics = hamming_metrics(*packed, *labels, protocols=protocols)
    return Measurement(
        _evaluation(encoder, data, metrics, split=split, seen=seen, codes=codes, report=report),
        metrics,
        data,
        queries,
        gallery,
        packed,
        training.class_names if training is not None else (),
        known,
    )


def pictures_of(data: EvaluationData, training: EvaluationData | None) -> int:
    """Number of pictures that `evaluate` encodes."""
    return sum(len(part.queries) + len(part.gallery) for part in (data, training) if part is not None)


def _codes(request: CodeRequest, queries: Encoded, gallery: Encoded, training: Mapping[Modality, Encoded]) -> Codes:
    known: dict[Modality, NDArray[np.float32]] = {name: part.features for name, part in training.items()}
    return binary_codes(
        request.kind, queries=queries.features, gallery=gallery.features, training=known or None, bits=request.bits
    )


def _evaluation(
    encoder: RetrievalEncoder,
    data: EvaluationData,
    metrics: Mapping[str, RetrievalMetrics],
    *,
    split: str,
    seen: tuple[str, ...],
    codes: CodeRequest | None,
    report: ReadReport,
) -> Evaluation:
    main = metrics[main_protocol(metrics)]
    unreadable = sum(report.counts.get(fault, 0) for fault in PictureFault)
    return {
        "format": FORMAT,
        "inkseek": version("inkseek"),
        "model": _model_facts(encoder),
        "run": run_facts(encoder.folder.path.parent),
        "data": {
            "manifest": data.manifest.hash,
            "split": split,
            "gallery_mode": data.gallery_mode,
            "generalized": data.generalized,
            "queries": len(main.queries),
            "gallery": main.gallery_size,
            "classes": len(data.class_names),
            "skipped": unreadable + main.excluded,
            "seen_in_training": list(seen),
        },
        "zero_shot": not seen,
        "feature": _feature_facts(encoder, codes),
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


def _feature_facts(encoder: RetrievalEncoder, codes: CodeRequest | None) -> FeatureFacts:
    if codes is None:
        return {"kind": "float", "dimension": encoder.config.feature.dimension, "codes": None}
    return {"kind": "binary", "dimension": codes.bits, "codes": codes.kind}


def _per_class(metrics: RetrievalMetrics, class_names: tuple[str, ...]) -> Iterator[tuple[str, ClassFacts]]:
    for label, name in enumerate(class_names):
        count, means = metrics.of_class(label)
        if count:
            yield name, {"queries": count, "mAP@all": means["mAP@all"]}
