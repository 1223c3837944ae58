import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkseek.errors import GalleryError
from inkseek.pictures.decode import open_picture
from inkseek.pictures.photo import photo_pixels
from inkseek.retrieval import reading
from inkseek.retrieval.embedding import describe, index_folder, open_or_create_gallery
from inkseek.retrieval.encoder import RetrievalEncoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index_cache import is_fresh
from inkseek.retrieval.scan import EXCLUDED, GALLERY, HIDDEN
from tests.retrieval.conftest import write_photo
from tests.retrieval.galleries import contents, forbid_decoding, known_as, vectors_of


def test_every_photo_is_encoded_as_itself(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    report = index_folder(gallery, photos, encoder)
    assert (report.added, report.bad, report.ignored, report.unreadable) == (6, {}, {}, ())
    ids, vectors = vectors_of(gallery)
    for picture in gallery.pictures(ids):
        pixels = photo_pixels(open_picture(picture.path, target=32), 32)
        expected = encoder.encode_photo(pixels[None])[0]
        np.testing.assert_allclose(vectors[ids == picture.id][0], expected, atol=2e-3)
        assert (picture.width, picture.height) == (48, 40)
    assert gallery.description == describe(encoder)
    assert is_fresh(gallery)


def test_ids_follow_the_paths_whatever_is_ready_first(
    gallery: Gallery, tmp_path: Path, encoder: RetrievalEncoder
) -> None:
    for i in range(70):
        write_photo(tmp_path / "many" / f"{i:03}.png", i)
    index_folder(gallery, tmp_path / "many", encoder, workers=4)
    assert contents(gallery) == {f"{i:03}.png": i + 1 for i in range(70)}


def test_unchanged_files_are_not_opened_again(
    gallery: Gallery, photos: Path, encoder: RetrievalEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_folder(gallery, photos, encoder)
    generation = gallery.generation
    monkeypatch.setattr(reading, "read_bytes", lambda *_, **__: pytest.fail("a file was opened again"))
    report = index_folder(gallery, photos, encoder)
    assert (report.added, report.changed, report.unchanged, report.removed) == (0, 0, 6, 0)
    assert gallery.generation == generation


def test_a_new_time_alone_decodes_nothing(
    gallery: Gallery, photos: Path, encoder: RetrievalEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_folder(gallery, photos, encoder)
    os.utime(photos / "0.png", ns=(1, 1))
    forbid_decoding(monkeypatch)
    for _ in range(2):
        report = index_folder(gallery, photos, encoder)
        assert (report.unchanged, report.changed) == (6, 0)
    assert known_as(gallery, photos / "0.png") == ((photos / "0.png").stat().st_size, 1)


def test_changed_content_keeps_the_id(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    index_folder(gallery, photos, encoder)
    before = contents(gallery), vectors_of(gallery)[1][0]
    write_photo(photos / "0.png", 77)
    os.utime(photos / "0.png", ns=(5, 5))
    report = index_folder(gallery, photos, encoder)
    assert (report.changed, report.unchanged, report.added) == (1, 5, 0)
    assert contents(gallery) == before[0]
    assert not np.array_equal(vectors_of(gallery)[1][0], before[1])


def test_a_renamed_photo_keeps_its_id_and_is_not_decoded(
    gallery: Gallery, photos: Path, encoder: RetrievalEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_folder(gallery, photos, encoder)
    before = contents(gallery)
    (photos / "new").mkdir()
    (photos / "1.png").rename(photos / "new" / "one.png")
    (photos / "trip").rename(photos / "journey")
    forbid_decoding(monkeypatch)
    report = index_folder(gallery, photos, encoder)
    assert (report.renamed, report.removed, report.added, report.unchanged) == (3, 0, 0, 3)
    after = contents(gallery)
    assert after["one.png"] == before["1.png"]
    assert {name: after[name] for name in ("4.jpg", "5.jpg")} == {name: before[name] for name in ("4.jpg", "5.jpg")}
    assert gallery.pictures([before["4.jpg"]])[0].path == photos / "journey" / "4.jpg"


def test_a_photo_moved_to_another_indexed_folder_keeps_its_id(
    gallery: Gallery, photos: Path, tmp_path: Path, encoder: RetrievalEncoder
) -> None:
    index_folder(gallery, photos, encoder)
    before = contents(gallery)
    (tmp_path / "archive").mkdir()
    (photos / "2.png").rename(tmp_path / "archive" / "two.png")
    assert index_folder(gallery, tmp_path / "archive", encoder).renamed == 1
    assert contents(gallery)["two.png"] == before["2.png"]
    assert index_folder(gallery, photos, encoder).removed == 0


def test_a_copy_is_a_picture_of_its_own(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    index_folder(gallery, photos, encoder)
    shutil.copy(photos / "0.png", photos / "copy.png")
    report = index_folder(gallery, photos, encoder)
    assert (report.added, report.renamed) == (1, 0)
    assert len(gallery) == 7


def test_a_copy_in_another_folder_is_a_picture_of_its_own(
    gallery: Gallery, photos: Path, tmp_path: Path, encoder: RetrievalEncoder
) -> None:
    index_folder(gallery, photos, encoder)
    (tmp_path / "archive").mkdir()
    shutil.copy(photos / "0.png", tmp_path / "archive" / "copy.png")
    report = index_folder(gallery, tmp_path / "archive", encoder)
    assert (report.added, report.renamed) == (1, 0)
    assert known_as(gallery, photos / "0.png") is not None


def test_a_photo_on_a_locked_disk_does_not_count_as_gone(
    gallery: Gallery, photos: Path, tmp_path: Path, encoder: RetrievalEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_folder(gallery, photos, encoder)
    (tmp_path / "archive").mkdir()
    (photos / "0.png").rename(tmp_path / "archive" / "copy.png")
    lstat = os.lstat

    def refuse(path: bytes) -> os.stat_result:
        if os.fsencode(path).startswith(os.fsencode(photos)):
            raise PermissionError
        return lstat(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", refuse)
        report = index_folder(gallery, tmp_path / "archive", encoder)
    assert (report.added, report.renamed) == (1, 0)
    assert known_as(gallery, photos / "0.png") is not None


def test_a_file_that_only_has_the_size_of_a_lost_one_is_no_rename(
    gallery: Gallery, photos: Path, encoder: RetrievalEncoder
) -> None:
    first, second = Image.new("RGB", (40, 40), "red"), Image.new("RGB", (40, 40), "blue")
    first.save(photos / "red.bmp")
    index_folder(gallery, photos, encoder)
    lost = contents(gallery)["red.bmp"]
    (photos / "red.bmp").unlink()
    second.save(photos / "blue.bmp")
    report = index_folder(gallery, photos, encoder)
    assert (report.renamed, report.removed, report.added) == (0, 1, 1)
    assert contents(gallery)["blue.bmp"] > lost


def test_deleted_files_leave_and_their_ids_stay_unused(
    gallery: Gallery, photos: Path, encoder: RetrievalEncoder
) -> None:
    index_folder(gallery, photos, encoder)
    (photos / "trip" / "5.jpg").unlink()
    (photos / "0.png").unlink()
    assert index_folder(gallery, photos, encoder).removed == 2
    assert sorted(contents(gallery).values()) == [2, 3, 4, 5]
    write_photo(photos / "later.png", 9)
    index_folder(gallery, photos, encoder)
    assert contents(gallery)["later.png"] == 7


def test_indexing_one_folder_leaves_the_others_alone(
    gallery: Gallery, photos: Path, tmp_path: Path, encoder: RetrievalEncoder
) -> None:
    """Also folders whose names begin with the other's, and stand before and after it."""
    index_folder(gallery, photos, encoder)
    for name in ("photos-more", "photos_more", "q"):
        write_photo(tmp_path / name / "x.png", 50)
        index_folder(gallery, tmp_path / name, encoder)
    assert index_folder(gallery, photos, encoder).removed == 0
    assert len(gallery) == 9


def test_excluded_photos_leave(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    index_folder(gallery, photos, encoder)
    report = index_folder(gallery, photos, encoder, exclude=["trip"])
    assert (report.removed, report.ignored) == (2, {EXCLUDED: 1})
    assert len(gallery) == 4


def test_a_gallery_inside_its_folder_is_passed_by(photos: Path, encoder: RetrievalEncoder) -> None:
    for name, kind in ((".gallery", HIDDEN), ("found", GALLERY)):
        with open_or_create_gallery(photos / name, encoder) as inside:
            assert index_folder(inside, photos, encoder).ignored[kind] == 1
            assert len(inside) == 6


def test_pictures_of_a_folder_that_cannot_be_listed_stay(
    gallery: Gallery, photos: Path, encoder: RetrievalEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_folder(gallery, photos, encoder)
    scandir = os.scandir

    def refuse(path: bytes) -> object:
        if b"trip" in path:
            raise PermissionError
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    report = index_folder(gallery, photos, encoder)
    assert (report.removed, report.unchanged) == (0, 4)
    assert report.unreadable == (f"{photos}/trip/",)
    assert len(gallery) == 6


def test_an_empty_mount_point_does_not_empty_the_gallery(
    gallery: Gallery, photos: Path, encoder: RetrievalEncoder
) -> None:
    index_folder(gallery, photos, encoder)
    shutil.rmtree(photos)
    photos.mkdir()
    with pytest.raises(GalleryError, match=r"no picture here any more, but the gallery holds 6 .* gallery remove"):
        index_folder(gallery, photos, encoder)
    assert len(gallery) == 6


def test_an_empty_folder_is_an_empty_gallery(gallery: Gallery, tmp_path: Path, encoder: RetrievalEncoder) -> None:
    (tmp_path / "nothing").mkdir()
    assert index_folder(gallery, tmp_path / "nothing", encoder).added == 0
