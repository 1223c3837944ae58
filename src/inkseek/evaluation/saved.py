"""A measurement on disk: one folder with its figures, the values of every query, and the features they come from.

`evaluation.json` is the printed result, `queries.npz` one column a metric and one row a query, `features.npz` what was
compared: features, labels and picture files of queries and gallery, and of training pictures where they were encoded.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from inkseek.arrays import load_arrays, save_arrays
from inkseek.errors import FormatError
from inkseek.evaluation.result import FORMAT as RESULT_FORMAT
from inkseek.evaluation.result import Evaluation

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
        digests: uint8 [n, 32], SHA-256 of each picture's content.
    """

    features: NDArray[np.float32] | NDArray[np.uint8]
    labels: NDArray[np.int64]
    paths: tuple[str, ...]
    digests: NDArray[np.uint8]


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
        evaluation = _read_evaluation(folder / EVALUATION)
        found = load_arrays(folder / FEATURES, "measure again")
        try:
            if int(found["format"]) != FORMAT:
                raise FormatError(f"{folder}: format {int(found['format'])}, but this inkseek reads {FORMAT}")
            names, training_names = _strings(found["class_names"]), _strings(found["training_class_names"])
            sides = [side for side in ("sketch", "photo") if f"{side}_labels" in found]
            return cls(
                path=folder,
                name=str(found["name"]),
                evaluation=evaluation,
                root=Path(str(found["root"])),
                class_names=names,
                queries=_table(found, "queries", len(names)),
                gallery=_table(found, "gallery", len(names)),
                training_class_names=training_names,
                training={side: _table(found, side, len(training_names)) for side in sides},
            )
        except (ValueError, KeyError, TypeError):
            raise FormatError(f"{folder / FEATURES}: holds no measurement; measure again") from None


def _read_evaluation(file: Path) -> Evaluation:
    try:
        tree = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise FormatError(
            f"{file.parent}: no saved measurement ({error.strerror}); make one with inkseek evaluate MODEL --out DIR"
        ) from None
    except (ValueError, RecursionError):
        raise FormatError(f"{file}: is damaged; measure again") from None
    if not isinstance(tree, dict) or tree.get("format") != RESULT_FORMAT:
        raise FormatError(f"{file}: not a result of format {RESULT_FORMAT}; measure again")
    if missing := Evaluation.__required_keys__ - tree.keys():
        raise FormatError(f"{file}: lacks {', '.join(sorted(missing))}; measure again")
    return cast(Evaluation, tree)


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
        arrays[f"{side}_digests"] = table.digests
    save_arrays(folder / FEATURES, arrays)
    text = json.dumps(saved.evaluation, indent=1, allow_nan=False)
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


def _table(arrays: Mapping[str, NDArray[Any]], side: str, classes: int) -> FeatureTable:
    features, labels, digests = (arrays[f"{side}_{what}"] for what in ("features", "labels", "digests"))
    paths = _strings(arrays[f"{side}_paths"])
    if features.ndim != 2 or {len(labels), len(digests), len(paths)} != {len(features)}:
        raise ValueError("the columns of a side differ in length")
    if labels.min(initial=0) < 0 or labels.max(initial=0) >= max(classes, 1):
        raise ValueError("a label is no position in the class names")
    return FeatureTable(features, labels, paths, digests)
