"""The list files of SAKE's family: paths with spaces, ids on two sides, pictures that are not there."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from inkseek.data.classes import class_list
from inkseek.data.listfiles import find_lists, read_lists
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
def test_every_part_of_a_split(home: Path, inside: bool) -> None:
    found = read_lists(home if inside else home.parent)
    assert (found.lists, found.seen, found.unseen) == (home / "zeroshot", SEEN, ("hot-air_balloon", "ant"))
    parts = (found.queries, found.gallery, found.training_sketches, found.training_photos, found.held_out_sketches)
    assert [len(part) for part in parts] == [4, 6, 12, 15, 3]
    assert all(part.file(row).read_bytes() == row.path.encode() for part in parts for row in part.rows)
    assert (found.report.read, found.report.skipped) == (40, [])
    data = found.evaluation_data()
    assert (data.class_names, data.absent, data.gallery_mode) == (("ant", "hot-air_balloon"), (), "as_listed")


def test_names_are_those_of_the_data_set_where_the_split_is_named(home: Path) -> None:
    unseen = class_list("tuberlin_unseen")
    for folder in (SKETCH, PHOTO):
        names = paths(folder, unseen, 1)
        fill(home, names)
        write(home / f"zeroshot/{folder}_filelist_zero.txt", with_ids(names, unseen))
    (home / "zeroshot/cname_cid_zero.txt").unlink()
    found = read_lists(home, split="tuberlin")
    assert (found.data_set, found.unseen) == ("tuberlin", unseen)
    with pytest.raises(SplitError, match="not the lists of tuberlin@sempcyc; 58 classes differ, ant first"):
        read_lists(home, split="tuberlin@sempcyc")


def test_compressed_lists_elsewhere_and_lists_to_measure_with_alone(home: Path, tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    for folder in (SKETCH, PHOTO):
        lines = (home / f"zeroshot/{folder}_filelist_zero.txt").read_text(encoding="utf-8").splitlines()
        write(lists / f"{folder}_filelist_zero.txt.gz", lines)
    found = read_lists(home, lists)
    assert (len(found.queries), len(found.gallery), found.seen) == (4, 6, ())
    assert found.queries == read_lists(home).queries


def test_the_lists_of_quickdraw_have_names_of_their_own(tmp_path: Path) -> None:
    for folder, start in (("sketches", "sketch"), ("images", "all_photo")):
        names = [f"{folder}/palm tree/1.png", f"{folder}/palm tree/2.png"]
        fill(tmp_path, names)
        write(tmp_path / f"zeroshot/{start}_zero.txt", [f"{name} 0" for name in names])
    found = read_lists(tmp_path)
    assert (len(found.queries), len(found.gallery), found.unseen) == (2, 2, ("palm tree",))


def test_a_picture_listed_twice_counts_twice(home: Path) -> None:
    file = home / f"zeroshot/{PHOTO}_filelist_zero.txt"
    lines = file.read_text(encoding="utf-8").splitlines()
    write(file, [*lines, lines[0]])
    found = read_lists(home)
    assert (len(found.gallery), len(set(found.gallery.rows))) == (7, 6)


def test_a_listed_picture_that_holds_nothing_is_reported(home: Path) -> None:
    empty = home / f"{PHOTO}/ant/0 of 3.JPEG"
    empty.write_bytes(b"")
    found = read_lists(home)
    assert len(found.gallery) == 5
    assert [(entry.path, entry.fault) for entry in found.report.skipped] == [(str(empty), PictureFault.EMPTY)]


def test_missing_pictures_are_counted_and_the_first_are_named(home: Path) -> None:
    for number in range(4):
        (home / f"{SKETCH}/pig/{number} of 4.JPEG").unlink()
    with pytest.raises(
        ManifestError,
        match=r"png_ready_filelist_train.txt: 4 of the 12 files that it names are not in .*TUBerlin: "
        r"png_ready/pig/0 of 4.JPEG, .*1 of 4.JPEG, .*2 of 4.JPEG, \.\.\.; unpack the archives whole",
    ):
        read_lists(home)


def test_a_whole_archive_that_is_not_there(home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(ManifestError, match=r"4 of the 4 files that it names are not in .*elsewhere"):
        read_lists(tmp_path / "elsewhere", home / "zeroshot")


def test_a_class_on_both_sides_is_named(home: Path) -> None:
    names = paths(SKETCH, ("Wrist Watch",), 1)
    fill(home, names)
    with (home / f"zeroshot/{SKETCH}_filelist_zero.txt").open("a", encoding="utf-8") as stream:
        stream.write(f"{names[0]} 2\n")
    with pytest.raises(SplitError, match=r"zeroshot: wrist-watch stands in the lists of seen and of unseen classes"):
        read_lists(home)


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
        (_swap_names, r"png_ready_filelist_zero.txt:1: hot-air_balloon has the class id 0 here; before, that is ant"),
        (_break_gzip, r"zero.txt.gz: cannot be read as a list"),
        (_no_text, r"zero.txt: cannot be read as a list"),
        (_remove, r"filelist_zero.txt: no list of unseen pictures"),
    ],
)
def test_lists_that_contradict_themselves(home: Path, change: Callable[[Path], None], sentence: str) -> None:
    change(home / "zeroshot")
    with pytest.raises(ManifestError, match=sentence):
        read_lists(home)


def test_blank_lines_do_not_count(home: Path) -> None:
    _append("")(home / "zeroshot")
    assert len(read_lists(home).gallery) == 6


def test_one_folder_of_lists_is_found_or_asked_for(home: Path) -> None:
    (home / "zeroshot9").mkdir()  # without a list
    assert find_lists(home) == find_lists(home.parent) == home / "zeroshot"
    (home / "zeroshot").rename(home / "zeroshot1")
    lines = (home / f"zeroshot1/{SKETCH}_filelist_zero.txt").read_text(encoding="utf-8").splitlines()
    write(home / f"zeroshot2/{SKETCH}_filelist_zero.txt", lines)
    with pytest.raises(ManifestError, match=r"2 folders of list files \(.*zeroshot1, .*zeroshot2\); name the folder"):
        read_lists(home)
    with pytest.raises(ManifestError, match="no list files; name the folder of the lists"):
        find_lists(home / SKETCH)
