"""Another encoder for a gallery."""

import threading
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from inkseek.errors import FingerprintMismatch, GalleryError
from inkseek.retrieval.database import DATABASE
from inkseek.retrieval.embedding import index_folder, open_or_create_gallery
from inkseek.retrieval.encoder import RetrievalEncoder, load_encoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.reindex import give_up_reindex, reindex
from inkseek.retrieval.search import Searcher
from tests.retrieval.conftest import write_photo
from tests.retrieval.galleries import contents, full_disk, vectors_of
from tests.tiny_model import write_tiny_model_folder


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> RetrievalEncoder:
    """An encoder of other vectors, of another length and size."""
    folder = tmp_path_factory.mktemp("other") / "other"
    return load_encoder(write_tiny_model_folder(folder, size=48, dimension=24, seed=5, name="other"), threads=1)


@pytest.fixture
def filled(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> Gallery:
    """A gallery of six photos."""
    index_folder(gallery, photos, encoder, workers=1)
    return gallery


def fresh(folder: Path, photos: Path, encoder: RetrievalEncoder) -> np.ndarray:
    """Vectors of a gallery that knew this encoder from the beginning."""
    with open_or_create_gallery(folder, encoder) as gallery:
        index_folder(gallery, photos, encoder, workers=1)
        return vectors_of(gallery)[1]


def test_the_vectors_are_those_of_a_new_gallery_and_ids_stay(
    filled: Gallery, photos: Path, other: RetrievalEncoder, tmp_path: Path
) -> None:
    before = contents(filled)
    generation = filled.generation

    report = reindex(filled, other, workers=2)

    assert (report.encoded, report.kept, report.lost, report.stopped) == (6, 0, 0, False)
    assert contents(filled) == before
    assert filled.generation != generation
    assert filled.description.model == "other"
    np.testing.assert_array_equal(vectors_of(filled)[1], fresh(tmp_path / "fresh", photos, other))
    assert Searcher(filled, other).search_file(photos / "2.png", "photo", 1).hits[0].path.name == "2.png"
    assert filled.rows("PRAGMA integrity_check") == [("ok",)]
    assert filled.rows("PRAGMA foreign_key_check") == []


def test_it_is_known_when_it_is_opened_again(
    filled: Gallery, encoder: RetrievalEncoder, other: RetrievalEncoder
) -> None:
    reindex(filled, other, workers=1)

    Gallery.open(filled.folder, other.fingerprint).close()
    with pytest.raises(FingerprintMismatch):
        Gallery.open(filled.folder, encoder.fingerprint)


def test_searches_go_on_with_the_old_encoder_until_the_end(
    filled: Gallery, photos: Path, encoder: RetrievalEncoder, other: RetrievalEncoder
) -> None:
    with Gallery.open(filled.folder, encoder.fingerprint) as reader:
        searcher, seen = Searcher(reader, encoder), []

        def search(_done: int, _total: int) -> None:
            seen.append(searcher.search_file(photos / "2.png", "photo", 1).hits[0].path.name)

        reindex(filled, other, progress=search, workers=1)

        assert set(seen) == {"2.png"}
        assert not reader.is_current()
        with pytest.raises(FingerprintMismatch, match="open it again"):
            searcher.search_file(photos / "2.png", "photo", 1)


def test_an_interrupted_run_goes_on_where_it_was(
    filled: Gallery, encoder: RetrievalEncoder, other: RetrievalEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkseek.retrieval.pipeline.CHUNK", 2)
    stop = threading.Event()

    first = reindex(filled, other, progress=lambda *_: stop.set(), workers=1, stop=stop)
    assert first.stopped
    assert 0 < first.encoded < 6
    assert filled.description.fingerprint == encoder.fingerprint

    second = reindex(filled, other, workers=1)
    assert (second.kept, second.encoded, second.stopped) == (first.encoded, 6 - first.encoded, False)


def test_a_third_encoder_begins_anew(
    filled: Gallery, encoder: RetrievalEncoder, other: RetrievalEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkseek.retrieval.pipeline.CHUNK", 2)
    stop = threading.Event()
    reindex(filled, other, progress=lambda *_: stop.set(), workers=1, stop=stop)

    assert reindex(filled, encoder, workers=1).kept == 0


def test_giving_up_leaves_nothing(filled: Gallery, other: RetrievalEncoder) -> None:
    stop = threading.Event()
    stop.set()
    reindex(filled, other, workers=1, stop=stop)

    give_up_reindex(filled)

    tables = [name for (name,) in filled.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert not [name for name in tables if name.startswith("next")]


def test_photos_that_are_gone_or_changed_are_lost_until_indexed_again(
    filled: Gallery, photos: Path, other: RetrievalEncoder
) -> None:
    before = contents(filled)
    (photos / "0.png").unlink()
    write_photo(photos / "1.png", 99)

    report = reindex(filled, other, workers=1)

    assert report.lost == 2
    assert len(filled) == 4
    assert {bad.path.name for bad in filled.bad()} == {"0.png", "1.png"}
    indexed = index_folder(filled, photos, other, workers=1)
    assert (indexed.removed, indexed.changed, len(filled)) == (1, 1, 5)
    assert contents(filled)["1.png"] == before["1.png"]


def test_a_drive_that_is_not_there_changes_nothing(
    filled: Gallery, photos: Path, encoder: RetrievalEncoder, other: RetrievalEncoder
) -> None:
    photos.rename(photos.with_name("elsewhere"))
    _, before = vectors_of(filled)

    with pytest.raises(GalleryError, match="6 of 6 photos cannot be read as they were indexed; mount"):
        reindex(filled, other, workers=1)

    assert filled.description.fingerprint == encoder.fingerprint
    np.testing.assert_array_equal(vectors_of(filled)[1], before)


def test_a_writer_of_the_old_encoder_is_refused_after_the_end(
    filled: Gallery, photos: Path, encoder: RetrievalEncoder, other: RetrievalEncoder
) -> None:
    write_photo(photos / "new.png", 50)
    with Gallery.open(filled.folder, encoder.fingerprint) as writer:
        reindex(filled, other, workers=1)

        with pytest.raises(FingerprintMismatch, match="re-indexed for another encoder meanwhile"):
            index_folder(writer, photos, encoder, workers=1)
    assert len(filled) == 6


def test_photos_that_come_in_meanwhile_are_encoded_too(
    filled: Gallery, photos: Path, encoder: RetrievalEncoder, other: RetrievalEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkseek.retrieval.pipeline.CHUNK", 2)
    written: list[int] = []

    def add(done: int, _total: int) -> None:
        if not written:
            written.append(done)
            write_photo(photos / "new.png", 50)
            with Gallery.open(filled.folder, encoder.fingerprint) as writer:
                index_folder(writer, photos, encoder, workers=1)

    report = reindex(filled, other, progress=add, workers=1)

    assert (report.encoded, report.lost, len(filled)) == (7, 0, 7)


def test_a_full_disk_leaves_the_gallery_as_it_was(
    filled: Gallery, encoder: RetrievalEncoder, other: RetrievalEncoder
) -> None:
    ((pages,),) = filled.rows("PRAGMA page_count")
    filled.rows(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(GalleryError, match="no space left"):
        reindex(filled, other, workers=1)

    filled.rows("PRAGMA max_page_count = 1000000")
    assert filled.description.fingerprint == encoder.fingerprint
    assert len(vectors_of(filled)[0]) == 6
    assert reindex(filled, other, workers=1).encoded == 6


def test_a_disk_that_is_full_at_the_swap_leaves_the_gallery_as_it_was(
    filled: Gallery, encoder: RetrievalEncoder, other: RetrievalEncoder
) -> None:
    before = vectors_of(filled)[1]
    with ExitStack() as limited:

        def fill_disk(done: int, total: int) -> None:
            if done == total:
                limited.enter_context(full_disk((filled.folder / f"{DATABASE}-wal").stat().st_size))

        with pytest.raises(GalleryError, match="free space"):
            reindex(filled, other, workers=1, progress=fill_disk)

    assert filled.description.fingerprint == encoder.fingerprint
    np.testing.assert_array_equal(vectors_of(filled)[1], before)
    report = reindex(filled, other, workers=1)
    assert (report.encoded, report.kept) == (0, 6)
    assert filled.description.fingerprint == other.fingerprint
