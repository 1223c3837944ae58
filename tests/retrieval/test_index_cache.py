import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index import Index, IndexKind
from inkseek.retrieval.index_cache import VECTORS, is_fresh, open_cache, write_cache
from inkseek.retrieval.ranking import Ranking
from inkseek.retrieval.rows import StaleCacheError
from tests.retrieval.galleries import filled, full_disk, picture, unit_rows

ROWS = 16


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkseek.retrieval.index_cache.BLOCK_ROWS", ROWS)


def flip(path: Path, at: int, mask: int = 0x5A) -> None:
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= mask
    path.write_bytes(data)


def replace(path: Path, data: bytes) -> None:
    """As another process would: under another name, then renamed."""
    new = path.with_name("new")
    new.write_bytes(data)
    new.replace(path)


def assert_equal(found: Ranking, expected: Ranking) -> None:
    np.testing.assert_array_equal(found.ids, expected.ids)
    np.testing.assert_array_equal(found.scores, expected.scores)


@pytest.fixture(scope="module")
def cached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    """A gallery of fifty vectors."""
    with filled(tmp_path_factory.mktemp("cached") / "g", unit_rows(50, 8)) as gallery:
        yield gallery


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 2**16), mask=st.integers(1, 255), kind=st.sampled_from(["exact", "packed"]))
def test_a_changed_byte_anywhere_is_found_and_repaired(cached: Gallery, at: int, mask: int, kind: IndexKind) -> None:
    query = unit_rows(1, 8, 9)
    write_cache(cached)
    expected = Index(cached).search(query, 50)
    flip(cached.folder / VECTORS, at, mask)
    assert_equal(Index(cached, kind).search(query, 50), expected)
    open_cache(cached).check()


@pytest.mark.parametrize("damage", ["missing", "empty", "short", "half", "longer", "nonsense", "zeros", "folder"])
def test_a_damaged_cache_is_not_used(cached: Gallery, damage: str) -> None:
    query = unit_rows(1, 8, 9)
    write_cache(cached)
    expected = Index(cached).search(query, 50)
    path = cached.folder / VECTORS
    data = path.read_bytes()
    path.unlink()
    match damage:
        case "folder":
            path.mkdir()
        case "missing":
            pass
        case _:
            damaged = {
                "empty": b"",
                "short": b"7 bytes",
                "half": data[: len(data) // 2],
                "longer": data + b"more",
                "nonsense": b'{"format": 2, "count": "many"}',
                "zeros": bytes(len(data)),
            }
            path.write_bytes(damaged[damage])
    assert not is_fresh(cached)
    assert_equal(Index(cached).search(query, 50), expected)
    if damage == "folder":
        path.rmdir()
    else:
        open_cache(cached).check()


def test_a_file_of_another_format_is_not_used(cached: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cache(cached)
    monkeypatch.setattr("inkseek.retrieval.index_cache.FORMAT", 3)
    assert not is_fresh(cached)


def test_a_block_is_checked_once_before_its_first_use(cached: Gallery) -> None:
    write_cache(cached)
    flip(cached.folder / VECTORS, 2 * ROWS * 16)
    rows = open_cache(cached)
    rows.check(np.arange(2 * ROWS))
    with pytest.raises(StaleCacheError):
        rows.check(np.array([2 * ROWS]))
    write_cache(cached)
    rows = open_cache(cached)
    rows.check()
    flip(cached.folder / VECTORS, 0)
    rows.check()


def test_a_search_among_some_checks_only_their_blocks(cached: Gallery) -> None:
    write_cache(cached)
    flip(cached.folder / VECTORS, 2 * ROWS * 16)
    index = Index(cached)
    index.search(unit_rows(1, 8), 3, np.arange(1, ROWS))
    with pytest.raises(StaleCacheError):
        open_cache(cached).check()
    assert index.search(unit_rows(1, 8), 50, np.arange(60)).ids.shape == (1, 50)
    open_cache(cached).check()


def test_an_open_index_outlives_its_file(tmp_path: Path) -> None:
    features = unit_rows(60, 8)
    with filled(tmp_path / "g", features[:50]) as gallery:
        write_cache(gallery)
        index, untouched = Index(gallery), Index(gallery)
        expected = index.search(features[:3], 50)
        assert len(untouched) == 50
        gallery.add([picture(f"new{i}.jpg", 100 + i) for i in range(10)], features[50:])
        write_cache(gallery)
        assert_equal(index.search(features[:3], 50), expected)
        assert_equal(untouched.search(features[:3], 50), expected)
        replace(gallery.folder / VECTORS, b"nonsense")
        assert_equal(index.search(features[:3], 50), expected)
        assert len(Index(gallery)) == 60


def test_damage_found_after_a_change_gives_the_gallery_as_it_is(tmp_path: Path) -> None:
    features = unit_rows(51, 8)
    with filled(tmp_path / "g", features[:50]) as gallery:
        write_cache(gallery)
        flip(gallery.folder / VECTORS, 0)
        index = Index(gallery)
        assert len(index) == 50
        gallery.add([picture("new.jpg", 100)], features[50:])
        assert index.search(features[50:], 1).ids.tolist() == [[51]]
        assert index.generation == gallery.generation


@contextmanager
def no_rights(folder: Path) -> Iterator[None]:
    """Inside, nothing can be written in the folder, by root neither."""
    root = os.geteuid() == 0
    folder.chmod(0o555)
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


@pytest.fixture
def public() -> Iterator[Path]:
    """An empty folder that every user can reach."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_search_works_without_the_right_to_write(public: Path) -> None:
    features = unit_rows(20, 8)
    with filled(public / "g", features) as gallery:
        with no_rights(gallery.folder):
            assert Index(gallery).search(features[4:5], 1).ids.tolist() == [[5]]
            with pytest.raises(PermissionError):
                write_cache(gallery)
        assert not is_fresh(gallery)


def test_a_cache_in_a_read_only_folder_is_used(public: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    features = unit_rows(20, 8)
    with filled(public / "g", features) as gallery:
        write_cache(gallery)
        monkeypatch.delattr(Gallery, "blocks")
        with no_rights(gallery.folder):
            assert Index(gallery).search(features[4:5], 1).ids.tolist() == [[5]]


@pytest.mark.parametrize("left", [0, 100, 19 * 16, 20 * 24])
def test_search_works_where_the_disk_is_full(tmp_path: Path, left: int) -> None:
    features = unit_rows(20, 8)
    with filled(tmp_path / "g", features) as gallery:
        before = sorted(gallery.folder.iterdir())
        with full_disk(left):
            assert Index(gallery).search(features[4:5], 1).ids.tolist() == [[5]]
        assert sorted(gallery.folder.iterdir()) == before


def test_what_a_killed_writer_left_is_removed(cached: Gallery) -> None:
    left = cached.folder / f"{VECTORS}.0123abcd.partial"
    left.write_bytes(b"half")
    write_cache(cached)
    assert not left.exists()
    assert is_fresh(cached)


def test_search_works_where_left_files_cannot_be_removed(cached: Gallery) -> None:
    query = unit_rows(1, 8)
    expected = Index(cached).search(query, 5)
    (cached.folder / VECTORS).unlink()
    (cached.folder / f"{VECTORS}.partial").mkdir()
    assert_equal(Index(cached).search(query, 5), expected)
    (cached.folder / f"{VECTORS}.partial").rmdir()
    assert not is_fresh(cached)
