"""Every layout of the field's repositories is found by probing, and what is half there is said."""

from collections import Counter
from pathlib import Path

import pytest

from inkseek.data.classes import class_list
from inkseek.data.datasets import DATA_SETS
from inkseek.data.layouts import DataSet, probe
from inkseek.data.manifest import Manifest
from inkseek.data.report import ONE_SIDED, OUTSIDE_CLASSES, STRAY
from inkseek.errors import DataError, ManifestError
from tests.data.conftest import refuse

TU_BERLIN = ("mouse (animal)", "computer-mouse", "trombone")
QUICKDRAW = ("palm tree", "fire_hydrant", "cruise ship")
SKETCHY = ("hot-air_balloon", "songbird")
TX = "tx_000000000000"

LAYOUTS = {
    "sake/Sketchy": (
        ("sake", "sketchy", SKETCHY),
        (f"Sketchy/256x256/sketch/{TX}_ready",),
        (f"Sketchy/256x256/photo/{TX}_ready", "Sketchy/EXTEND_image_sketchy_ready"),
    ),
    "sake/TUBerlin": (
        ("sake", "tuberlin", TU_BERLIN),
        ("TUBerlin/png_ready",),
        ("TUBerlin/ImageResized_ready",),
    ),
    "sake/QuickDraw": (("sake", "quickdraw", QUICKDRAW), ("QuickDraw/sketches",), ("QuickDraw/images",)),
    "sempcyc/Sketchy": (
        ("sempcyc", "sketchy", SKETCHY),
        (f"Sketchy/sketch/{TX}",),
        (f"Sketchy/photo/{TX}", "Sketchy/extended_photo"),
    ),
    "sempcyc/Sketchy extended alone": (
        ("sempcyc", "sketchy", SKETCHY),
        (f"Sketchy/sketch/{TX}",),
        ("Sketchy/extended_photo",),
    ),
    "sempcyc/TU-Berlin": (("sempcyc", "tuberlin", TU_BERLIN), ("TU-Berlin/sketches",), ("TU-Berlin/images",)),
    "doodle2search/Sketchy": (
        ("doodle2search", "sketchy", SKETCHY),
        (f"data/Sketchy/sketch/{TX}",),
        ("data/EXTEND_image_sketchy",),
    ),
    "doodle2search/Sketchy inside": (
        ("doodle2search", "sketchy", SKETCHY),
        (f"Sketchy/sketch/{TX}",),
        ("Sketchy/EXTEND_image_sketchy",),
    ),
    "doodle2search/QuickDraw": (
        ("doodle2search", "quickdraw", QUICKDRAW),
        ("data/QuickDraw_sketches_final",),
        ("data/QuickDraw_images_final",),
    ),
    "doodle2search/QuickDraw test": (
        ("doodle2search", "quickdraw", QUICKDRAW),
        ("data/QuickDraw_sketches",),
        ("data/EXTEND_image_quickdraw",),
    ),
    "archives/Sketchy": (
        ("sketchy", "sketchy", SKETCHY),
        (f"set/256x256/sketch/{TX}",),
        (f"set/256x256/photo/{TX}", "set/EXTEND_image_sketchy"),
    ),
    "archives/TU-Berlin": (("tuberlin", "tuberlin", TU_BERLIN), ("set/png",), ("set/ImageResized",)),
    "tvt": (("tvt", None, SKETCHY), ("set/sketch",), ("set/photo",)),
    "acnet": (("acnet", None, SKETCHY), ("set/train/sketch", "set/val/sketch"), ("set/train/photo", "set/val/photo")),
    "acnet test": (("acnet", None, SKETCHY), ("set/train/sketch", "set/test/sketch"), ("set/test/photo",)),
    "folders": (("folders", None, SKETCHY), ("set/sketch",), ("set/photo",)),
}
SUFFIXES = ("png", "jpg", "JPEG", "jpeg")


def put(folder: Path, count: int = 1, first: int = 0) -> None:
    """Files that are worth a row; probing does not decode them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        (folder / f"n{number}.{SUFFIXES[number % 4]}").write_bytes(f"{folder} {number}".encode())


def build(root: Path, name: str) -> None:
    (layout, _, classes), sketches, photos = LAYOUTS[name]
    for class_name in classes:
        for folder in sketches:
            put(root / folder / class_name, 4)
        for folder in photos:
            put(root / folder / class_name, 5)
    if layout == "tvt":
        put(root / "set/split", 0)


def facts(found: DataSet) -> tuple[str, str | None, tuple[str, ...]]:
    return found.layout, found.name, found.manifest.class_names


@pytest.mark.parametrize("inside", [False, True], ids=["above", "inside"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_is_found(tmp_path: Path, name: str, inside: bool) -> None:
    build(tmp_path, name)
    (layout, data_set, classes), sketches, photos = LAYOUTS[name]
    home = tmp_path / sketches[0].split("/")[0]
    found = probe(home if inside else tmp_path)
    assert facts(found) == (layout, data_set, tuple(sorted(classes)))
    assert Counter(row.modality for row in found.manifest.rows) == {
        "sketch": 4 * len(classes) * len(sketches),
        "photo": 5 * len(classes) * len(photos),
    }
    assert found.manifest.root == home  # so paths are the same, wherever the user pointed
    assert {row.source for row in found.manifest.rows} == {home.name}
    assert (found.report.skipped, found.repairs) == ([], {})
    assert all(found.manifest.file(row).is_file() for row in found.manifest.rows)


def test_the_class_folders_tell_quickdraw_from_tuberlin(tmp_path: Path) -> None:
    for data_set in ("quickdraw", "tuberlin"):
        for class_name in class_list(f"{data_set}_unseen"):
            put(tmp_path / data_set / "sketches" / class_name.replace(" ", "_"))
            put(tmp_path / data_set / "images" / class_name.replace(" ", "_"))
        found = probe(tmp_path / data_set)
        assert facts(found)[1:] == (data_set, tuple(sorted(class_list(f"{data_set}_unseen"))))
    put(tmp_path / "either/sketches/cat")
    put(tmp_path / "either/images/cat")
    assert probe(tmp_path / "either").name is None


@pytest.mark.parametrize("name", DATA_SETS)
def test_enough_class_folders_tell_a_data_set_in_any_layout(tmp_path: Path, name: str) -> None:
    telling = class_list(f"{name if name != 'sketchy' else 'sketchy2'}_unseen")
    for class_name in telling:
        put(tmp_path / "sketch" / class_name)
        put(tmp_path / "photo" / class_name)
    put(tmp_path / "photo" / "unicorn")
    found = probe(tmp_path)
    assert (found.layout, found.name) == ("folders", name)
    assert set(found.manifest.class_names) == {*telling, "unicorn"}


def test_twenty_animals_of_ones_own_are_no_published_data_set(tmp_path: Path) -> None:
    for number in range(20):
        put(tmp_path / "sketch" / f"animal {number}")
    assert probe(tmp_path).name is None


# Names


def test_the_photo_folders_of_tuberlin_take_their_class_names(tmp_path: Path) -> None:
    pairs = {
        "mouse (animal)": "mouse",
        "computer-mouse": "computermouse",
        "bear (animal)": "bearanimal",
        "teddy-bear": "teddybear",
        "car (sedan)": "carsedan",
        "race car": "racecar",
        "pipe (for smoking)": "pipe",
        "chandelier": "chandeler",
        "wrist-watch": "wristwatching",
        "space shuttle": "spacesshuttle",
        "t-shirt": "T-Shirt",
        "ant": "ant",
    }
    for class_name, folder in pairs.items():
        put(tmp_path / "png" / class_name, 2)
        put(tmp_path / "ImageResized" / folder, 3)
    found = probe(tmp_path)
    counts = Counter((row.class_name, row.modality) for row in found.manifest.rows)
    assert counts == {(name, side): count for name in pairs for side, count in (("sketch", 2), ("photo", 3))}
    assert found.repairs == {folder: name for name, folder in pairs.items() if folder not in {"T-Shirt", "ant"}}


def test_a_mouse_is_an_animal_in_tuberlin_alone(tmp_path: Path) -> None:
    for class_name in class_list("sketchy2_unseen"):
        put(tmp_path / "set/sketch" / class_name)
        put(tmp_path / "set/photo" / class_name)
    assert "mouse" in probe(tmp_path / "set").manifest.class_names
    put(tmp_path / "few/sketch/mouse")
    put(tmp_path / "few/photo/mouse")
    assert probe(tmp_path / "few", ["mouse (animal)", "mouse"]).manifest.class_names == ("mouse",)


@pytest.mark.parametrize("folder", ["palm tree", "palm_tree", "Palm-Tree"])
def test_a_palm_tree_of_quickdraw_is_one_class(tmp_path: Path, folder: str) -> None:
    put(tmp_path / "QuickDraw_sketches_final" / "palm tree")
    put(tmp_path / "QuickDraw_images_final" / folder)
    assert probe(tmp_path).manifest.class_names == ("palm tree",)


def test_classes_that_were_left_out_on_purpose_can_leave_the_report(tmp_path: Path) -> None:
    for class_name, folder in (("ant", "ant"), ("alarm clock", "alarmclock"), ("unicorn", "unicorn")):
        put(tmp_path / "png" / class_name)
        put(tmp_path / "ImageResized" / folder)
    found = probe(tmp_path, ["ant"])
    assert found.manifest.class_names == ("ant",)
    assert found.report.counts == {OUTSIDE_CLASSES: 4}
    kept = found.report_without(["alarm clock"])
    assert [Path(entry.path).name for entry in kept.skipped] == ["unicorn", "unicorn"]


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


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "holiday/cat")
    put(tmp_path / "more/photo/cat")  # one side of nothing in particular, below
    with pytest.raises(DataError, match=r"no data set in a known layout; expected sketch/<class>/ .* TU-Berlin Ext"):
        probe(tmp_path)


def test_a_root_without_the_right_to_read_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "iterdir", tmp_path)
    with pytest.raises(DataError, match="no data set in a known layout"):
        probe(tmp_path)


# Half there


@pytest.mark.parametrize(
    ("kept", "missing"),
    [("TUBerlin/png_ready", "no photos at all"), ("TUBerlin/ImageResized_ready", "no sketches at all")],
)
def test_one_archive_of_two_is_read_and_reported(tmp_path: Path, kept: str, missing: str) -> None:
    put(tmp_path / kept / "ant", 2)
    found = probe(tmp_path)
    assert (facts(found), len(found.manifest)) == (("sake", "tuberlin", ("ant",)), 2)
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
