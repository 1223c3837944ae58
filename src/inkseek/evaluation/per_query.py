"""The values of every query on disk: one row a query, one column a metric of a protocol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkseek.arrays import load_arrays, save_arrays
from inkseek.errors import FormatError
from inkseek.evaluation.retrieval_metrics import RetrievalMetrics

PATH, CLASS = "path", "class"


@dataclass(frozen=True, eq=False)
class PerQuery:
    """What `save_per_query` wrote, of the queries that count.

    Attributes:
        paths: [q] files of the queries, relative to the data set's root.
        classes: [q] names of their classes.
        values: `protocol/metric` -> float64 [q].
    """

    paths: tuple[str, ...]
    classes: tuple[str, ...]
    values: Mapping[str, NDArray[np.float64]]


def save_per_query(
    path: Path, metrics: Mapping[str, RetrievalMetrics], *, paths: Sequence[str], class_names: Sequence[str]
) -> None:
    """Write the values of every query that counts as an uncompressed `.npz` of columns of equal length.

    The columns are `path`, `class`, and `protocol/metric` in float64; `pandas.DataFrame(dict(numpy.load(path)))` is the
    table. The file appears whole or not at all.

    Args:
        path: file to write.
        metrics: protocol -> values, all of one measurement.
        paths: files of all queries that were measured, those that do not count included.
        class_names: a label is a position in it.
    """
    one = next(iter(metrics.values()))
    columns = {
        PATH: np.array([paths[query] for query in one.queries], dtype=np.str_),
        CLASS: np.array([class_names[label] for label in one.labels], dtype=np.str_),
    }
    for protocol, found in metrics.items():
        columns |= {f"{protocol}/{metric}": np.asarray(values) for metric, values in found.values.items()}
    save_arrays(path, columns)


def load_per_query(path: Path) -> PerQuery:
    """Read what `save_per_query` wrote.

    Raises:
        FormatError: the file is missing, damaged or of another kind.
    """
    columns = load_arrays(path, "measure again with inkseek evaluate")
    try:
        paths, classes = columns.pop(PATH), columns.pop(CLASS)
        values = {name: column.astype(np.float64) for name, column in columns.items()}
    except (ValueError, KeyError):
        raise FormatError(f"{path}: holds no values of queries; measure again") from None
    if any(column.shape != (len(paths),) for column in (classes, *values.values())):
        raise FormatError(f"{path}: its columns differ in length; measure again")
    return PerQuery(tuple(map(str, paths)), tuple(map(str, classes)), values)
