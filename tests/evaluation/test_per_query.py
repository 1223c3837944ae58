"""Values of every query: written, read back, laid side by side, and damaged."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytest

from inkseek.errors import FormatError
from inkseek.evaluation.per_query import load_per_query, save_per_query
from inkseek.evaluation.retrieval_metrics import RetrievalMetrics, retrieval_metrics
from tests.evaluation.problems import problem

NAMES = ["cup", "swan", "bären", "nothing of it in the gallery"]
PATHS = [f"sketch/{number}, a b.png" for number in range(7)]


def measured() -> dict[str, RetrievalMetrics]:
    queries, gallery, query_labels, gallery_labels = problem(0)
    query_labels[3] = 3
    return retrieval_metrics(queries, gallery, query_labels, gallery_labels)


def test_values_come_back(tmp_path: Path) -> None:
    metrics = measured()

    save_per_query(tmp_path / "queries.npz", metrics, paths=PATHS, class_names=NAMES)
    found = load_per_query(tmp_path / "queries.npz")

    assert found.paths == tuple(PATHS[:3] + PATHS[4:])
    assert found.classes == tuple(NAMES[label] for label in metrics["sake"].labels)
    assert list(found.values)[:3] == ["standard/mAP@all", "standard/mAP@25", "standard/P@25"]
    assert len(found.values) == 5 * 7
    for name, protocol in metrics.items():
        for metric, values in protocol.values.items():
            np.testing.assert_array_equal(found.values[f"{name}/{metric}"], values)
    assert [file.name for file in tmp_path.iterdir()] == ["queries.npz"]


def test_the_file_is_a_table_of_columns(tmp_path: Path) -> None:
    metrics = measured()
    save_per_query(tmp_path / "queries.npz", metrics, paths=PATHS, class_names=NAMES)

    with np.load(tmp_path / "queries.npz", allow_pickle=False) as file:
        table = pd.DataFrame(dict(file))

    assert list(table.columns[:3]) == ["path", "class", "standard/mAP@all"]
    assert len(table) == 6
    by_class = table.groupby("class")["standard/mAP@all"].mean()
    for label in set(metrics["standard"].labels.tolist()):
        assert by_class[NAMES[label]] == pytest.approx(metrics["standard"].of_class(label)[1]["mAP@all"])


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    save_per_query(tmp_path / "queries.npz", measured(), paths=PATHS, class_names=NAMES)
    before = (tmp_path / "queries.npz").read_bytes()
    torn = {name: replace(found, values={"mAP@all": None}) for name, found in measured().items()}  # type: ignore[dict-item]

    with pytest.raises(ValueError, match="Object arrays"):
        save_per_query(tmp_path / "queries.npz", torn, paths=PATHS, class_names=NAMES)

    assert [file.name for file in tmp_path.iterdir()] == ["queries.npz"]
    assert (tmp_path / "queries.npz").read_bytes() == before


def damaged(path: Path, kind: str) -> None:
    save_per_query(path, measured(), paths=PATHS, class_names=NAMES)
    content = path.read_bytes()
    if kind == "cut short":
        path.write_bytes(content[: len(content) // 2])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "no archive":
        path.write_bytes(b"path,class\n")
    elif kind == "one array":
        np.save(path.with_suffix(".npy"), np.arange(3))
        path.with_suffix(".npy").replace(path)
    elif kind == "no path":
        np.savez(path, other=np.arange(3))
    elif kind == "words for values":
        np.savez(
            path,
            allow_pickle=False,
            **{"path": np.array(["a"]), "class": np.array(["b"]), "sake/P@25": np.array(["c"])},
        )
    else:
        np.savez(
            path, allow_pickle=False, **{"path": np.array(["a"]), "class": np.array(["b"]), "sake/P@25": np.arange(2.0)}
        )


@pytest.mark.parametrize(
    "kind", ["cut short", "empty", "no archive", "one array", "no path", "words for values", "unequal columns"]
)
def test_a_damaged_file_is_refused(kind: str, tmp_path: Path) -> None:
    damaged(tmp_path / "queries.npz", kind)

    with pytest.raises(FormatError, match=r"queries\.npz: .*; measure again"):
        load_per_query(tmp_path / "queries.npz")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"queries\.npz: cannot be read \(No such file"):
        load_per_query(tmp_path / "queries.npz")
