"""The CSV files of MA-ZS-SBIR: absolute paths of another machine, prompts for texts, folders for classes."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from inkseek.data.layouts import probe
from inkseek.data.report import LISTED_TWICE, ONE_SIDED, OUTSIDE_CLASSES, STRAY
from inkseek.errors import ManifestError
from tests.data.conftest import write_photo, write_sketch

HEADING = "img_path,text,m1,m2,label"
THERE = "/data/dataset/tuberlin-ext"
LINES = (
    f"{THERE}/test/photo/flying_saucer/pic_1.jpg,a photo of flying saucer.,0,3,221",
    f"{THERE}/test/photo/hot air balloon/pic 2.jpg,a photo of hot air balloon.,0,3,7",
    f"{THERE}/test/sketch/flying_saucer/6969.png,a photo of flying saucer.,1,3,221",
    f'{THERE}/test/sketch/hot air balloon/1.png,"a photo of hot, air balloon.",1,3,7',
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder that holds the pictures of LINES and a fifth that no line names."""
    for name in ("flying_saucer/pic_1.jpg", "hot air balloon/pic 2.jpg", "hot air balloon/pic 3.jpg"):
        write_photo(tmp_path / "test/photo" / name, 1)
    for name in ("flying_saucer/6969.png", "hot air balloon/1.png"):
        write_sketch(tmp_path / "test/sketch" / name, 1)
    return tmp_path


def write(file: Path, *lines: str, heading: str = HEADING) -> Path:
    file.write_text("\n".join((heading, *lines)) + "\n", encoding="utf-8")
    return file


def moved(home: Path) -> list[str]:
    """Move the pictures to where no layout of folders finds them; the lines that name them there."""
    (home / "deep").mkdir()
    (home / "test").rename(home / "deep/pictures")
    return [line.replace("/test/", "/deep/pictures/") for line in LINES]


def test_a_table_of_folders_that_are_no_layout_by_themselves(home: Path) -> None:
    write_sketch(home / "sketch/cat/1.png", 1)
    write_photo(home / "extended_photo/cat/1.jpg", 1)
    write(home / "all.csv", "/x/sketch/cat/1.png,cat,1,0,0", "/x/extended_photo/cat/1.jpg,cat,0,1,0")
    shutil.rmtree(home / "test")
    found = probe(home)
    assert (found.layout, len(found.manifest), found.report.skipped) == ("csv", 2, [])


def test_named_pictures_are_found_below_the_folder_of_the_file(home: Path) -> None:
    found = probe(write(home / "test.csv", *LINES, ""))
    assert (found.layout, found.name, found.report.skipped) == ("csv", None, [])
    assert [(row.modality, row.class_name, row.path) for row in found.manifest.rows] == [
        ("photo", "flying_saucer", "test/photo/flying_saucer/pic_1.jpg"),
        ("photo", "hot-air_balloon", "test/photo/hot air balloon/pic 2.jpg"),
        ("sketch", "flying_saucer", "test/sketch/flying_saucer/6969.png"),
        ("sketch", "hot-air_balloon", "test/sketch/hot air balloon/1.png"),
    ]
    assert all(found.manifest.file(row).is_file() for row in found.manifest.rows)


def test_paths_of_this_machine_count_wherever_the_file_lies(
    home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    found = probe(write(elsewhere / "test.csv", *(line.replace(THERE, str(home)) for line in LINES)))
    assert {found.manifest.file(row) for row in found.manifest.rows} == {
        home / line.split(",")[0].removeprefix(f"{THERE}/") for line in LINES
    }


def test_a_folder_of_such_files_is_probed_where_it_has_no_layout_itself(home: Path) -> None:
    lines = moved(home)
    write(home / "photos.csv", *lines[:2])
    write(home / "sketches.csv", *lines[2:])
    write(home / "scores.csv", "1,2", heading="run,score")
    found = probe(home)
    assert (found.layout, len(found.manifest)) == ("csv", 4)


def test_classes_and_missing_sides(home: Path) -> None:
    found = probe(write(home / "test.csv", *LINES[:3]), ["flying saucer", "Hot Air Balloon"])
    assert Counter(row.class_name for row in found.manifest.rows) == {"flying saucer": 2, "Hot Air Balloon": 1}
    assert found.report.counts == {ONE_SIDED: 1}
    some = probe(home / "test.csv", ["flying saucer"])
    assert (len(some.manifest), some.report.counts) == (2, {OUTSIDE_CLASSES: 1})


def test_a_picture_that_several_lines_name_counts_once(home: Path) -> None:
    lines = moved(home)
    write(home / "a.csv", *lines, lines[0])
    write(home / "b.csv", *lines[:3])
    found = probe(home)
    assert len(found.manifest) == 4
    assert [(entry.path, entry.fault, entry.detail.split()[0]) for entry in found.report.skipped] == [
        (str(home / "a.csv"), LISTED_TWICE, "1"),
        (str(home / "b.csv"), LISTED_TWICE, "3"),
    ]


def test_a_picture_of_two_modalities_is_refused(home: Path) -> None:
    lines = moved(home)
    write(home / "a.csv", *lines)
    write(home / "b.csv", lines[0].replace(",0,3,", ",1,3,"))
    with pytest.raises(ManifestError, match=r"b.csv:2: a sketch here and a photo in .*a.csv:2"):
        probe(home)


def test_a_byte_order_mark_is_no_part_of_the_heading(home: Path) -> None:
    write(home / "test.csv", *moved(home), heading="\ufeff" + HEADING)
    assert len(probe(home / "test.csv").manifest) == len(probe(home).manifest) == 4


def test_folders_beside_a_table_and_tables_beside_folders_are_reported(home: Path) -> None:
    write(home / "test.csv", *moved(home))
    write_sketch(home / "sketch/cat/1.png", 1)
    found = probe(home)
    assert (found.layout, len(found.manifest)) == ("csv", 4)
    assert [(entry.path, entry.fault) for entry in found.report.skipped] == [(str(home / "sketch"), STRAY)]

    write_photo(home / "photo/cat/1.jpg", 1)
    found = probe(home)
    assert (found.layout, len(found.manifest)) == ("folders", 2)
    assert [(entry.path, "name the file itself" in entry.detail) for entry in found.report.skipped] == [
        (str(home / "test.csv"), True)
    ]
    (home / "set").mkdir()
    for side in ("sketch", "photo"):
        (home / side).rename(home / "set" / side)
    assert [entry.path for entry in probe(home).report.skipped] == [str(home / "test.csv")]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ((*LINES, "x/../test/photo/flying_saucer/pic_1.jpg,text,0,3,221"), ":6: not a path"),
        (("a.jpg,x,0,3,1",), ":2: not a path with its class folder"),
        ((*LINES, f"{THERE}/test/photo/flying_saucer/pic_1.jpg,text,2,3,221"), ":6: not a path .* m1 of 0 or 1"),
        ((*LINES, f"{THERE}/test/photo/flying_saucer/pic_1.jpg,text,0,3"), ":6: not a path"),
        (
            (*LINES, f"{THERE}/test/photo/flying_saucer/pic_1.jpg,text,0,3,7"),
            ":6: label 7 is flying_saucer here and hot",
        ),
        ((*LINES, f"{THERE}/test/photo/flying_saucer/gone.jpg,text,0,3,221"), "1 of the 5 files .*gone.jpg; unpack"),
    ],
)
def test_a_table_that_contradicts_itself_or_the_disk(home: Path, lines: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(ManifestError, match=f"test.csv.*{sentence}"):
        probe(write(home / "test.csv", *lines))


def test_a_table_with_another_heading(home: Path) -> None:
    with pytest.raises(ManifestError, match=r"test.csv: the first line must be img_path,text,m1,m2,label"):
        probe(write(home / "test.csv", *LINES, heading="path,label"))


def test_a_table_whose_pictures_are_all_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(
        ManifestError, match=r"4 of the 4 files that it names are not in .*pic 2.jpg, .*, \.\.\.; unpack"
    ):
        probe(write(tmp_path / "test.csv", *LINES))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ManifestError, match=r"test.csv: cannot be read as CSV"):
        probe(tmp_path / "test.csv")
