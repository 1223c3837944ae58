import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkseek.data import cache
from inkseek.data.cache import build_evaluation_caches, build_training_caches, pixel_cache
from inkseek.data.layouts import read_class_folders, read_folders
from inkseek.data.manifest import Manifest
from inkseek.data.quickdraw import read_quickdraw
from inkseek.data.splits import ClassSplit
from inkseek.data.views import evaluation_view, training_view
from inkseek.errors import DataError, ManifestError, PictureFault
from inkseek.pictures.preprocessing import Preprocessing, read_query, sketch_pixels
from inkseek.sketch.readers import quickdraw_drawing
from tests.data.conftest import quickdraw_record, write_ndjson, write_photo, write_sketch


@pytest.fixture
def photos(two_folders: Path) -> Manifest:
    return read_folders(two_folders)[0].select(modality="photo")


@pytest.fixture
def sketches(two_folders: Path) -> Manifest:
    return read_folders(two_folders)[0].select(modality="sketch")


def _no_decoding(*_: object, **__: object) -> None:
    pytest.fail("a picture was decoded again")


def test_pixels_are_those_of_a_query(
    photos: Manifest, sketches: Manifest, preprocessing: Preprocessing, tmp_path: Path
) -> None:
    for manifest, shape in ((sketches, (28, 16, 16)), (photos, (28, 16, 16, 3))):
        found = pixel_cache(manifest, preprocessing, tmp_path / "cache")
        assert isinstance(found.pixels, np.memmap)
        assert (found.pixels.shape, found.pixels.dtype) == (shape, np.uint8)
        assert found.rows == manifest.rows
        for position in (0, 13, 27):
            row = manifest.rows[position]
            expected = read_query(manifest.file(row), preprocessing, modality=row.modality)
            np.testing.assert_array_equal(found.pixels[position], expected)


def test_drawings_of_both_variants(tmp_path: Path, preprocessing: Preprocessing) -> None:
    records = [quickdraw_record("cat", 1), quickdraw_record("cat", 2, raw=True)]
    write_ndjson(tmp_path / "words" / "cat.ndjson", records)
    manifest, _ = read_quickdraw(tmp_path / "words")
    found = pixel_cache(manifest, preprocessing, tmp_path / "cache")
    for pixels, record in zip(found.pixels, records, strict=True):
        np.testing.assert_array_equal(pixels, sketch_pixels(quickdraw_drawing(record, "here"), preprocessing))


def test_a_cache_is_used_again_without_decoding(
    photos: Manifest, preprocessing: Preprocessing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[tuple[int, int]] = []
    first = pixel_cache(photos, preprocessing, tmp_path / "cache", lambda done, total: steps.append((done, total)))
    assert steps[-1] == (28, 28)
    monkeypatch.setattr(cache, "read_query", _no_decoding)
    second = pixel_cache(photos, preprocessing, tmp_path / "cache")
    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert (first.rows, first.report) == (second.rows, second.report)


def test_other_pictures_or_another_preprocessing_are_another_cache(
    photos: Manifest, preprocessing: Preprocessing, tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    pixel_cache(photos, preprocessing, folder)
    pixel_cache(photos.select(classes=["cat"]), preprocessing, folder)
    larger = pixel_cache(photos, preprocessing.model_copy(update={"size": 20}), folder)
    assert larger.pixels.shape == (28, 20, 20, 3)
    assert len(list(folder.iterdir())) == 3


def test_a_cache_interrupted_half_way_is_not_used(
    photos: Manifest, preprocessing: Preprocessing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cache"

    def interrupt(done: int, _: int) -> None:
        if done >= 10:
            raise KeyboardInterrupt

    monkeypatch.setattr(cache, "_CHUNK", 5)
    with pytest.raises(KeyboardInterrupt):
        pixel_cache(photos, preprocessing, folder, interrupt)
    assert list(folder.iterdir()) == []
    # what a killed process leaves behind: a sibling under another name
    (folder / "0123.partial").mkdir()
    assert len(pixel_cache(photos, preprocessing, folder).rows) == 28


def test_a_second_process_that_was_faster_is_welcome(
    photos: Manifest, preprocessing: Preprocessing, tmp_path: Path
) -> None:
    folder = tmp_path / "cache"

    def other_process(done: int, total: int) -> None:
        if done == total and not any(file.suffix != ".partial" for file in folder.iterdir()):
            pixel_cache(photos, preprocessing, folder)

    assert len(pixel_cache(photos, preprocessing, folder, other_process).rows) == 28
    assert len(list(folder.iterdir())) == 1


def _cut_short(path: Path) -> PictureFault:
    write_photo(path, 70, (200, 200))
    path.write_bytes(path.read_bytes()[:-3000])
    return PictureFault.CORRUPT


def _noise(path: Path) -> PictureFault:
    path.write_bytes(b"\xff\xd8\xff\xe0 nothing of a JPEG")
    return PictureFault.CORRUPT


def _png_inside(path: Path) -> PictureFault:
    write_photo(path.with_suffix(".png"), 71).rename(path)
    return PictureFault.WRONG_EXTENSION


def _bomb(path: Path) -> PictureFault:
    Image.new("1", (12_000, 12_000)).convert("L").save(path, quality=5)
    return PictureFault.TOO_LARGE


def _heic(path: Path) -> PictureFault:
    path.with_suffix(".heic").write_bytes(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64))
    return PictureFault.UNSUPPORTED


@pytest.mark.parametrize("make", [_cut_short, _noise, _png_inside, _bomb, _heic])
def test_a_bad_picture_is_named_and_has_no_position(
    tmp_path: Path,
    preprocessing: Preprocessing,
    make: Callable[[Path], PictureFault],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cache, "find_spec", lambda _: None)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    write_photo(tmp_path / "set" / "cat" / "a.jpg", 1)
    write_photo(tmp_path / "set" / "cat" / "z.jpg", 2)
    fault = make(tmp_path / "set" / "cat" / "bad.jpg")
    manifest, report = read_class_folders(tmp_path / "set", "photo")
    assert len(manifest) == 3
    assert report.skipped == []
    found = pixel_cache(manifest, preprocessing, tmp_path / "cache")
    assert [row.path for row in found.rows] == ["cat/a.jpg", "cat/z.jpg"]
    assert len(found.pixels) == found.report.read == 2
    assert found.report.counts == {fault: 1}
    assert found.report.skipped[0].path.startswith(str(tmp_path / "set" / "cat" / "bad."))
    monkeypatch.setattr(cache, "read_query", _no_decoding)
    assert pixel_cache(manifest, preprocessing, tmp_path / "cache").report == found.report


def test_pictures_are_decoded_again_once_heif_is_installed(
    photos: Manifest, preprocessing: Preprocessing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for installed in (None, object()):
        monkeypatch.setattr(cache, "find_spec", lambda _, found=installed: found)
        pixel_cache(photos, preprocessing, tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_blank_sketch_and_broken_strokes_are_reported(tmp_path: Path, preprocessing: Preprocessing) -> None:
    write_sketch(tmp_path / "set" / "cat" / "good.png", 1)
    Image.new("L", (30, 30), 255).save(tmp_path / "set" / "cat" / "blank.png")
    (tmp_path / "set" / "cat" / "strokes.json").write_text("{", encoding="utf-8")
    found = pixel_cache(read_class_folders(tmp_path / "set", "sketch")[0], preprocessing, tmp_path / "cache")
    assert found.report.counts == {PictureFault.NO_INK: 1, PictureFault.CORRUPT: 1}

    broken = quickdraw_record("cat", 2) | {"drawing": [[[1, 2], [3]]]}
    file = write_ndjson(tmp_path / "words" / "cat.ndjson", [quickdraw_record("cat", 1), broken])
    manifest, _ = read_quickdraw(tmp_path / "words")
    assert pixel_cache(manifest, preprocessing, tmp_path / "cache").report.counts == {PictureFault.CORRUPT: 1}
    write_ndjson(file, [quickdraw_record("cat", 1)])
    after = pixel_cache(manifest, preprocessing, tmp_path / "other")
    assert after.report.counts == {PictureFault.MISSING: 1}
    file.unlink()
    with pytest.raises(DataError, match=r"none of 2 pictures could be decoded.*missing.*2"):
        pixel_cache(manifest, preprocessing, tmp_path / "third")


def test_a_cache_holds_one_modality(two_folders: Path, preprocessing: Preprocessing, tmp_path: Path) -> None:
    manifest, _ = read_folders(two_folders)
    with pytest.raises(ManifestError, match="not photo and sketch"):
        pixel_cache(manifest, preprocessing, tmp_path)
    with pytest.raises(ManifestError, match="not none"):
        pixel_cache(manifest.select(classes=[]), preprocessing, tmp_path)


def test_a_folder_that_cannot_be_written(photos: Manifest, preprocessing: Preprocessing, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot hold the pixel cache"):
        pixel_cache(photos, preprocessing, tmp_path / "file")


def test_labels_are_positions(photos: Manifest, preprocessing: Preprocessing, tmp_path: Path) -> None:
    found = pixel_cache(photos, preprocessing, tmp_path / "cache")
    labels = found.labels(("door", "cat", "zebra", "bat", "dog"))
    assert labels.dtype == np.int64
    assert labels.tolist() == [3] * 7 + [1] * 7 + [4] * 7 + [0] * 7
    with pytest.raises(ManifestError, match="without a label: bat, door"):
        found.labels(("cat", "dog"))


def test_caches_of_the_views(two_folders: Path, preprocessing: Preprocessing, tmp_path: Path) -> None:
    manifest, _ = read_folders(two_folders)
    data = training_view([manifest], ClassSplit(("dog", "cat"), ("door",), ("bat",)))
    pair = build_training_caches(data, preprocessing, tmp_path / "cache")
    assert pair.class_names == ("dog", "cat")
    assert (len(pair.sketch.pixels), len(pair.photo.pixels)) == (4, 4)
    assert pair.sketch.labels(pair.class_names).tolist() == [1, 1, 0, 0]
    assert pair.report.read == 8
    tests = build_evaluation_caches(evaluation_view(manifest, ("bat",)), preprocessing, tmp_path / "cache")
    assert (len(tests.sketch.pixels), len(tests.photo.pixels), tests.class_names) == (7, 7, ("bat",))
