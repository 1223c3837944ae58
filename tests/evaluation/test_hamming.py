"""Packed codes under Hamming distance: exact distances, ties in the gallery's order, and over all orders."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inkseek.errors import DataError
from inkseek.evaluation import hamming
from inkseek.evaluation.hamming import hamming_metrics
from inkseek.evaluation.protocols import BEST, EXPECTED, PROTOCOLS, WORST
from inkseek.evaluation.retrieval_metrics import retrieval_metrics
from tests.reference import metrics_reference as reference

Codes = NDArray[np.uint8]
Labels = NDArray[np.int64]
Problem = tuple[Codes, Codes, Labels, Labels]


def problem(seed: int, queries: int = 6, gallery: int = 40, width: int = 1, classes: int = 3) -> Problem:
    random = np.random.default_rng(seed)
    return (
        random.integers(0, 256, (queries, width), dtype=np.uint8),
        random.integers(0, 256, (gallery, width), dtype=np.uint8),
        random.integers(0, classes, queries),
        random.integers(0, classes, gallery),
    )


def rankings(data: Problem) -> list[tuple[list[int], list[float]]]:
    """Relevance and negated distance down each query's ranking; equal distances keep the order of the gallery."""
    queries, gallery, query_labels, gallery_labels = data
    found = []
    for query, label in zip(queries, query_labels, strict=True):
        distances = [reference.hamming_distance(query, code) for code in gallery]
        order = sorted(range(len(gallery)), key=lambda position: distances[position])
        found.append(([int(gallery_labels[i] == label) for i in order], [-float(distances[i]) for i in order]))
    return found


@pytest.mark.parametrize("width", [1, 3, 8, 9, 32])
@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_value_equals_the_loops(name: str, width: int) -> None:
    data = problem(width, width=width)

    metrics = hamming_metrics(*data, cuts=(5, 25))[name]

    for row, (relevance, scores) in enumerate(rankings(data)):
        for metric, values in metrics.values.items():
            kind, cut = metric.split("@")
            expected = (
                reference.precision_at(relevance, int(cut), name)
                if kind == "P"
                else reference.average_precision(relevance, None if cut == "all" else int(cut), name, scores)
            )
            assert values[row] == pytest.approx(expected, abs=1e-12), metric


def test_expected_best_and_worst_equal_every_order() -> None:
    data = problem(3, gallery=7, classes=2)
    data[1][:] = data[1][[0, 0, 0, 1, 1, 2, 0]]

    metrics = hamming_metrics(*data, protocols=[EXPECTED, BEST, WORST], cuts=(2,))

    assert list(metrics) == ["expected", "best", "worst"]
    for row, (relevance, scores) in enumerate(rankings(data)):
        orders = list(reference.orders_within_ties(relevance, scores))
        assert len(orders) >= 24
        for metric, cut in (("mAP@all", None), ("mAP@2", 2)):
            values = [reference.average_precision(order, cut, "standard") for order in orders]
            assert metrics["expected"].values[metric][row] == pytest.approx(np.mean(values), abs=1e-12)
            assert metrics["best"].values[metric][row] == pytest.approx(max(values), abs=1e-12)
            assert metrics["worst"].values[metric][row] == pytest.approx(min(values), abs=1e-12)
        precision = [reference.precision_at(order, 2) for order in orders]
        assert metrics["expected"].values["P@2"][row] == pytest.approx(np.mean(precision), abs=1e-12)
        assert metrics["best"].values["P@2"][row] == pytest.approx(max(precision), abs=1e-12)


def test_expected_stands_besides_the_protocols() -> None:
    assert list(hamming_metrics(*problem(0))) == ["standard", "sake", "sempcyc", "doodle", "zse", "expected"]
    assert list(hamming_metrics(*problem(0), protocols=[PROTOCOLS["sake"]])) == ["sake", "expected"]
    assert hamming_metrics(*problem(0))["expected"].protocol is EXPECTED


@given(st.integers(0, 1000))
def test_order_inside_ties_lies_between_worst_and_best(seed: int) -> None:
    metrics = hamming_metrics(*problem(seed), protocols=[PROTOCOLS["standard"], BEST, WORST], cuts=(5,))

    for metric, best in metrics["best"].values.items():
        for name in ("standard", "expected"):
            assert (metrics["worst"].values[metric] <= metrics[name].values[metric] + 1e-12).all()
            assert (metrics[name].values[metric] <= best + 1e-12).all()


@given(st.integers(0, 1000))
def test_expected_does_not_know_the_order_of_the_gallery(seed: int) -> None:
    queries, gallery, query_labels, gallery_labels = data = problem(seed)
    order = np.random.default_rng(seed).permutation(len(gallery))

    permuted = hamming_metrics(queries, gallery[order], query_labels, gallery_labels[order])["expected"]

    for metric, values in hamming_metrics(*data)["expected"].values.items():
        np.testing.assert_allclose(permuted.values[metric], values, atol=1e-12)


@pytest.mark.parametrize("block", [1, 4])
def test_block_size_changes_no_value(block: int) -> None:
    data = problem(1, width=8)
    whole = hamming_metrics(*data)

    for name, metrics in hamming_metrics(*data, block=block).items():
        for metric, values in metrics.values.items():
            np.testing.assert_array_equal(values, whole[name].values[metric])


def test_it_ranks_as_the_inner_product_of_signs_does() -> None:
    queries, gallery, query_labels, gallery_labels = data = problem(2, width=8)

    def signs(codes: Codes) -> NDArray[np.float32]:
        return np.unpackbits(codes, axis=1).astype(np.float32) * 2 - 1

    by_scores = retrieval_metrics(signs(queries), signs(gallery), query_labels, gallery_labels)
    for name, metrics in by_scores.items():
        for metric, values in metrics.values.items():
            np.testing.assert_allclose(hamming_metrics(*data)[name].values[metric], values, atol=1e-12)


def test_keys_that_need_64_bits_rank_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    data = problem(4, width=8)
    expected = hamming_metrics(*data)

    monkeypatch.setattr(hamming, "key_type", lambda bits, shift: np.uint64)

    for name, metrics in hamming_metrics(*data).items():
        for metric, values in metrics.values.items():
            np.testing.assert_array_equal(values, expected[name].values[metric])


@pytest.mark.parametrize(
    ("bits", "shift", "needed"),
    [(63, 26, np.uint32), (64, 25, np.uint32), (64, 26, np.uint64), (256, 23, np.uint32), (256, 24, np.uint64)],
)
def test_keys_hold_the_greatest_distance_and_position(bits: int, shift: int, needed: type) -> None:
    assert hamming.key_type(bits, shift) is needed
    assert (bits << shift | ((1 << shift) - 1)) <= np.iinfo(needed).max


def test_queries_without_a_relevant_photo_are_left_out_and_counted() -> None:
    queries, gallery, query_labels, gallery_labels = problem(0)
    query_labels[2] = 9

    metrics = hamming_metrics(queries, gallery, query_labels, gallery_labels)["expected"]

    assert metrics.excluded == 1
    assert metrics.queries.tolist() == [0, 1, 3, 4, 5]
    with pytest.raises(DataError, match="no query has a photo of its class"):
        hamming_metrics(queries, gallery, query_labels + 10, gallery_labels)


def test_codes_that_are_no_packed_bits_are_refused() -> None:
    queries, gallery, query_labels, gallery_labels = problem(0, width=2)

    with pytest.raises(ValueError, match=r"query: codes must be uint8 \[n, bits/8\], not int64"):
        hamming_metrics(queries.astype(np.int64), gallery, query_labels, gallery_labels)
    with pytest.raises(ValueError, match="codes differ in bits: 8 and 16"):
        hamming_metrics(queries[:, :1], gallery, query_labels, gallery_labels)
    with pytest.raises(ValueError, match="labels must be"):
        hamming_metrics(queries, gallery, query_labels[1:], gallery_labels)
    with pytest.raises(DataError, match="the gallery holds no code"):
        hamming_metrics(queries, gallery[:0], query_labels, gallery_labels[:0])
