import threading
from dataclasses import astuple
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inkseek.errors import GalleryError
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index import Index
from inkseek.retrieval.index_cache import VECTORS, is_fresh, write_cache
from inkseek.retrieval.ranking import Ranking
from tests.retrieval.galleries import description, filled, picture, unit_rows, vectors_of


def brute_force(
    vectors: NDArray[np.float16], ids: NDArray[np.int64], queries: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    scores = (queries.astype(np.float64) @ vectors.astype(np.float64).T).astype(np.float32)
    order = np.stack([np.lexsort((ids, -row)) for row in scores])[:, :k]
    return ids[order], np.take_along_axis(scores, order, axis=1)


@settings(max_examples=15, deadline=None)
@given(
    count=st.integers(1, 300),
    dimension=st.sampled_from([1, 3, 8, 17, 64]),
    copies=st.integers(1, 120),
    k=st.integers(1, 320),
    seed=st.integers(0, 2**16),
)
def test_search_equals_brute_force(
    tmp_path_factory: pytest.TempPathFactory, *, count: int, dimension: int, copies: int, k: int, seed: int
) -> None:
    """Also among copies, whose scores are equal: then the lower id comes first."""
    features = unit_rows(count, dimension, seed)
    features = features[np.random.default_rng(seed).integers(0, max(1, count // copies), count)]
    queries = np.concatenate([unit_rows(3, dimension, seed + 1), features[:1]])
    with filled(tmp_path_factory.mktemp("g") / "g", features) as gallery:
        gallery.remove(range(2, count, 7))
        ids, vectors = vectors_of(gallery)
        ranking = Index(gallery).search(queries, k)
    expected_ids, expected_scores = brute_force(vectors, ids, queries, k)
    np.testing.assert_array_equal(ranking.scores, expected_scores)
    np.testing.assert_array_equal(ranking.ids, expected_ids)


@settings(max_examples=15, deadline=None)
@given(
    count=st.integers(1, 300),
    dimension=st.sampled_from([1, 8, 17]),
    copies=st.integers(1, 120),
    k=st.integers(1, 40),
    part=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    seed=st.integers(0, 2**16),
)
def test_search_among_some_equals_brute_force_over_them(
    tmp_path_factory: pytest.TempPathFactory, *, count: int, dimension: int, copies: int, k: int, part: float, seed: int
) -> None:
    """Of unknown, removed and repeated ids in any order, only pictures of the gallery count, once each."""
    rng = np.random.default_rng(seed)
    features = unit_rows(count, dimension, seed)[rng.integers(0, max(1, count // copies), count)]
    queries = np.concatenate([unit_rows(2, dimension, seed + 1), features[:1]])
    among = rng.permutation(np.repeat(np.flatnonzero(rng.random(count + 9) < part), 2) - 3)
    with filled(tmp_path_factory.mktemp("g") / "g", features) as gallery:
        gallery.remove(range(2, count, 7))
        ids, vectors = vectors_of(gallery)
        rankings = [Index(gallery, kind).search(queries, k, among) for kind in ("exact", "packed")]
    chosen = np.isin(ids, among)
    expected_ids, expected_scores = brute_force(vectors[chosen], ids[chosen], queries, k)
    for ranking in rankings:
        np.testing.assert_array_equal(ranking.scores, expected_scores)
        np.testing.assert_array_equal(ranking.ids, expected_ids)


def test_copies_beyond_the_margin_are_still_ordered_by_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAISS may propose any of 500 equal pictures; the answer is the first ten of them."""
    features = np.repeat(unit_rows(1, 8), 500, axis=0)
    with filled(tmp_path / "g", features) as gallery:
        ranking = Index(gallery).search(features[:1], 10)
        assert ranking.ids[0].tolist() == list(range(1, 11))
        assert len(set(ranking.scores[0].tolist())) == 1
        monkeypatch.setattr("inkseek.retrieval.exact_search.SETTLED_ROWS", 7)
        assert Index(gallery).search(features[:1], 10).ids[0].tolist() == list(range(1, 11))


def test_copies_among_other_pictures_are_ordered_by_id(tmp_path: Path) -> None:
    """A hundred copies fill the first proposal, and not the second, which is less than the gallery."""
    features = unit_rows(1500, 8)
    features[400:500] = features[0]
    with filled(tmp_path / "g", features) as gallery:
        assert Index(gallery).search(features[:1], 10).ids[0].tolist() == [1, *range(401, 410)]


def test_many_blocks_are_one_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkseek.retrieval.index_cache.BLOCK_ROWS", 16)
    features = unit_rows(100, 8)
    with filled(tmp_path / "g", features) as gallery:
        ranking = Index(gallery).search(features, 1)
        assert ranking.ids[:, 0].tolist() == list(range(1, 101))
        assert b'"block_rows": 16' in (gallery.folder / VECTORS).read_bytes()


def test_an_empty_gallery_gives_an_empty_ranking(tmp_path: Path) -> None:
    with Gallery.create(tmp_path / "g", description()) as gallery:
        index = Index(gallery)
        assert len(index) == 0
        assert index.search(unit_rows(2, 8), 5).ids.shape == (2, 0)


def test_k_below_one_is_refused(tmp_path: Path) -> None:
    with filled(tmp_path / "g", unit_rows(1, 8)) as gallery, pytest.raises(ValueError, match="at least 1"):
        Index(gallery).search(unit_rows(1, 8), 0)


def test_the_cache_is_written_once_and_then_read(tmp_path: Path) -> None:
    with filled(tmp_path / "g", unit_rows(20, 8)) as gallery:
        assert not is_fresh(gallery)
        Index(gallery).search(unit_rows(1, 8), 5)
        written = (gallery.folder / VECTORS).stat().st_mtime_ns
        assert is_fresh(gallery)
        Index(gallery).search(unit_rows(1, 8), 5)
        assert (gallery.folder / VECTORS).stat().st_mtime_ns == written


def test_the_cache_is_out_of_date_after_a_change(tmp_path: Path) -> None:
    features = unit_rows(21, 8)
    with filled(tmp_path / "g", features[:20]) as gallery:
        assert len(Index(gallery)) == 20
        gallery.add([picture("new.jpg")], features[20:])
        assert not is_fresh(gallery)
        assert Index(gallery).search(features[20:], 1).ids.tolist() == [[21]]
        gallery.remove([21])
        assert Index(gallery).search(features[20:], 30).ids.tolist()[0].count(21) == 0


def test_the_cache_of_another_gallery_is_not_believed(tmp_path: Path) -> None:
    with filled(tmp_path / "a", unit_rows(5, 8, 1)) as first, filled(tmp_path / "b", unit_rows(5, 8, 2)) as second:
        write_cache(first)
        (second.folder / VECTORS).write_bytes((first.folder / VECTORS).read_bytes())
        query = unit_rows(1, 8, 3)
        expected = brute_force(vectors_of(second)[1], vectors_of(second)[0], query, 5)
        np.testing.assert_array_equal(Index(second).search(query, 5).ids, expected[0])


def test_threads_may_search_at_once(tmp_path: Path) -> None:
    features = unit_rows(3000, 16)
    with filled(tmp_path / "g", features) as gallery:
        index = Index(gallery)
        index.load()
        expected = index.search(features[:8], 40)
        found: list[Ranking] = []
        threads = [threading.Thread(target=lambda: found.append(index.search(features[:8], 40))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == 4
    for ranking in found:
        np.testing.assert_array_equal(ranking.ids, expected.ids)


def test_one_thread_a_search_is_a_setting_of_the_calling_thread(tmp_path: Path) -> None:
    """FAISS keeps it for each thread, so a search sets it, and other threads keep theirs."""
    before = faiss.omp_get_max_threads()
    features = unit_rows(100, 8)
    after: list[int] = []

    def search() -> None:
        faiss.omp_set_num_threads(3)
        index.search(features[:1], 1)
        after.append(faiss.omp_get_max_threads())

    with filled(tmp_path / "g", features) as gallery:
        index = Index(gallery)
        index.load()
        thread = threading.Thread(target=search)
        thread.start()
        thread.join()
    assert after == [1]
    assert faiss.omp_get_max_threads() == before


def test_packed_search_gives_exact_scores_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkseek.retrieval.index.LEAST_RESCORED", 50)
    features = unit_rows(2000, 64)
    queries = unit_rows(5, 64, 1)
    with filled(tmp_path / "g", features) as gallery:
        exact = Index(gallery).search(queries, 2000)
        packed = Index(gallery, "packed").search(queries, 5)
    scores = [dict(zip(ids.tolist(), row.tolist(), strict=True)) for ids, row in zip(*astuple(exact), strict=True)]
    for known, ids, found in zip(scores, packed.ids.tolist(), packed.scores.tolist(), strict=True):
        assert [known[picture_id] for picture_id in ids] == found
    assert np.isin(packed.ids[:, 0], exact.ids[:, :5]).mean() > 0.5


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_vector_that_is_not_finite_is_refused(tmp_path: Path, value: float) -> None:
    features = unit_rows(5, 8)
    features[3, 2] = value
    with filled(tmp_path / "g", features) as gallery:
        with pytest.raises(GalleryError, match="vector of picture 4 is not finite; remove the picture"):
            Index(gallery).search(features[:1], 2)
        assert not (gallery.folder / VECTORS).exists()
        gallery.remove([4])
        assert len(Index(gallery)) == 4
