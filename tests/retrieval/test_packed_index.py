import threading
from pathlib import Path
from typing import cast

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inkseek.retrieval.itq import fit_itq
from inkseek.retrieval.packed_index import PackedIndex
from tests.retrieval.galleries import unit_rows

Codes = NDArray[np.uint8]


def random_codes(count: int, width: int, seed: int = 0) -> Codes:
    return np.random.default_rng(seed).integers(0, 256, (count, width), np.uint8)


def brute_force(codes: Codes, queries: Codes, k: int) -> tuple[list[list[int]], list[list[int]]]:
    distances, positions = [], []
    for query in queries.tolist():
        found = []
        for position, code in enumerate(codes.tolist()):
            differing = [(left ^ right).bit_count() for left, right in zip(query, code, strict=True)]
            found.append((sum(differing), position))
        found.sort()
        distances.append([distance for distance, _ in found[:k]])
        positions.append([position for _, position in found[:k]])
    return distances, positions


@settings(max_examples=60)
@given(
    count=st.integers(1, 300),
    width=st.sampled_from([1, 2, 4, 8, 12, 16, 20, 32, 33, 64]),
    distinct=st.integers(1, 300),
    k=st.integers(1, 320),
    mask=st.sampled_from([255, 17, 1]),
    seed=st.integers(0, 2**16),
)
def test_search_equals_brute_force(count: int, width: int, distinct: int, k: int, mask: int, seed: int) -> None:
    """Also where most distances are equal: then the lower position comes first, at the border too."""
    rng = np.random.default_rng(seed)
    pool = random_codes(distinct, width, seed) & np.uint8(mask)
    codes, queries = pool[rng.integers(0, distinct, count)], pool[rng.integers(0, distinct, 3)]

    distances, positions = PackedIndex(codes).search(queries, k)

    expected_distances, expected_positions = brute_force(codes, queries, k)
    assert positions.tolist() == expected_positions
    assert distances.tolist() == expected_distances


def test_ties_at_the_border_come_by_position_in_a_large_index() -> None:
    """200,000 codes of 16 bits: thousands tie at every distance, and FAISS reads them in several blocks."""
    codes, queries = random_codes(200_000, 2), random_codes(5, 2, 1)
    index = PackedIndex(codes)

    for k in (1, 100, 5000):
        distances, positions = index.search(queries, k)
        expected = np.bitwise_count(queries.view(np.uint16) ^ codes.view(np.uint16).T)
        order = np.argsort(expected, axis=1, kind="stable")[:, :k]
        np.testing.assert_array_equal(positions, order)
        np.testing.assert_array_equal(distances, np.take_along_axis(expected, order, axis=1))


def test_together_equals_one_by_one() -> None:
    index, queries = PackedIndex(random_codes(500, 4)), random_codes(70, 4, 1)

    together = index.search(queries, 20)[1]

    np.testing.assert_array_equal(
        together, np.concatenate([index.search(query[np.newaxis], 20)[1] for query in queries])
    )


def test_a_search_takes_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(faiss, "omp_set_num_threads", asked.append)

    PackedIndex(random_codes(10, 8)).search(random_codes(1, 8), 3)

    assert asked == [1]


def test_threads_may_search_at_once() -> None:
    index, queries = PackedIndex(random_codes(20_000, 8)), random_codes(8, 8, 1)
    expected = index.search(queries, 50)[1]
    found: list[NDArray[np.int64]] = []
    threads = [threading.Thread(target=lambda: found.append(index.search(queries, 50)[1])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4
    for positions in found:
        np.testing.assert_array_equal(positions, expected)


def rescored_by_hand(
    codes: Codes, vectors: NDArray[np.float16], queries: NDArray[np.float32], query_codes: Codes, k: int, count: int
) -> list[list[int]]:
    result = []
    for query, proposed in zip(queries, brute_force(codes, query_codes, count)[1], strict=True):
        scored = []
        for position in proposed:
            score = np.float32(sum(float(x) * float(y) for x, y in zip(query, vectors[position], strict=True)))
            scored.append((-float(score), position))
        scored.sort()
        result.append([position for _, position in scored[:k]])
    return result


@settings(max_examples=25)
@given(
    count=st.integers(1, 80),
    copies=st.integers(1, 40),
    k=st.integers(1, 30),
    oversample=st.integers(1, 5),
    seed=st.integers(0, 2**16),
)
def test_rescoring_orders_the_closest_codes_by_inner_product(
    count: int, copies: int, k: int, oversample: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    chosen = rng.integers(0, max(1, count // copies), count)
    vectors = unit_rows(count, 16, seed)[chosen].astype(np.float16)
    codes, query_codes = np.packbits(vectors > 0, axis=1), random_codes(3, 2, seed)
    queries = unit_rows(3, 16, seed + 1)

    scores, positions = PackedIndex(codes, vectors).search_rescored(queries, query_codes, k, oversample=oversample)

    assert positions.tolist() == rescored_by_hand(codes, vectors, queries, query_codes, k, k * oversample)
    exact = np.take_along_axis(queries.astype(np.float64) @ vectors.astype(np.float64).T, positions, axis=1)
    np.testing.assert_allclose(scores, exact, rtol=0, atol=1e-6)
    assert scores.dtype == np.float32


def clustered(count: int, seed: int) -> NDArray[np.float32]:
    """Unit rows of 128 values in 50 clusters, variances falling as those of trained features do."""
    rng = np.random.default_rng(seed)
    spectrum = 1 / np.sqrt(1 + np.arange(128))
    centres = np.random.default_rng(99).standard_normal((50, 128))
    rows = (centres[rng.integers(0, 50, count)] + rng.standard_normal((count, 128))) * spectrum
    unit: NDArray[np.float64] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit.astype(np.float32)


def test_rescoring_brings_back_what_codes_lose() -> None:
    """Recall@10 of 20,000 pictures against exact search, 64 bits."""
    training, gallery, queries = clustered(2000, 0), clustered(20_000, 1), clustered(100, 2)
    itq = fit_itq(training, training, bits=64)
    index = PackedIndex(itq.encode(gallery, "photo"), gallery.astype(np.float16))
    codes = itq.encode(queries, "sketch")
    exact = np.argsort(-(queries @ gallery.T), axis=1)[:, :10]

    def recall(found: NDArray[np.int64]) -> float:
        return float(np.mean([np.isin(row, best).mean() for row, best in zip(found, exact, strict=True)]))

    by_code = recall(index.search(codes, 10)[1])
    rescored = [recall(index.search_rescored(queries, codes, 10, oversample=times)[1]) for times in (1, 10, 50, 2000)]

    assert by_code == rescored[0] < rescored[1] < rescored[2]
    assert rescored[1] > 0.5
    assert rescored[2] > 0.85
    assert rescored[3] > 0.99


def test_vectors_may_lie_in_a_file(tmp_path: Path) -> None:
    vectors = unit_rows(50, 16).astype(np.float16)
    np.save(tmp_path / "vectors.npy", vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r", allow_pickle=False)
    codes = np.packbits(vectors > 0, axis=1)

    _, positions = PackedIndex(codes, mapped).search_rescored(vectors[:5].astype(np.float32), codes[:5], 1)

    assert positions[:, 0].tolist() == [0, 1, 2, 3, 4]


def test_an_empty_index_and_no_query_give_nothing() -> None:
    empty = PackedIndex(np.empty((0, 8), np.uint8), np.empty((0, 16), np.float16))
    assert len(empty) == 0
    assert empty.bits == 64
    assert empty.search(random_codes(2, 8), 5)[1].shape == (2, 0)
    assert empty.search_rescored(unit_rows(2, 16), random_codes(2, 8), 5)[0].shape == (2, 0)
    assert PackedIndex(random_codes(9, 8)).search(np.empty((0, 8), np.uint8), 5)[0].shape == (0, 5)


def test_codes_are_copied_and_may_lie_anyhow() -> None:
    codes = random_codes(100, 16)
    index = PackedIndex(codes[::2, ::2])
    expected = index.search(codes[:3, ::2], 5)[1]
    kept = codes.copy()
    codes[:] = 0

    np.testing.assert_array_equal(index.search(kept[:3, ::2], 5)[1], expected)


def test_wrong_arguments_are_refused() -> None:
    vectors = unit_rows(10, 16).astype(np.float16)
    index = PackedIndex(random_codes(10, 8), vectors)
    queries, codes = unit_rows(2, 16), random_codes(2, 8)
    with pytest.raises(ValueError, match="k must be at least 1, not 0"):
        index.search(codes, 0)
    with pytest.raises(ValueError, match="queries have 128 bits, the index has 64"):
        index.search(random_codes(2, 16), 3)
    with pytest.raises(ValueError, match=r"packed uint8 \[n, bits / 8\], not bool"):
        PackedIndex(cast(Codes, np.ones((4, 64), bool)))
    with pytest.raises(ValueError, match="packed uint8"):
        index.search(codes[0], 3)
    with pytest.raises(ValueError, match=r"vectors must be \[11, d\], not \(10, 16\)"):
        PackedIndex(random_codes(11, 8), vectors)
    with pytest.raises(ValueError, match=r"features must be \[2, 16\], not \(2, 8\)"):
        index.search_rescored(queries[:, :8], codes, 3)
    with pytest.raises(ValueError, match="k and oversample must be at least 1, not 3 and 0"):
        index.search_rescored(queries, codes, 3, oversample=0)
    with pytest.raises(ValueError, match="k and oversample must be at least 1, not -1 and 10"):
        index.search_rescored(queries, codes, -1)
    with pytest.raises(ValueError, match="codes alone"):
        PackedIndex(random_codes(10, 8)).search_rescored(queries, codes, 3)
