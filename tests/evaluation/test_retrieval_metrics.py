"""A whole evaluation: every value, means over queries and classes, queries that cannot be measured, and memory."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkseek.errors import DataError
from inkseek.evaluation.protocols import PROTOCOLS
from inkseek.evaluation.retrieval_metrics import RetrievalMetrics, retrieval_metrics
from tests.evaluation.problems import Problem, problem, relevance_of, with_ties
from tests.reference import metrics_reference as reference

SOURCE = Path(__file__).parents[2] / "src"


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_value_equals_the_loops(name: str) -> None:
    data = problem(5)
    metrics = retrieval_metrics(*data, cuts=(5, 25))[name]
    relevance = relevance_of(data)

    assert list(metrics.values) == ["mAP@all", "mAP@5", "P@5", "mAP@25", "P@25"]
    for metric, values in metrics.values.items():
        kind, cut = metric.split("@")
        k = None if cut == "all" else int(cut)
        expected = [
            reference.precision_at(one, int(cut), name) if kind == "P" else reference.average_precision(one, k, name)
            for one in relevance
        ]
        np.testing.assert_allclose(values, expected, atol=1e-12)


def unbalanced() -> Problem:
    """Class 0: nine queries that find their photo first. Class 1: one query that finds its photo last."""
    gallery = np.eye(2, dtype=np.float32)
    return np.repeat(gallery[:1], 10, axis=0), gallery, np.array([0] * 9 + [1]), np.array([0, 1])


def test_micro_weighs_queries_and_macro_weighs_classes() -> None:
    metrics = retrieval_metrics(*unbalanced())["standard"]

    assert metrics.micro()["mAP@all"] == pytest.approx(0.95)
    assert metrics.macro()["mAP@all"] == pytest.approx(0.75)
    for label, queries, value in ((0, 9, 1.0), (1, 1, 0.5)):
        count, means = metrics.of_class(label)
        assert (count, list(means)) == (queries, list(metrics.values))
        assert means["mAP@all"] == pytest.approx(value)


def test_queries_without_a_relevant_photo_are_left_out_and_counted() -> None:
    queries, gallery, _, gallery_labels = unbalanced()

    metrics = retrieval_metrics(queries, gallery, np.array([0] * 8 + [7, 1]), gallery_labels)["sake"]

    assert metrics.excluded == 1
    assert metrics.queries.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 9]
    assert metrics.micro()["mAP@all"] == pytest.approx(8.5 / 9)
    assert metrics.macro()["mAP@all"] == pytest.approx(0.75)
    assert metrics.of_class(7) == (0, {})


def test_a_query_without_a_hit_within_the_cut_counts_as_0() -> None:
    metrics = retrieval_metrics(*unbalanced(), cuts=(1,))

    for name in PROTOCOLS:
        assert metrics[name].excluded == 0
        assert metrics[name].values["mAP@1"].tolist() == [1] * 9 + [0]


def test_no_measurable_query_is_an_error() -> None:
    queries, gallery, query_labels, gallery_labels = problem(0)

    with pytest.raises(DataError, match="no query has a photo of its class"):
        retrieval_metrics(queries, gallery, query_labels + 10, gallery_labels)


def test_labels_that_do_not_fit_are_refused() -> None:
    queries, gallery, query_labels, gallery_labels = problem(0)

    with pytest.raises(ValueError, match=r"query: labels must be \[n\] for 7 pictures, not \[2\]"):
        retrieval_metrics(queries, gallery, query_labels[:2], gallery_labels)
    with pytest.raises(ValueError, match=r"gallery: labels must be \[n\] for 40 pictures, not \[41\]"):
        retrieval_metrics(queries, gallery, query_labels, np.append(gallery_labels, 0))


def test_only_the_protocols_asked_for_are_measured_in_their_order() -> None:
    asked = [PROTOCOLS["zse"], PROTOCOLS["standard"]]

    found = retrieval_metrics(*problem(6), protocols=asked)

    assert list(found) == ["zse", "standard"]
    assert [metrics.protocol for metrics in found.values()] == asked
    assert list(retrieval_metrics(*problem(6))) == ["standard", "sake", "sempcyc", "doodle", "zse"]


def test_protocols_share_what_they_define_alike() -> None:
    found = retrieval_metrics(*with_ties(6), cuts=(3, 25))

    for metric in ("mAP@all", "mAP@3", "mAP@25"):
        np.testing.assert_array_equal(found["sake"].values[metric], found["zse"].values[metric])
        np.testing.assert_array_equal(found["sempcyc"].values[metric], found["doodle"].values[metric])
    for cut in (3, 25):
        np.testing.assert_array_equal(found["standard"].values[f"P@{cut}"], found["sake"].values[f"P@{cut}"])
        np.testing.assert_array_equal(found["standard"].values[f"P@{cut}"], found["sempcyc"].values[f"P@{cut}"])


def assert_same(found: dict[str, RetrievalMetrics], other: dict[str, RetrievalMetrics]) -> None:
    for name in PROTOCOLS:
        np.testing.assert_array_equal(found[name].queries, other[name].queries)
        np.testing.assert_array_equal(found[name].labels, other[name].labels)
        for metric, values in found[name].values.items():
            np.testing.assert_array_equal(values, other[name].values[metric])


@pytest.mark.parametrize("block", [1, 3, 100])
def test_block_size_changes_no_value(block: int) -> None:
    data = with_ties(7)

    assert_same(retrieval_metrics(*data, block=block), retrieval_metrics(*data))


def test_block_size_changes_wide_scores_by_rounding_only() -> None:
    """Wide enough that a float32 product differs between block sizes in its last bits."""
    data = problem(1, queries=33, gallery=501, dimension=512)
    whole = retrieval_metrics(*data)

    for block in (1, 7):
        for name, metrics in retrieval_metrics(*data, block=block).items():
            for metric in ("mAP@all", "mAP@100"):
                np.testing.assert_allclose(metrics.values[metric], whole[name].values[metric], atol=1e-3)


@pytest.mark.parametrize("threads", [1, 5])
def test_threads_change_no_value(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = with_ties(8)
    expected = retrieval_metrics(*data)

    monkeypatch.setattr("os.cpu_count", lambda: threads)

    assert_same(retrieval_metrics(*data), expected)


def test_features_may_be_of_any_float() -> None:
    queries, gallery, query_labels, gallery_labels = data = with_ties(9)

    doubled = (queries.astype(np.float64), gallery.astype(np.float64), query_labels, gallery_labels)

    assert_same(retrieval_metrics(*doubled), retrieval_metrics(*data))


def test_a_protocol_is_a_row_of_data() -> None:
    """A definition that nobody published, put together from the parts of two."""
    own = replace(PROTOCOLS["sake"], name="own", precision="next")
    found = retrieval_metrics(*problem(6), protocols=[own, *PROTOCOLS.values()], cuts=(5,))

    np.testing.assert_array_equal(found["own"].values["mAP@5"], found["sake"].values["mAP@5"])
    np.testing.assert_array_equal(found["own"].values["P@5"], found["doodle"].values["P@5"])


PROGRAM = """
import resource
import numpy as np
from inkseek.evaluation.retrieval_metrics import retrieval_metrics

random = np.random.default_rng(0)
def features(count):
    return random.standard_normal((count, 8), dtype=np.float32)
queries, gallery = features(6000), features(9000)
labels = np.arange(9000) % 30
retrieval_metrics(queries[:60], gallery, labels[:60], labels, block=60)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
retrieval_metrics(queries, gallery, labels[:6000], labels, block=60)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_memory_is_a_few_blocks() -> None:
    """6,000 x 9,000 scores fill 206 MiB, a block of 60 rows 2 MiB."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=True
    )

    assert int(done.stdout) < 50
