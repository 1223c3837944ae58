"""Every layout of the field's repositories is found by probing, and class folders take their canonical names."""

from collections import Counter
from pathlib import Path

import pytest

from inkseek.data.classes import class_list
from inkseek.data.datasets import DATA_SETS
from inkseek.data.layouts import DataSet, probe
from inkseek.data.report import ABSENT, OUTSIDE_CLASSES
from inkseek.errors import DataError
from tests.data.trees import LAYOUTS, build, put


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


def test_a_mouse_of_ones_own_in_folders_like_those_of_tuberlin_stays_a_mouse(tmp_path: Path) -> None:
    for class_name in ("mouse", "pipe", "keyboard"):
        put(tmp_path / "sketches" / class_name)
        put(tmp_path / "images" / class_name)
    found = probe(tmp_path)
    assert (found.name, found.repairs) == (None, {})
    assert found.manifest.class_names == ("keyboard", "mouse", "pipe")


@pytest.mark.parametrize("folder", ["palm tree", "palm_tree", "Palm-Tree"])
def test_a_palm_tree_of_quickdraw_is_one_class(tmp_path: Path, folder: str) -> None:
    put(tmp_path / "QuickDraw_sketches_final" / "palm tree")
    put(tmp_path / "QuickDraw_images_final" / folder)
    assert probe(tmp_path).manifest.class_names == ("palm tree",)


@pytest.mark.parametrize("as_manifest", [False, True])
def test_classes_that_are_not_there_are_named_with_the_nearest(tmp_path: Path, as_manifest: bool) -> None:
    for side in ("sketch", "photo"):
        for class_name in ("cat", "dog", "airplane"):
            put(tmp_path / side / class_name)
    root = tmp_path / "manifest" if as_manifest else tmp_path
    if as_manifest:
        probe(tmp_path).manifest.save(root)

    with pytest.raises(
        DataError, match=r"none of the asked .* it: 'dogg' \(nearest: dog\), 'xyz'; it has airplane, cat, dog; name"
    ):
        probe(root, ["xyz", "dogg"])
    with pytest.raises(DataError, match="no class to read is named"):
        probe(root, [])
    absent = [entry for entry in probe(root, ["cat", "xyz", "dogg"]).report.skipped if entry.fault == ABSENT]
    assert [(entry.path, entry.detail) for entry in absent] == [
        (f"{tmp_path}: dogg", "was asked for; the most alike folders are dog")
    ]


def test_classes_that_were_left_out_on_purpose_can_leave_the_report(tmp_path: Path) -> None:
    for class_name, folder in (("ant", "ant"), ("alarm clock", "alarmclock"), ("unicorn", "unicorn")):
        put(tmp_path / "png" / class_name)
        put(tmp_path / "ImageResized" / folder)
    found = probe(tmp_path, ["ant"])
    assert found.manifest.class_names == ("ant",)
    assert found.report.counts == {OUTSIDE_CLASSES: 4}
    kept = found.report_without(["alarm clock"])
    assert [Path(entry.path).name for entry in kept.skipped] == ["unicorn", "unicorn"]
