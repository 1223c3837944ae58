"""Data set, split and gallery of a measurement; choices that contradict each other are refused."""

import json
from pathlib import Path

import pytest

from inkseek.data.classes import class_list
from inkseek.errors import ConfigError, SplitError
from inkseek.evaluation.selection import select
from tests.evaluation.fakes import TALL, WIDE, write_data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Photos and sketches of two unseen classes of `sketchy2`."""
    write_data(tmp_path / "data", {WIDE: 7, TALL: 7}, {WIDE: 8, TALL: 8})
    return tmp_path / "data"


@pytest.fixture
def own_split(tmp_path: Path) -> Path:
    """Door is seen, bat is not."""
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"seen": [WIDE], "unseen": [TALL]}), encoding="utf-8")
    return file


def test_all_takes_every_class(data: Path) -> None:
    found = select(data)

    assert (found.split, found.unseen, found.view.class_names) == ("all", None, (TALL, WIDE))


def test_a_published_split_takes_its_unseen_classes_and_names_the_absent_ones(data: Path) -> None:
    found = select(data, "sketchy2")

    assert found.unseen is not None
    assert len(found.unseen) == 21
    assert (len(found.view.queries), len(found.view.gallery), len(found.view.absent)) == (14, 16, 19)


def test_a_split_of_ones_own_is_a_json_file(data: Path, own_split: Path) -> None:
    found = select(data, str(own_split))

    assert (found.unseen, found.view.class_names) == ((TALL,), (TALL,))
    assert found.report.skipped == []


def test_generalized_adds_held_out_photos_of_seen_classes(data: Path, own_split: Path) -> None:
    found = select(data, str(own_split), generalized="held_out")

    assert (found.unseen, found.view.generalized) == ((TALL,), "held_out")
    assert (len(found.view.queries), len(found.view.gallery)) == (7, 8 + 5)


def test_generalized_needs_a_split(data: Path) -> None:
    with pytest.raises(ConfigError, match="name a split with --split"):
        select(data, generalized="sempcyc")


def test_an_unknown_split_is_named(data: Path) -> None:
    with pytest.raises(SplitError, match="no split is named 'sketchy3'"):
        select(data, "sketchy3")


def listed(data: Path) -> Path:
    """List files in SAKE's form, of two queries and one photo."""
    lists = data / "zeroshot1"
    lists.mkdir()
    (lists / "sketch_zero.txt").write_text(f"sketch/{TALL}/0.png 0\nsketch/{TALL}/3.png 0\n", encoding="utf-8")
    (lists / "all_photo_zero.txt").write_text(f"photo/{TALL}/2.png 0\n", encoding="utf-8")
    return lists


def test_lists_name_every_picture(data: Path) -> None:
    found = select(data, lists=listed(data))

    assert [row.path for row in found.view.queries.rows] == [f"sketch/{TALL}/0.png", f"sketch/{TALL}/3.png"]
    assert [row.path for row in found.view.gallery.rows] == [f"photo/{TALL}/2.png"]
    assert (found.split, found.unseen) == ("zeroshot1", (TALL,))


def test_lists_allow_no_other_gallery(data: Path) -> None:
    lists = listed(data)

    with pytest.raises(ConfigError, match="leave --gallery and --generalized out"):
        select(data, lists=lists, gallery="distinct")


def test_a_published_split_is_never_measured_on_another_data_set(tmp_path: Path) -> None:
    for side, suffix in (("sketches", "png"), ("images", "jpg")):
        for name in class_list("quickdraw"):
            folder = tmp_path / "QuickDraw" / side / name
            folder.mkdir(parents=True)
            (folder / f"1.{suffix}").write_bytes(b"not empty")

    with pytest.raises(SplitError, match="is QuickDraw Extended, but sketchy2 is a split of Sketchy Extended"):
        select(tmp_path / "QuickDraw", "sketchy2")
    assert len(select(tmp_path / "QuickDraw", "quickdraw").view.queries) == 30
