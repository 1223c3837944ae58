"""Files that cannot be used are found, each with its reason."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from inkseek.data.layouts import probe
from inkseek.data.manifest import Manifest, Row
from inkseek.data.quickdraw import read_quickdraw
from inkseek.data.readable import BadFile, bad_files
from inkseek.errors import PictureFault
from tests.cli.calling import bomb
from tests.data.conftest import quickdraw_record, write_data_set, write_photo, write_sketch


def faults(found: list[BadFile]) -> dict[str, PictureFault]:
    return {bad.path: bad.fault for bad in found}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_data_set(tmp_path / "sketch", tmp_path / "photo", ("cat", "dog"), 3)
    return tmp_path


def test_a_good_data_set_has_none_and_progress_ends_at_its_size(root: Path) -> None:
    seen: list[tuple[int, int]] = []

    assert not bad_files(probe(root).manifest, progress=lambda *now: seen.append(now))

    assert seen[-1] == (12, 12)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_each_fault_is_found_by_decoding(root: Path) -> None:
    photo = root / "photo/cat/0.jpg"
    (root / "photo/cat/cut.jpg").write_bytes(photo.read_bytes()[:-200])
    (root / "photo/cat/text.jpg").write_text("no picture")
    (root / "photo/cat/wrong.png").write_bytes(photo.read_bytes())
    (root / "photo/dog/bomb.png").write_bytes(bomb())
    (root / "sketch/dog/bad.svg").write_text("<svg")
    Image.new("L", (40, 40), 255).save(root / "sketch/cat/blank.png")
    Image.new("L", (40, 40), 255).save(root / "photo/cat/white.png")  # a photo needs no ink

    manifest = probe(root).manifest

    assert faults(bad_files(manifest)) == {
        "photo/cat/cut.jpg": PictureFault.CORRUPT,
        "photo/cat/text.jpg": PictureFault.CORRUPT,
        "photo/cat/wrong.png": PictureFault.WRONG_EXTENSION,
        "photo/dog/bomb.png": PictureFault.TOO_LARGE,
        "sketch/cat/blank.png": PictureFault.NO_INK,
        "sketch/dog/bad.svg": PictureFault.CORRUPT,
    }


def test_headers_tell_less_and_in_less_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = root / "photo/cat/0.jpg"
    (root / "photo/cat/cut.jpg").write_bytes(photo.read_bytes()[:-200])
    (root / "photo/cat/text.jpg").write_text("no picture")
    (root / "photo/cat/wrong.png").write_bytes(photo.read_bytes())
    (root / "photo/cat/none").write_bytes(photo.read_bytes())
    (root / "photo/dog/bomb.png").write_bytes(bomb())
    (root / "sketch/dog/bad.svg").write_text("<svg")
    monkeypatch.setattr("inkseek.data.readable.read_query", None)  # nothing is decoded

    assert faults(bad_files(probe(root).manifest, quick=True)) == {
        "photo/cat/text.jpg": PictureFault.CORRUPT,
        "photo/cat/wrong.png": PictureFault.CORRUPT,
        "photo/dog/bomb.png": PictureFault.TOO_LARGE,
    }


def test_a_large_picture_within_the_bounds_of_the_library_is_still_too_large(root: Path) -> None:
    (root / "photo/dog/bomb.png").write_bytes(bomb(10_001, 10_000))

    assert faults(bad_files(probe(root).manifest, quick=True)) == {"photo/dog/bomb.png": PictureFault.TOO_LARGE}


def test_a_damaged_content_is_told_under_each_of_its_names(root: Path) -> None:
    for name in ("photo/cat/a.jpg", "photo/dog/b.jpg"):
        (root / name).write_text("no picture")

    assert [bad.path for bad in bad_files(probe(root).manifest)] == ["photo/cat/a.jpg", "photo/dog/b.jpg"]


def test_equal_bytes_are_read_once_but_each_suffix_and_modality_by_itself(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_photo(root / "photo/cat/a.jpg", 99).read_bytes()
    for name in ("photo/cat/b.jpg", "photo/cat/c.jpeg", "sketch/cat/d.jpg"):
        (root / name).write_bytes(data)
    read: list[str] = []
    monkeypatch.setattr("inkseek.data.readable.read_query", lambda path, *_, **__: read.append(path.name))
    manifest = probe(root).manifest
    copies = [row for row in manifest.rows if "/a." in row.path or row.path[-5] in "bcd" or row.path.endswith(".jpeg")]

    bad_files(Manifest(manifest.root, tuple(copies)))

    assert sorted(read) == ["a.jpg", "c.jpeg", "d.jpg"]


def test_a_file_that_went_away_is_missing(root: Path) -> None:
    manifest = probe(root).manifest
    (root / "sketch/cat/0.png").unlink()

    assert faults(bad_files(manifest)) == {"sketch/cat/0.png": PictureFault.MISSING}
    assert faults(bad_files(manifest, quick=True)) == {"sketch/cat/0.png": PictureFault.CORRUPT}


def test_drawings_of_an_ndjson_file_are_read_one_by_one(tmp_path: Path) -> None:
    good, empty, crooked = (quickdraw_record("cat", key) for key in (1, 2, 3))
    empty["drawing"] = []
    crooked["drawing"] = [[[1, 2], [3]]]
    number = {**quickdraw_record("cat", 4), "key_id": 4}
    lines = [json.dumps(record) for record in (good, empty, crooked, number)]
    (tmp_path / "cat.ndjson").write_text("\n".join(["no record", *lines, lines[0]]))
    manifest, _ = read_quickdraw(tmp_path)

    assert faults(bad_files(manifest)) == {
        "cat.ndjson#2": PictureFault.NO_INK,
        "cat.ndjson#3": PictureFault.CORRUPT,
        "cat.ndjson#4": PictureFault.MISSING,
    }


def test_a_hash_sign_in_a_name_is_no_key_of_a_drawing(root: Path) -> None:
    (root / "photo/cat/0.jpg#old.jpg").write_text("no picture")
    found = probe(root)
    found.manifest.save(root.parent / "manifest")

    for manifest in (found.manifest, probe(root.parent / "manifest").manifest):
        assert faults(bad_files(manifest)) == {"photo/cat/0.jpg#old.jpg": PictureFault.CORRUPT}


def test_headers_are_looked_at_whatever_hash_is_stated(root: Path) -> None:
    (root / "photo/dog/2.jpg").write_text("no picture")
    manifest = probe(root).manifest
    forged = Manifest(root, tuple(replace(row, sha256="aa" * 32) for row in manifest.rows))

    assert faults(bad_files(forged, quick=True)) == {"photo/dog/2.jpg": PictureFault.CORRUPT}


def test_many_files_take_several_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkseek.data.readable._BATCH", 2)
    for number in range(5):
        write_sketch(tmp_path / f"{number}.png", number)
    (tmp_path / "4.png").write_text("no picture")
    rows = tuple(Row("sketch", "cat", "here", f"{number}.png", str(number)) for number in range(5))

    assert faults(bad_files(Manifest(tmp_path, rows))) == {"4.png": PictureFault.CORRUPT}
