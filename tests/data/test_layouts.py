import hashlib
import os
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path

import pytest

from inkseek.data.layouts import probe, read_class_folders, read_folders, read_sketchy
from inkseek.data.report import NESTED, NO_PICTURES, OUTSIDE_CLASSES, STRAY
from inkseek.errors import DataError, PictureFault
from inkseek.pictures.limits import DEFAULT_LIMITS
from tests.data.conftest import refuse, write_data_set, write_photo, write_sketch

CLASSES = ("cat", "hot-air_balloon")


@pytest.mark.parametrize("base", [".", "256x256", "Sketchy", "Sketchy/256x256"])
@pytest.mark.parametrize("placement", ["tx_000000000000", "tx_000000000000_ready"])
def test_sketchy_archive_wherever_its_folders_begin(tmp_path: Path, base: str, placement: str) -> None:
    write_data_set(tmp_path / base / "sketch" / placement, tmp_path / base / "photo" / placement, CLASSES, 2)
    write_sketch(tmp_path / base / "sketch" / "tx_000100000000" / "cat" / "0.png", 9)
    manifest, report = read_sketchy(tmp_path)
    assert manifest.class_names == CLASSES
    assert len(manifest.select(modality="sketch")) == len(manifest.select(modality="photo")) == 4
    assert all(manifest.file(row).is_file() for row in manifest.rows)
    assert (report.read, report.skipped) == (8, [])
    assert probe(tmp_path).manifest == manifest


@pytest.mark.parametrize("extended", ["EXTEND_image_sketchy", "EXTEND_image_sketchy_ready", "extended_photo"])
def test_every_file_of_both_photo_folders_has_a_row(tmp_path: Path, extended: str) -> None:
    base = tmp_path / "256x256"
    write_data_set(base / "sketch" / "tx_000000000000", base / "photo" / "tx_000000000000", CLASSES, 2)
    write_photo(tmp_path / extended / "hot_air_balloon" / "0.jpg", 50)
    write_photo(tmp_path / extended / "hot_air_balloon" / "ext_1.jpg", 51)
    manifest, report = read_sketchy(tmp_path)
    photos = manifest.select(modality="photo", classes=["hot-air_balloon"])
    assert sorted(manifest.file(row).name for row in photos.rows) == ["0.jpg", "0.jpg", "1.jpg", "ext_1.jpg"]
    assert report.skipped == []


def test_two_folders(two_folders: Path) -> None:
    found = probe(two_folders)
    manifest, report = found.manifest, found.report
    assert manifest.class_names == ("bat", "cat", "dog", "door")
    assert len(manifest) == report.read == 56
    assert {row.source for row in manifest.rows} == {"set"}
    assert read_folders(two_folders)[0] == manifest


def test_sketch_and_photo_folders_of_one_class_meet_under_one_name(tmp_path: Path) -> None:
    write_sketch(tmp_path / "sketch" / "Hot air balloon" / "1.png", 1)
    write_photo(tmp_path / "photo" / "hot_air-balloon" / "1.jpg", 1)
    assert probe(tmp_path).manifest.class_names == ("hot-air_balloon",)


def test_class_folders_of_one_modality(tmp_path: Path) -> None:
    write_photo(tmp_path / "cat" / "1.jpg", 1)
    manifest, _ = read_class_folders(tmp_path, "photo", source="more photos")
    assert [(row.modality, row.source, row.path) for row in manifest.rows] == [("photo", "more photos", "cat/1.jpg")]


def test_drawings_are_sketches(tmp_path: Path) -> None:
    for name in ("a.svg", "b.json"):
        file = tmp_path / "sketch" / "cat" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("strokes", encoding="utf-8")
    manifest, _ = read_folders(tmp_path)
    assert [row.path for row in manifest.rows] == ["sketch/cat/a.svg", "sketch/cat/b.json"]


def _empty(folder: Path) -> Path:
    (folder / "cat" / "empty.jpg").touch()
    return folder / "cat" / "empty.jpg"


def _huge(folder: Path) -> Path:
    with (folder / "cat" / "huge.jpg").open("wb") as stream:
        stream.truncate(DEFAULT_LIMITS.max_bytes + 1)
    return folder / "cat" / "huge.jpg"


def _vanished(folder: Path) -> Path:
    (folder / "cat" / "link.jpg").symlink_to(folder / "nowhere.jpg")
    return folder / "cat" / "link.jpg"


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "cat" / "pipe.jpg")
    return folder / "cat" / "pipe.jpg"


def _outside(folder: Path) -> Path:
    return write_photo(folder / "unicorn" / "1.jpg", 7).parent


def _text(folder: Path) -> Path:
    (folder / "cat" / "class_labels.txt").write_text("cat 0", encoding="utf-8")
    return folder / "cat" / "class_labels.txt"


def _hidden(folder: Path) -> Path:
    (folder / "cat" / ".DS_Store").write_bytes(b"x")
    return folder / "cat" / ".DS_Store"


def _nested(folder: Path) -> Path:
    return write_photo(folder / "cat" / "more" / "1.jpg", 7).parent


def _folder(folder: Path) -> Path:
    (folder / "cat" / "more").mkdir()
    (folder / "cat" / "more" / "notes.txt").touch()
    return folder / "cat" / "more"


def _bare(folder: Path) -> Path:
    (folder / "dog").mkdir()
    return folder / "dog"


def _dangling(folder: Path) -> Path:
    (folder / "dog").symlink_to(folder / "nowhere")
    return folder / "dog"


def _beside(folder: Path) -> Path:
    return write_photo(folder / "stray.jpg", 7)


def _drawing(folder: Path) -> Path:
    (folder / "cat" / "strokes.svg").write_text("<svg/>", encoding="utf-8")
    return folder / "cat" / "strokes.svg"


def _ndjson(folder: Path) -> Path:
    (folder / "cat" / "cat.ndjson").write_text("{}", encoding="utf-8")
    return folder / "cat" / "cat.ndjson"


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (_empty, PictureFault.EMPTY),
        (_huge, PictureFault.TOO_LARGE),
        (_vanished, PictureFault.MISSING),
        (_pipe, PictureFault.MISSING),
        (_outside, OUTSIDE_CLASSES),
        (_text, STRAY),
        (_hidden, STRAY),
        (_nested, NESTED),
        (_folder, STRAY),
        (_bare, NO_PICTURES),
        (_dangling, PictureFault.MISSING),
        (_beside, STRAY),
        (_drawing, STRAY),
        (_ndjson, STRAY),
    ],
)
def test_what_is_no_picture_is_named_and_skipped(tmp_path: Path, make: Callable[[Path], Path], fault: str) -> None:
    write_photo(tmp_path / "cat" / "good.jpg", 1)
    bad = make(tmp_path)
    manifest, report = read_class_folders(tmp_path, "photo", ["cat", "dog"])
    assert [row.path for row in manifest.rows] == ["cat/good.jpg"]
    assert report.read == 1
    assert report.counts == {fault: 1}
    assert report.skipped[0].path == str(bad)


@pytest.mark.parametrize("method", ["open", "stat"])
def test_a_file_without_the_right_to_read_is_named_and_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    write_photo(tmp_path / "cat" / "good.jpg", 1)
    locked = write_photo(tmp_path / "cat" / "locked.jpg", 2)
    refuse(monkeypatch, method, locked)
    manifest, report = read_class_folders(tmp_path, "photo")
    assert [row.path for row in manifest.rows] == ["cat/good.jpg"]
    assert report.counts == {PictureFault.MISSING: 1}
    assert (report.skipped[0].path, report.skipped[0].detail) == (str(locked), "cannot be read (Permission denied)")


@pytest.mark.parametrize("name", ["dog", "unicorn"])
def test_a_folder_without_the_right_to_read_is_named_and_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write_photo(tmp_path / "cat" / "good.jpg", 1)
    locked = write_photo(tmp_path / name / "1.jpg", 2).parent
    refuse(monkeypatch, "iterdir", locked)
    manifest, report = read_class_folders(tmp_path, "photo", ["cat", "dog"])
    assert [row.path for row in manifest.rows] == ["cat/good.jpg"]
    assert report.counts[PictureFault.MISSING] == 1
    assert (report.skipped[0].path, report.skipped[0].detail) == (str(locked), "cannot be listed (Permission denied)")


def test_a_root_without_the_right_to_read_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "iterdir", tmp_path)
    with pytest.raises(DataError, match=r"nothing readable in it \(missing: 1\)"):
        read_class_folders(tmp_path, "photo")


def test_nothing_readable_is_an_error_with_the_reasons(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    _empty(tmp_path)
    _text(tmp_path)
    with pytest.raises(DataError, match="empty: 1"):
        read_class_folders(tmp_path, "photo")


def test_an_asked_class_of_damaged_files_is_not_called_absent(tmp_path: Path) -> None:
    (tmp_path / "sketch/cat").mkdir(parents=True)
    write_photo(tmp_path / "sketch/dog/1.jpg", 1)
    _empty(tmp_path / "sketch")
    with pytest.raises(DataError, match=r"nothing readable in it .*empty: 1"):
        probe(tmp_path, ["cat"])


@pytest.mark.parametrize("reader", [probe, read_sketchy, read_folders])
def test_a_missing_or_foreign_folder_is_an_error(tmp_path: Path, reader: Callable[[Path], object]) -> None:
    with pytest.raises(DataError, match="nowhere"):
        reader(tmp_path / "nowhere")
    with pytest.raises(DataError, match="sketch"):
        reader(tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        read_class_folders(tmp_path / "nowhere", "photo")


def test_the_same_data_has_one_hash_under_any_folder(tmp_path: Path) -> None:
    base = tmp_path / "one" / "256x256"
    write_data_set(base / "sketch/tx_000000000000", base / "photo/tx_000000000000", CLASSES, 2)
    write_data_set(tmp_path / "two/sketch", tmp_path / "two/photo", CLASSES, 2)
    assert len({probe(folder).manifest.hash for folder in (tmp_path / "one", base, tmp_path / "two")}) == 1


def test_a_file_linked_under_many_names_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write_photo(tmp_path / "cat" / "1.jpg", 1)
    (tmp_path / "cat" / "2.jpg").hardlink_to(first)
    write_photo(tmp_path / "dog" / "1.jpg", 2)
    opened: list[str] = []
    digest = hashlib.file_digest

    def counted(stream: BufferedReader, name: str) -> "hashlib._Hash":
        opened.append(stream.name)
        return digest(stream, name)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    manifest, _ = read_class_folders(tmp_path, "photo")
    assert [Path(name).parent.name for name in opened] == ["cat", "dog"]
    assert [row.sha256 for row in manifest.rows] == [
        hashlib.sha256(manifest.file(row).read_bytes()).hexdigest() for row in manifest.rows
    ]
