"""A measurement on disk: one folder with its figures, the values of every query, and the features they come from.

`evaluation.json` is the printed result, `queries.npz` one column a metric and one row a query, `features.npz` what was
compared: features, labels and picture files of queries and gallery, and of training pictures where they were encoded.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from inkseek.arrays import load_arrays, save_arrays
from inkseek.atomic import replacing
from inkseek.errors import DataError, FormatError
from inkseek.evaluation.evaluate import CodeRequest, Measurement
from inkseek.evaluation.per_query import save_per_query
from inkseek.evaluation.provenance import run_facts
from inkseek.evaluation.result import Evaluation
from inkseek.evaluation.selection import Selection

EVALUATION = "evaluation.json"
QUERIES = "queries.npz"
FEATURES = "features.npz"
EVALUATIONS = "evaluations"
"""Folder of a run that holds its measurements."""

FORMAT = 1


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Pictures of one side of a measurement.

    Attributes:
        features: what was compared: float32 [n, d] retrieval features, or uint8 [n, bits / 8] packed codes.
        labels: int64 [n], positions in the class names.
        paths: [n] files relative to the data set's root, as a manifest holds them.
    """

    features: NDArray[np.float32] | NDArray[np.uint8]
    labels: NDArray[np.int64]
    paths: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class SavedEvaluation:
    """A measurement that was kept.

    Attributes:
        path: its folder.
        name: how to call it in tables: the run's name and what was measured.
        evaluation: the printed result.
        root: folder that the paths of all pictures are relative to.
        class_names: of `queries` and `gallery`; a label is a position in it.
        queries: sketches.
        gallery: photos.
        training_class_names: of `training`; empty where there is none.
        training: sketches and photos of seen classes, by modality; empty where they were not encoded.
    """

    path: Path
    name: str
    evaluation: Evaluation
    root: Path
    class_names: tuple[str, ...]
    queries: FeatureTable
    gallery: FeatureTable
    training_class_names: tuple[str, ...]
    training: Mapping[str, FeatureTable]

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a folder that `save_evaluation` wrote.

        Raises:
            FormatError: it is missing, damaged or of another format.
        """
        try:
            evaluation = json.loads((folder / EVALUATION).read_text(encoding="utf-8"))
        except OSError as error:
            raise FormatError(
                f"{folder}: no saved measurement ({error.strerror}); make one with inkseek evaluate MODEL --out DIR"
            ) from None
        except ValueError:
            raise FormatError(f"{folder / EVALUATION}: is damaged; measure again") from None
        found = load_arrays(folder / FEATURES, "measure again")
        try:
            if int(found["format"]) != FORMAT:
                raise FormatError(f"{folder}: format {int(found['format'])}, but this inkseek reads {FORMAT}")
            return cls(
                path=folder,
                name=str(found["name"]),
                evaluation=evaluation,
                root=Path(str(found["root"])),
                class_names=_strings(found["class_names"]),
                queries=_table(found, "queries"),
                gallery=_table(found, "gallery"),
                training_class_names=_strings(found["training_class_names"]),
                training={side: _table(found, side) for side in ("sketch", "photo") if f"{side}_labels" in found},
            )
        except (ValueError, KeyError):
            raise FormatError(f"{folder / FEATURES}: holds no measurement; measure again") from None


def measurement_name(data: Path, selection: Selection, codes: CodeRequest | None) -> str:
    """What is measured, in a word that may name a folder: data set, split, and every choice that is not the default."""
    view = selection.view
    parts = [
        data.absolute().stem,
        Path(selection.split).stem,
        "" if view.gallery_mode == "as_listed" else view.gallery_mode,
        f"generalized_{view.generalized}" if view.generalized else "",
        f"{codes.kind}-{codes.bits}" if codes else "",
    ]
    return re.sub(r"[^\w@.-]+", "_", "-".join(part for part in parts if part))


def default_target(model: Path, name: str) -> Path | None:
    """Where a run keeps the measurement `name` of its model folder; None for a model folder of no run."""
    return model.parent / EVALUATIONS / name if run_facts(model.parent) else None


def check_target(folder: Path) -> None:
    """Refuse a folder that a measurement must not replace.

    Raises:
        DataError: it exists and is no measurement.
    """
    if folder.exists() and not (folder / EVALUATION).is_file():
        raise DataError(f"{folder}: exists and is no measurement; choose another folder with --out")


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
        queries=FeatureTable(of_queries, queries.labels, queries.paths),
        gallery=FeatureTable(of_gallery, gallery.labels, gallery.paths),
        training_class_names=measurement.training_class_names if training else (),
        training={side: FeatureTable(part.features, part.labels, part.paths) for side, part in training.items()},
    )


def save_evaluation(folder: Path, saved: SavedEvaluation) -> None:
    """Write `evaluation.json` and `features.npz` of a measurement into an existing folder."""
    arrays: dict[str, NDArray[Any]] = {
        "format": np.array(FORMAT),
        "name": np.array(saved.name),
        "root": np.array(str(saved.root)),
        "class_names": np.array(saved.class_names, dtype=np.str_),
        "training_class_names": np.array(saved.training_class_names, dtype=np.str_),
    }
    for side, table in {"queries": saved.queries, "gallery": saved.gallery, **saved.training}.items():
        arrays[f"{side}_features"] = table.features
        arrays[f"{side}_labels"] = table.labels
        arrays[f"{side}_paths"] = np.array(table.paths, dtype=np.str_)
    save_arrays(folder / FEATURES, arrays)
    text = json.dumps(saved.evaluation, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / EVALUATION).write_text(text + "\n", encoding="utf-8")


def open_evaluations(path: Path) -> list[SavedEvaluation]:
    """Every measurement of a run folder, by name, or the one that `path` itself is.

    Raises:
        FormatError: there is none, or one is damaged.
    """
    if (path / EVALUATION).is_file():
        return [SavedEvaluation.open(path)]
    folders = sorted(file.parent for file in (path / EVALUATIONS).glob(f"*/{EVALUATION}"))
    if not folders:
        raise FormatError(
            f"{path}: holds no measurement; make one with inkseek evaluate {path} --data DIR --split NAME, "
            "or give a folder that inkseek evaluate --out wrote"
        )
    return [SavedEvaluation.open(folder) for folder in folders]


def _strings(values: NDArray[Any]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _table(arrays: Mapping[str, NDArray[Any]], side: str) -> FeatureTable:
    return FeatureTable(arrays[f"{side}_features"], arrays[f"{side}_labels"], _strings(arrays[f"{side}_paths"]))
