"""What lies in wrong places, strokes beside pictures, and manifests that are not true of their files."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from inkseek.data.classes import class_list
from inkseek.data.layouts import probe
from inkseek.data.manifest import Manifest
from inkseek.data.receipts import Receipt, add_receipt
from inkseek.data.verify import OWN, STROKES, read_data_set
from inkseek.errors import DataError
from tests.data.conftest import quickdraw_record, write_data_set, write_ndjson, write_photo
from tests.data.test_verify import checked, items, kinds


@pytest.fixture
def own(tmp_path: Path) -> Path:
    write_data_set(tmp_path / "sketch", tmp_path / "photo", ("robot", "kite"), 3)
    return tmp_path


def test_classes_that_vanish_are_faults(own: Path) -> None:
    (own / "sketch/cow").mkdir()
    (own / "photo/cow").mkdir()
    (own / "photo/cow/.DS_Store").touch()
    (own / "photo/bat").symlink_to(own / "nowhere")
    for side in ("sketch", "photo"):
        write_photo(own / side / "door/door.v2/deep/0.jpg", 1)

    found = checked(own)

    assert items(found, "empty_classes") == ("sketch/cow", "photo/cow")
    assert items(found, "unreadable") == ("photo/bat: a link to nothing",)
    assert [item.partition(":")[0] for item in items(found, "nested")] == ["sketch/door/door.v2", "photo/door/door.v2"]
    assert "move their pictures one folder up" in found.findings[1].remedy


def forged(manifest: Manifest) -> Manifest:
    return replace(manifest, rows=tuple(replace(row, sha256="aa" * 32) for row in manifest.rows))


def test_files_that_are_not_those_of_the_manifest_are_a_fault(own: Path) -> None:
    file = own / "manifest"
    probe(own).manifest.save(file)
    assert checked(file).ok
    write_photo(own / "photo/kite/0.jpg", 99)
    (own / "sketch/kite/1.png").write_text("no picture")

    found = checked(file)

    assert items(found, "changed") == ("photo/kite/0.jpg", "sketch/kite/1.png")
    assert [item.partition(":")[0] for item in items(found, "unreadable")] == ["sketch/kite/1.png"]
    assert "convert" in found.findings[0].remedy
    assert "changed" not in kinds(checked(file, quick=True))


def test_one_stated_hash_for_all_files_hides_none(own: Path) -> None:
    (own / "photo/robot/2.jpg").write_text("no picture")
    forged(probe(own).manifest).save(own / "manifest")

    found = checked(own / "manifest")

    assert len(items(found, "changed")) == 12
    assert [item.partition(":")[0] for item in items(found, "unreadable")] == ["photo/robot/2.jpg"]
    assert "several_classes" not in kinds(found)


def test_a_pipe_in_place_of_a_file_is_not_waited_for(own: Path) -> None:
    probe(own).manifest.save(own / "manifest")
    (own / "photo/kite/0.jpg").unlink()
    os.mkfifo(own / "photo/kite/0.jpg")

    assert [item.partition(":")[0] for item in items(checked(own / "manifest"), "unreadable")] == ["photo/kite/0.jpg"]


def test_changed_drawings_of_a_manifest_are_a_fault(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "cat.ndjson", [quickdraw_record("cat", key) for key in (1, 2)])
    read_data_set(tmp_path).manifest.save(tmp_path.parent / "manifest")
    write_ndjson(tmp_path / "cat.ndjson", [quickdraw_record("cat", key, seed=key - 1) for key in (1, 2)])

    assert items(checked(tmp_path.parent / "manifest"), "changed") == ("cat.ndjson#2",)


def test_a_manifest_of_strokes_is_verified_as_strokes(tmp_path: Path) -> None:
    for word in class_list("sketchy2_unseen"):
        write_ndjson(tmp_path / f"words/{word}.ndjson", [quickdraw_record(word, 1)])
    manifest = read_data_set(tmp_path / "words").manifest
    manifest.save(tmp_path / "manifest")

    found = checked(tmp_path / "manifest")

    assert (found.ok, found.strokes, found.name, found.against) == (True, True, None, None)
    assert probe(tmp_path / "manifest").name is None
    assert checked(tmp_path / "manifest", against=OWN).ok
    with pytest.raises(DataError, match="leave out --as"):
        checked(tmp_path / "manifest", against="sketchy")


@pytest.mark.parametrize("home", [".", "set"])
def test_folders_of_pictures_go_before_strokes(tmp_path: Path, home: str) -> None:
    write_data_set(tmp_path / home / "sketches", tmp_path / home / "images", ("kite",), 2)
    write_ndjson(tmp_path / "cat.ndjson", [quickdraw_record("cat", 1)])
    add_receipt(tmp_path, "cat.ndjson", Receipt.now("https://example.org/cat.ndjson", 0, "", "md5"))

    assert read_data_set(tmp_path) == probe(tmp_path)
    found = checked(tmp_path)

    assert not found.strokes
    assert any("cat.ndjson: strokes" in item for item in items(found, "strays"))
    assert (
        read_data_set(write_ndjson(tmp_path / "words/cat.ndjson", [quickdraw_record("cat", 1)]).parent).layout
        == STROKES
    )
