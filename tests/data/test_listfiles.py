"""The list files of SAKE's family: paths with spaces, ids on two sides, pictures that are not there."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from inkseek.data.classes import class_list
from inkseek.data.listfiles import read_lists
from inkseek.data.report import LISTED_TWICE
from inkseek.errors import ManifestError, PictureFault, SplitError

SKETCH, PHOTO = "png_ready", "ImageResized_ready"
SEEN, UNSEEN = ("wrist-watch", "pig", "hot-dog"), ("hot air balloon", "ant")


def fill(home: Path, names: list[str]) -> None:
    for name in names:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(name.encode())


def write(file: Path, lines: list[str]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{line}\n" for line in lines)
    if file.suffix == ".gz":
        file.write_bytes(gzip.compress(text.encode()))
    else:
        file.write_text(text, encoding="utf-8")
    return file


def paths(folder: str, classes: tuple[str, ...], count: int) -> list[str]:
    return [f"{folder}/{name}/{number} of {count}.JPEG" for name in classes for number in range(count)]


def with_ids(names: list[str], classes: tuple[str, ...]) -> list[str]:
    return [f"{name} {classes.index(name.split('/')[1])}" for name in names]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """TU-Berlin in SAKE's layout with its lists: 3 seen and 2 unseen classes."""
    home = tmp_path / "TUBerlin"
    for classes, part, sketches, photos in ((SEEN, "train", 4, 5), (SEEN, "test", 1, 0), (UNSEEN, "zero", 2, 3)):
        for folder, count in ((SKETCH, sketches), (PHOTO, photos)):
            names = paths(folder, classes, count)
            fill(home, names)
            if names:
                write(home / f"zeroshot/{folder}_filelist_{part}.txt", with_ids(names, classes))
    write(home / "zeroshot/cname_cid.txt", [f"{name} {number}" for number, name in enumerate(SEEN)])
    write(home / "zeroshot/cname_cid_zero.txt", [f"{name} {number}" for number, name in enumerate(UNSEEN)])
    return home


@pytest.mark.parametrize("inside", [False, True])
def test_queries_and_gallery_of_a_split(home: Path, inside: bool) -> None:
    found = read_lists(home if inside else home.parent, home / "zeroshot")
    assert found.unseen == ("hot-air_balloon", "ant")
    parts = (found.queries, found.gallery)
    assert [len(part) for part in parts] == [4, 6]
    assert all(part.file(row).read_bytes() == row.path.encode() for part in parts for row in part.rows)
    assert (found.report.read, found.report.skipped) == (10, [])
    data = found.evaluation_data()
    assert (data.class_names, data.absent, data.gallery_mode) == (("ant", "hot-air_balloon"), (), "as_listed")


def test_names_are_those_of_the_data_set_where_the_split_is_named(home: Path) -> None:
    unseen = class_list("tuberlin_unseen")
    for folder in (SKETCH, PHOTO):
        names = paths(folder, unseen, 1)
        fill(home, names)
        write(home / f"zeroshot/{folder}_filelist_zero.txt", with_ids(names, unseen))
    (home / "zeroshot/cname_cid_zero.txt").unlink()
    found = read_lists(home, home / "zeroshot", "tuberlin")
    assert found.unseen == unseen
    with pytest.raises(SplitError, match="not the lists of tuberlin@sempcyc; 58 classes differ, ant first"):
        read_lists(home, home / "zeroshot", "tuberlin@sempcyc")


def test_compressed_lists_elsewhere_and_lists_to_measure_with_alone(home: Path, tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    for folder in (SKETCH, PHOTO):
        lines = (home / f"zeroshot/{folder}_filelist_zero.txt").read_text(encoding="utf-8").splitlines()
        write(lists / f"{folder}_filelist_zero.txt.gz", lines)
    found = read_lists(home, lists)
    assert (len(found.queries), len(found.gallery)) == (4, 6)
    assert found.queries == read_lists(home, home / "zeroshot").queries


def test_the_lists_of_quickdraw_have_names_of_their_own(tmp_path: Path) -> None:
    for folder, start in (("sketches", "sketch"), ("images", "all_photo")):
        names = [f"{folder}/palm tree/1.png", f"{folder}/palm tree/2.png"]
        fill(tmp_path, names)
        write(tmp_path / f"zeroshot/{start}_zero.txt", [f"{name} 0" for name in names])
    found = read_lists(tmp_path, tmp_path / "zeroshot")
    assert (len(found.queries), len(found.gallery), found.unseen) == (2, 2, ("palm tree",))


def test_a_picture_listed_twice_counts_twice_and_is_reported(home: Path) -> None:
    file = home / f"zeroshot/{PHOTO}_filelist_zero.txt"
    lines = file.read_text(encoding="utf-8").splitlines()
    write(file, [*lines, lines[0]])
    found = read_lists(home, home / "zeroshot")
    assert (len(found.gallery), len(set(found.gallery.rows))) == (7, 6)
    (entry,) = found.report.skipped
    assert (entry.path, entry.fault) == (str(home / f"{PHOTO}/hot air balloon/0 of 3.JPEG"), LISTED_TWICE)
    assert entry.detail == f"2 lines of {PHOTO}_filelist_zero.txt name it, and it counts as often"


@pytest.mark.parametrize(
    ("listed", "also_in"),
    [
        (f"{PHOTO}_filelist_zero", f"{SKETCH}_filelist_zero"),
        (f"{SKETCH}_filelist_train", f"{SKETCH}_filelist_test"),
        (f"{PHOTO}_filelist_train", f"{SKETCH}_filelist_train"),
    ],
)
def test_a_picture_in_two_lists_is_refused(home: Path, listed: str, also_in: str) -> None:
    line = (home / f"zeroshot/{listed}.txt").read_text(encoding="utf-8").splitlines()[0]
    with (home / f"zeroshot/{also_in}.txt").open("a", encoding="utf-8") as stream:
        stream.write(f"{line}\n")
    with pytest.raises(ManifestError, match=f"{line[:-2]} stands in .*txt too, and a picture belongs to one list"):
        read_lists(home, home / "zeroshot")


def test_a_split_of_ones_own(home: Path) -> None:
    split = home / "split.json"
    split.write_text(
        json.dumps({"seen": ["Pig", "hot dog", "wrist watch", "cow"], "unseen": ["Hot Air Balloon", "ant"]})
    )
    assert len(read_lists(home, home / "zeroshot", str(split)).queries) == 4
    split.write_text(json.dumps({"seen": ["pig"], "validation": ["hot dog", "wrist watch"], "unseen": ["ant"]}))
    with pytest.raises(SplitError, match=r"not the lists of .*split.json; 1 classes differ, hot-air_balloon first"):
        read_lists(home, home / "zeroshot", str(split))


def test_a_listed_picture_that_holds_nothing_is_reported(home: Path) -> None:
    empty = home / f"{PHOTO}/ant/0 of 3.JPEG"
    empty.write_bytes(b"")
    found = read_lists(home, home / "zeroshot")
    assert len(found.gallery) == 5
    assert [(entry.path, entry.fault) for entry in found.report.skipped] == [(str(empty), PictureFault.EMPTY)]


def test_missing_pictures_are_counted_and_the_first_are_named(home: Path) -> None:
    for name in UNSEEN:
        for number in range(2):
            (home / f"{SKETCH}/{name}/{number} of 2.JPEG").unlink()
    with pytest.raises(
        ManifestError,
        match=r"png_ready_filelist_zero.txt: 4 of the 4 files that it names are not in .*TUBerlin: "
        r"png_ready/hot air balloon/0 of 2.JPEG, .*1 of 2.JPEG, .*0 of 2.JPEG, \.\.\.; unpack the archives whole",
    ):
        read_lists(home, home / "zeroshot")


def test_pictures_to_train_on_need_not_be_there(home: Path) -> None:
    for number in range(4):
        (home / f"{SKETCH}/pig/{number} of 4.JPEG").unlink()
    assert len(read_lists(home, home / "zeroshot").queries) == 4


def test_a_whole_archive_that_is_not_there(home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(ManifestError, match=r"4 of the 4 files that it names are not in .*elsewhere"):
        read_lists(tmp_path / "elsewhere", home / "zeroshot")


@pytest.mark.parametrize("class_id", [2, 0])
def test_a_class_on_both_sides_is_named(home: Path, class_id: int) -> None:
    names = paths(SKETCH, ("Wrist Watch",), 1)
    fill(home, names)
    with (home / f"zeroshot/{SKETCH}_filelist_zero.txt").open("a", encoding="utf-8") as stream:
        stream.write(f"{names[0]} {class_id}\n")  # 0 is the id of another class already
    with pytest.raises(SplitError, match=r"zeroshot: wrist-watch stands in the lists of seen and of unseen classes"):
        read_lists(home, home / "zeroshot")


def _append(line: str) -> Callable[[Path], None]:
    def change(lists: Path) -> None:
        with (lists / f"{PHOTO}_filelist_zero.txt").open("a", encoding="utf-8") as stream:
            stream.write(f"{line}\n")

    return change


def _swap_names(lists: Path) -> None:
    write(lists / "cname_cid_zero.txt", [f"{name} {number}" for number, name in enumerate(UNSEEN[::-1])])


def _break_gzip(lists: Path) -> None:
    (lists / f"{PHOTO}_filelist_zero.txt").unlink()
    (lists / f"{PHOTO}_filelist_zero.txt.gz").write_bytes(gzip.compress(b"x/y.png 0\n" * 99)[:-9])


def _no_text(lists: Path) -> None:
    (lists / f"{PHOTO}_filelist_zero.txt").write_bytes(b"\xff\xfe")


def _remove(lists: Path) -> None:
    (lists / f"{PHOTO}_filelist_zero.txt").unlink()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            _append(f"{PHOTO}/ant/0 of 3.JPEG 0"),
            r"zero.txt:7: ant has the class id 0 here; before, that is hot-air_ball",
        ),
        (_append(f"{PHOTO}/bee/1.JPEG 1"), r"zero.txt:7: bee has the class id 1 here; before, that is ant"),
        (_append(f"{PHOTO}/ant/0 of 3.JPEG 7"), r"zero.txt:7: ant has the class id 7 here; .* and ant has 1"),
        (_append(f"{PHOTO}/ant/0 of 3.JPEG"), r"zero.txt:7: .* does not end in a space and a class id"),
        (_append("nothing"), "zero.txt:7: 'nothing' does not end in"),
        (_append("picture.png 1"), "zero.txt:7: 'picture.png' has no class folder"),
        (_append(f"{PHOTO}/ant/../ant/0 of 3.JPEG 1"), "zero.txt:7: .* is no plain path relative to the data set"),
        (_append(f"{PHOTO}/./ant/0 of 3.JPEG 1"), "zero.txt:7: .* is no plain path relative to the data set"),
        (_append("/etc/ant/passwd 1"), "zero.txt:7: '/etc/ant/passwd' is no plain path relative to the data set"),
        (_swap_names, r"png_ready_filelist_zero.txt:1: hot-air_balloon has the class id 0 here; before, that is ant"),
        (_break_gzip, r"zero.txt.gz: cannot be read as a list"),
        (_no_text, r"zero.txt: cannot be read as a list"),
        (_remove, r"filelist_zero.txt: no list of unseen pictures"),
    ],
)
def test_lists_that_contradict_themselves(home: Path, change: Callable[[Path], None], sentence: str) -> None:
    change(home / "zeroshot")
    with pytest.raises(ManifestError, match=sentence):
        read_lists(home, home / "zeroshot")


def test_blank_lines_do_not_count(home: Path) -> None:
    _append("")(home / "zeroshot")
    assert len(read_lists(home, home / "zeroshot").gallery) == 6
