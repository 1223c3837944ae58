"""Where a measurement is kept, and what it must not replace there."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

from inkseek.atomic import replacing
from inkseek.data.views import EvaluationData
from inkseek.errors import DataError
from inkseek.evaluation.encoding import Encoded
from inkseek.evaluation.evaluate import CodeRequest, Measurement
from inkseek.evaluation.per_query import save_per_query
from inkseek.evaluation.provenance import run_facts
from inkseek.evaluation.saved import (
    EVALUATION,
    EVALUATIONS,
    FEATURES,
    QUERIES,
    FeatureTable,
    SavedEvaluation,
    save_evaluation,
)
from inkseek.evaluation.selection import Selection
from inkseek.retrieval.encoder import RetrievalEncoder


def measurement_name(data: Path, selection: Selection, codes: CodeRequest | None) -> str:
    """What is measured, in words for a table: data set, split, and every choice that is not the default."""
    view = selection.view
    parts = [
        data.absolute().name,
        Path(selection.split).name.removesuffix(".json"),
        "" if view.gallery_mode == "as_listed" else view.gallery_mode,
        f"generalized_{view.generalized}" if view.generalized else "",
        f"{codes.kind}-{codes.bits}" if codes else "",
    ]
    return re.sub(r"[^\w@.-]+", "_", "-".join(part for part in parts if part))


def default_target(encoder: RetrievalEncoder, view: EvaluationData, name: str) -> Path | None:
    """Where a run keeps the measurement `name` of its model folder; None for a model folder of no run.

    The folder's name ends in the first digits of a hash over queries, gallery and runtime, so that one measurement
    takes the place of another only where it is the same one.
    """
    run = encoder.folder.path.parent
    if not run_facts(run):
        return None
    identity = f"{view.queries.hash}{view.gallery.hash}{encoder.runtime}"
    return run / EVALUATIONS / f"{name}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"


def check_target(folder: Path) -> None:
    """Refuse a folder that a measurement must not replace: anything but a measurement with no other file beside it.

    Raises:
        DataError: it exists and is no such folder.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise DataError(f"{folder}: is a file; choose another folder with --out")
    others = {file.name for file in folder.iterdir() if not file.name.startswith(".")} - {EVALUATION, QUERIES, FEATURES}
    if others or not (folder / FEATURES).is_file():
        what = f"holds {min(others)}" if others else "is no measurement"
        raise DataError(f"{folder}: exists and {what}; choose another folder with --out, it would be replaced")


def save_measurement(folder: Path, measurement: Measurement, name: str) -> None:
    """Write a measurement: the folder is whole, or as it was before. An older measurement in it is replaced.

    Raises:
        DataError: the folder exists and is no measurement, or cannot be written.
    """
    check_target(folder)
    try:
        with replacing(folder) as new:
            save_evaluation(new, _saved(folder, measurement, name))
            save_per_query(
                new / QUERIES,
                measurement.metrics,
                paths=measurement.queries.paths,
                class_names=measurement.data.class_names,
            )
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror}); choose another folder with --out") from None


def _saved(folder: Path, measurement: Measurement, name: str) -> SavedEvaluation:
    queries, gallery = measurement.queries, measurement.gallery
    of_queries, of_gallery = measurement.codes or (queries.features, gallery.features)
    # Codes and real features do not stand in one figure.
    training = {} if measurement.codes else measurement.training
    return SavedEvaluation(
        path=folder,
        name=name,
        evaluation=measurement.evaluation,
        root=measurement.data.queries.root.absolute(),
        class_names=measurement.data.class_names,
        queries=replace(_of(queries), features=of_queries),
        gallery=replace(_of(gallery), features=of_gallery),
        training_class_names=measurement.training_class_names if training else (),
        training={side: _of(part) for side, part in training.items()},
    )


def _of(encoded: Encoded) -> FeatureTable:
    return FeatureTable(encoded.features, encoded.labels, encoded.paths, encoded.digests)
