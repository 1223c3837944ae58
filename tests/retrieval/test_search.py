from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkseek.errors import FingerprintMismatch, PictureError
from inkseek.pictures.preprocessing import read_query
from inkseek.retrieval.embedding import index_folder, open_or_create_gallery
from inkseek.retrieval.encoder import RetrievalEncoder, load_encoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.search import Searcher
from tests.retrieval.conftest import write_photo
from tests.retrieval.galleries import vectors_of
from tests.tiny_model import write_tiny_model_folder


@pytest.fixture
def gallery(tmp_path: Path, photos: Path, encoder: RetrievalEncoder) -> Iterator[Gallery]:
    with open_or_create_gallery(tmp_path / "g", encoder) as opened:
        index_folder(opened, photos, encoder, class_of=lambda path: path.stem)
        yield opened


def test_a_photo_finds_itself(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    result = Searcher(gallery, encoder).search_file(photos / "3.png", "photo", k=4)
    assert [hit.rank for hit in result.hits] == [1, 2, 3, 4]
    first = result.hits[0]
    assert (first.path, first.class_name) == (photos / "3.png", "3")
    assert first.score == pytest.approx(1, abs=1e-3)
    scores = [hit.score for hit in result.hits]
    assert scores == sorted(scores, reverse=True)


def test_a_score_is_the_cosine(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    pixels = read_query(photos / "1.png", encoder.config.preprocessing, modality="photo")
    query = encoder.encode_photo(pixels[None])[0]
    ids, vectors = vectors_of(gallery)
    for hit in Searcher(gallery, encoder).search(pixels, "photo", 6).hits:
        assert hit.score == pytest.approx(float(vectors[ids == hit.id][0].astype(np.float32) @ query), abs=1e-6)


def test_a_sketch_is_encoded_as_a_sketch(gallery: Gallery, tmp_path: Path, encoder: RetrievalEncoder) -> None:
    image = Image.new("L", (60, 60), 255)
    image.paste(0, (10, 10, 50, 14))
    image.save(tmp_path / "sketch.png")
    result = Searcher(gallery, encoder).search_file(tmp_path / "sketch.png", k=6)
    pixels = read_query(tmp_path / "sketch.png", encoder.config.preprocessing)
    query = encoder.encode_sketch(pixels[None])[0]
    ids, vectors = vectors_of(gallery)
    best = int(ids[np.argmax(vectors.astype(np.float32) @ query)])
    assert result.hits[0].id == best


def test_times_are_told(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    times = Searcher(gallery, encoder).search_file(photos / "1.png", "photo").milliseconds
    assert set(times) == {"render", "encode", "search", "total"}
    assert times["total"] == pytest.approx(times["render"] + times["encode"] + times["search"])
    assert min(times.values()) > 0


def test_a_small_gallery_gives_all_it_has(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    assert len(Searcher(gallery, encoder).search_file(photos / "1.png", "photo", k=100).hits) == 6


def test_an_empty_gallery_gives_nothing(tmp_path: Path, encoder: RetrievalEncoder) -> None:
    with open_or_create_gallery(tmp_path / "empty", encoder) as empty:
        assert Searcher(empty, encoder).search(np.zeros((32, 32), np.uint8)).hits == ()


def test_a_searcher_sees_changes(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    searcher = Searcher(gallery, encoder)
    searcher.search_file(photos / "1.png", "photo")
    new = write_photo(photos / "new.png", 90)
    index_folder(gallery, photos, encoder)
    assert searcher.search_file(new, "photo").hits[0].path == new
    gallery.remove([searcher.search_file(new, "photo").hits[0].id])
    assert new not in [hit.path for hit in searcher.search_file(new, "photo").hits]


def test_another_process_adding_is_seen(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    searcher = Searcher(gallery, encoder)
    searcher.search_file(photos / "1.png", "photo")
    new = write_photo(photos / "new.png", 90)
    with Gallery.open(gallery.folder) as writer:
        index_folder(writer, photos, encoder)
    assert searcher.search_file(new, "photo").hits[0].path == new


def test_an_unreadable_query_is_an_error(gallery: Gallery, tmp_path: Path, encoder: RetrievalEncoder) -> None:
    with pytest.raises(PictureError, match=r"nothing\.png"):
        Searcher(gallery, encoder).search_file(tmp_path / "nothing.png")


def test_the_gallery_of_another_encoder_is_refused(gallery: Gallery, tmp_path: Path) -> None:
    other = load_encoder(write_tiny_model_folder(tmp_path / "other", seed=1))
    with pytest.raises(FingerprintMismatch, match="re-index"):
        Searcher(gallery, other)
