"""What a data set holds besides pictures, what it lacks, and what is none."""

from pathlib import Path

import pytest

from inkseek.data.layouts import probe
from inkseek.data.manifest import Manifest
from inkseek.data.report import ONE_SIDED, OUTSIDE_CLASSES, STRAY
from inkseek.errors import DataError, ManifestError
from tests.data.conftest import refuse
from tests.data.trees import SUFFIXES, TX, build, put

# What does not belong


def test_stray_entries_at_every_depth_are_named_and_skipped(tmp_path: Path) -> None:
    build(tmp_path, "doodle2search/Sketchy inside")
    home = tmp_path / "Sketchy"
    before = probe(home).manifest
    strays = [
        home / "class_labels.txt",
        home / ".DS_Store",
        home / "EXTEND_image_sketchy/Thumbs.db",
        home / "EXTEND_image_sketchy/.ipynb_checkpoints",
        home / f"sketch/{TX}/songbird/class_labels.txt",
        home / f"sketch/{TX}/songbird/.ipynb_checkpoints",
        home / f"sketch/{TX}/songbird/Thumbs.db",
    ]
    for stray in strays:
        if stray.suffix or stray.name == ".DS_Store":
            stray.write_text("x", encoding="utf-8")
        else:
            put(stray)
    put(home / "sketch/tx_000100000000/songbird")  # the same drawings, placed otherwise
    put(home / "zeroshot1")
    found = probe(home)
    assert found.manifest == before
    assert found.report.counts == {STRAY: len(strays)}
    assert {entry.path for entry in found.report.skipped} == {str(stray) for stray in strays}


def test_several_data_sets_are_named_and_one_is_asked_for(tmp_path: Path) -> None:
    build(tmp_path, "sake/Sketchy")
    build(tmp_path, "sake/QuickDraw")
    with pytest.raises(DataError, match=r"2 data sets lie here \(QuickDraw/; Sketchy/\); .*example .*/QuickDraw"):
        probe(tmp_path)
    assert probe(tmp_path / "Sketchy").name == "sketchy"


def test_several_data_sets_in_one_folder_want_a_folder_each(tmp_path: Path) -> None:
    build(tmp_path, "doodle2search/Sketchy")
    build(tmp_path, "doodle2search/QuickDraw")
    with pytest.raises(DataError, match=r"EXTEND_image_sketchy/ and Sketchy/.*give each a folder of its own"):
        probe(tmp_path / "data")


def test_a_part_of_a_data_set_beside_a_whole_one_is_a_second_data_set(tmp_path: Path) -> None:
    build(tmp_path, "sake/QuickDraw")
    put(tmp_path / "Sketchy/EXTEND_image_sketchy_ready/songbird")
    with pytest.raises(DataError, match=r"2 data sets lie here \(QuickDraw/; Sketchy/\)"):
        probe(tmp_path)
    assert probe(tmp_path / "Sketchy").name == "sketchy"


def test_extended_photos_beside_the_folder_of_their_sketches_are_sent_there(tmp_path: Path) -> None:
    home = tmp_path / "rendered_256x256" / "256x256"
    for side in ("sketch", "photo"):
        put(home / side / "tx_000000000000" / "songbird")
    put(tmp_path / "EXTEND_image_sketchy" / "songbird")

    with pytest.raises(DataError, match=r"EXTEND_image_sketchy/ belongs to the data set in .*rendered_256x256; move"):
        probe(tmp_path)

    (tmp_path / "EXTEND_image_sketchy").rename(tmp_path / "rendered_256x256" / "EXTEND_image_sketchy")
    assert probe(tmp_path).name == "sketchy"


@pytest.mark.parametrize("folder", ["images", "images/figures"])
def test_a_folder_that_no_class_folder_tells_is_no_second_data_set(tmp_path: Path, folder: str) -> None:
    build(tmp_path, "folders")
    put(tmp_path / "set" / folder)
    assert probe(tmp_path / "set").layout == "folders"


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "holiday/cat")
    put(tmp_path / "more/photo/cat")  # one side of nothing in particular, below
    with pytest.raises(DataError, match=r"no data set in a known layout; expected sketch/<class>/ .* TU-Berlin Ext"):
        probe(tmp_path)


def test_a_root_without_the_right_to_read_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "iterdir", tmp_path)
    with pytest.raises(DataError, match="no data set in a known layout"):
        probe(tmp_path)


@pytest.mark.parametrize("side", ["sketch", "photo"])
def test_classes_at_two_depths_are_refused(tmp_path: Path, side: str) -> None:
    other = "photo" if side == "sketch" else "sketch"
    put(tmp_path / side / TX / "songbird")
    put(tmp_path / other / "songbird")
    with pytest.raises(
        DataError, match=f"{side}/ has its classes in {side}/{TX}/, {other}/ directly; .* one folder up"
    ):
        probe(tmp_path)


# Half there


@pytest.mark.parametrize(
    ("kept", "missing"),
    [("TUBerlin/png_ready", "no photos at all"), ("TUBerlin/ImageResized_ready", "no sketches at all")],
)
def test_one_archive_of_two_is_read_and_reported(tmp_path: Path, kept: str, missing: str) -> None:
    put(tmp_path / kept / "ant", 2)
    found = probe(tmp_path)
    assert (found.layout, found.name, len(found.manifest)) == ("sake", "tuberlin", 2)
    assert found.report.counts == {ONE_SIDED: 1}
    assert found.report.skipped[0].detail.startswith(missing)


def test_a_class_with_one_side_is_read_and_reported(tmp_path: Path) -> None:
    put(tmp_path / "png/ant", 2)
    put(tmp_path / "png/bee", 3)
    put(tmp_path / "ImageResized/ant")
    put(tmp_path / "ImageResized/mouse", 4)
    found = probe(tmp_path)
    assert [(entry.path, entry.detail) for entry in found.report.skipped] == [
        (f"{tmp_path}: mouse (animal)", "4 pictures but no sketches"),
        (f"{tmp_path}: bee", "3 pictures but no photos"),
    ]
    assert found.report.counts == {ONE_SIDED: 2}


# A manifest


def test_a_manifest_file_gives_the_data_set_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path, "sake/TUBerlin")
    monkeypatch.chdir(tmp_path)
    before = probe(Path("TUBerlin"))
    before.manifest.save(tmp_path / "manifest.jsonl")
    monkeypatch.chdir("/")
    found = probe(tmp_path / "manifest.jsonl")
    assert found.layout == "manifest"
    assert found.manifest == Manifest(tmp_path / "TUBerlin", before.manifest.rows)
    some = probe(tmp_path / "manifest.jsonl", ["computer mouse"])
    assert some.manifest.class_names == ("computer mouse",)
    assert some.report.counts == {OUTSIDE_CLASSES: 2}


def test_a_manifest_of_missing_files_is_refused(tmp_path: Path) -> None:
    build(tmp_path, "sake/TUBerlin")
    probe(tmp_path).manifest.save(tmp_path / "manifest.jsonl")
    for number in (0, 1, 2):
        (tmp_path / f"TUBerlin/png_ready/trombone/n{number}.{SUFFIXES[number]}").unlink()
    with pytest.raises(ManifestError, match=r"manifest.jsonl: 3 of the 27 files .*/TUBerlin: png_ready/trombone/n0"):
        probe(tmp_path / "manifest.jsonl")


def test_a_file_that_is_no_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("cat", encoding="utf-8")
    with pytest.raises(ManifestError, match=r"notes.txt: not a manifest"):
        probe(tmp_path / "notes.txt")
