import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import inkseek.retrieval.index as index_module
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index import Index
from inkseek.retrieval.index_cache import HEADER, VECTORS, StaleCacheError, is_fresh, open_cache, write_cache
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


def test_copies_beyond_the_margin_are_still_ordered_by_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAISS may propose any of 500 equal pictures; the answer is the first ten of them."""
    features = np.repeat(unit_rows(1, 8), 500, axis=0)
    with filled(tmp_path / "g", features) as gallery:
        ranking = Index(gallery).search(features[:1], 10)
        assert ranking.ids[0].tolist() == list(range(1, 11))
        assert len(set(ranking.scores[0].tolist())) == 1
        monkeypatch.setattr(index_module, "BLOCK_ROWS", 7)
        assert Index(gallery).search(features[:1], 10).ids[0].tolist() == list(range(1, 11))


def test_many_blocks_are_one_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkseek.retrieval.index_cache.BLOCK_ROWS", 16)
    monkeypatch.setattr(Gallery.blocks, "__defaults__", (16,))
    features = unit_rows(100, 8)
    with filled(tmp_path / "g", features) as gallery:
        ranking = Index(gallery).search(features, 1)
        assert ranking.ids[:, 0].tolist() == list(range(1, 101))
        assert len(json.loads((gallery.folder / HEADER).read_text())["checksums"]) == 7


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
        for name in (VECTORS, HEADER):
            (second.folder / name).write_bytes((first.folder / name).read_bytes())
        query = unit_rows(1, 8, 3)
        expected = brute_force(vectors_of(second)[1], vectors_of(second)[0], query, 5)
        np.testing.assert_array_equal(Index(second).search(query, 5).ids, expected[0])


def damage_bytes(path: Path, at: float) -> None:
    data = bytearray(path.read_bytes())
    data[int(at * (len(data) - 1))] ^= 0x5A
    path.write_bytes(data)


@pytest.mark.parametrize("name", [VECTORS, HEADER])
@pytest.mark.parametrize(
    "damage", ["missing", "empty", "half", "tail", "first", "middle", "last", "longer", "nonsense"]
)
def test_a_damaged_cache_is_rebuilt_silently(tmp_path: Path, name: str, damage: str) -> None:
    query = unit_rows(1, 8, 9)
    with filled(tmp_path / "g", unit_rows(50, 8)) as gallery:
        before = Index(gallery).search(query, 50)
        path = gallery.folder / name
        data = path.read_bytes()
        match damage:
            case "missing":
                path.unlink()
            case "empty":
                path.write_bytes(b"")
            case "half":
                path.write_bytes(data[: len(data) // 2])
            case "tail":
                path.write_bytes(data[:-40] + bytes(40))
            case "longer":
                path.write_bytes(data + b"more")
            case "nonsense":
                path.write_bytes(b'{"format": 1, "count": "many"}')
            case place:
                damage_bytes(path, {"first": 0.0, "middle": 0.5, "last": 1.0}[place])
        after = Index(gallery).search(query, 50)
        np.testing.assert_array_equal(after.ids, before.ids)
        np.testing.assert_array_equal(after.scores, before.scores)
        assert is_fresh(gallery)
        assert all(len(ids) for ids, _ in open_cache(gallery))


def test_a_block_is_checked_when_its_turn_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkseek.retrieval.index_cache.BLOCK_ROWS", 16)
    monkeypatch.setattr(Gallery.blocks, "__defaults__", (16,))
    with filled(tmp_path / "g", unit_rows(48, 8)) as gallery:
        write_cache(gallery)
        damage_bytes(gallery.folder / VECTORS, 0.5)
        blocks = open_cache(gallery)
        assert next(blocks)[0].tolist() == list(range(1, 17))
        with pytest.raises(StaleCacheError):
            next(blocks)


def test_search_works_where_no_cache_can_be_written(tmp_path: Path) -> None:
    features = unit_rows(20, 8)
    with filled(tmp_path / "g", features) as gallery:
        (gallery.folder / f"{VECTORS}.partial").mkdir()
        assert Index(gallery).search(features[4:5], 1).ids.tolist() == [[5]]
        assert not is_fresh(gallery)
