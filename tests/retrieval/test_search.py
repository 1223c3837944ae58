from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inkseek.errors import ConfigError, FingerprintMismatch, GalleryError, PictureError
from inkseek.pictures.preprocessing import read_query
from inkseek.retrieval.embedding import index_folder, open_or_create_gallery
from inkseek.retrieval.encoder import RetrievalEncoder, load_encoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index import IndexKind
from inkseek.retrieval.live_index import LiveIndex
from inkseek.retrieval.search import Hit, Searcher, mix
from tests.retrieval.conftest import write_photo
from tests.retrieval.galleries import unit_rows, vectors_of
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


def test_a_feature_is_searched_as_its_pixels_are(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    searcher = Searcher(gallery, encoder)
    pixels = read_query(photos / "1.png", encoder.config.preprocessing, modality="photo")
    feature = searcher.encode(pixels, "photo")
    assert searcher.search_feature(feature, 4) == searcher.search(pixels, "photo", 4).hits
    among = np.array([2, 3, 5, 99])
    assert sorted(hit.id for hit in searcher.search_feature(feature, 4, among)) == [2, 3, 5]


def test_more_like_this_leaves_the_picture_itself_out(gallery: Gallery, encoder: RetrievalEncoder) -> None:
    searcher = Searcher(gallery, encoder)
    ids, vectors = vectors_of(gallery)
    query = vectors[ids == 3][0].astype(np.float32)
    expected = [hit.id for hit in searcher.search_feature(query, 6) if hit.id != 3]
    assert [(hit.rank, hit.id) for hit in searcher.search_similar(3, 10)] == list(enumerate(expected, start=1))
    assert [hit.id for hit in searcher.search_similar(3, 2)] == expected[:2]
    assert [hit.id for hit in searcher.search_similar(3, 2, np.array([5, 6]))] == [i for i in expected if i in {5, 6}]


def test_more_like_a_removed_picture_is_an_error(gallery: Gallery, encoder: RetrievalEncoder) -> None:
    searcher = Searcher(gallery, encoder)
    gallery.remove([3])
    with pytest.raises(GalleryError, match="no picture with the id 3"):
        searcher.search_similar(3)


@pytest.mark.parametrize("kind", ["exact", "packed"])
def test_a_shared_index_is_searched_by_searchers_of_many_threads(
    gallery: Gallery, photos: Path, encoder: RetrievalEncoder, kind: IndexKind
) -> None:
    expected = Searcher(gallery, encoder).search_file(photos / "1.png", "photo", k=3).hits
    with LiveIndex(gallery.folder, kind) as live:

        def search(_: int) -> tuple[Hit, ...]:
            with Gallery.open(gallery.folder) as own:
                return Searcher(own, encoder, live).search_file(photos / "1.png", "photo", k=3).hits

        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(search, range(8))) == {expected}


def test_removed_pictures_are_left_out_and_the_next_take_their_places(
    gallery: Gallery, encoder: RetrievalEncoder
) -> None:
    with LiveIndex(gallery.folder) as live:
        searcher = Searcher(gallery, encoder, live)
        query = vectors_of(gallery)[1][0].astype(np.float32)
        before = [hit.id for hit in searcher.search_feature(query, 6)]
        gallery.remove(before[:3])
        found = searcher.search_feature(query, 2)
        assert [(hit.rank, hit.id) for hit in found] == [(1, before[3]), (2, before[4])]
        assert [hit.id for hit in searcher.search_feature(query, 6)] == before[3:]


@given(weights=st.lists(st.floats(0.01, 100), min_size=1, max_size=4), seed=st.integers(0, 2**16))
def test_a_mix_is_the_unit_row_of_the_weighted_sum(weights: list[float], seed: int) -> None:
    features = unit_rows(len(weights), 8, seed)
    mixed = mix(list(features), weights)
    expected = sum(weight * row.astype(np.float64) for weight, row in zip(weights, features, strict=True))
    assert np.linalg.norm(mixed) == pytest.approx(1)
    np.testing.assert_allclose(mixed, expected / np.linalg.norm(expected), atol=1e-6)


@pytest.mark.parametrize(
    ("features", "weights"),
    [([1, 1], [0, 0]), ([1, -1], [2, 2]), ([1, 1], [1, -1])],
)
def test_a_mix_that_cancels_out_is_an_error(features: list[int], weights: list[float]) -> None:
    row = unit_rows(1, 8)[0]
    with pytest.raises(ConfigError, match="cancel each other out"):
        mix([sign * row for sign in features], weights)


@pytest.mark.parametrize("weight", [float("nan"), float("inf")])
def test_a_weight_that_is_no_number_is_an_error(weight: float) -> None:
    with pytest.raises(ConfigError, match="finite"):
        mix(list(unit_rows(2, 8)), [1.0, weight])
