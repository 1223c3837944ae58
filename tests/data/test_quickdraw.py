import json
import os
from pathlib import Path

import pytest

from inkseek.data.quickdraw import drawing_records, read_quickdraw
from inkseek.data.report import LISTED_TWICE, OUTSIDE_CLASSES, STRAY
from inkseek.errors import DataError, PictureFault
from tests.data.conftest import quickdraw_record, refuse, write_ndjson


def test_both_variants_of_one_file(tmp_path: Path) -> None:
    records = [quickdraw_record("cat", 1), quickdraw_record("cat", 2, raw=True)]
    write_ndjson(tmp_path / "cat.ndjson", records)
    manifest, report = read_quickdraw(tmp_path)
    assert [(row.modality, row.class_name, row.path) for row in manifest.rows] == [
        ("sketch", "cat", "cat.ndjson#1"),
        ("sketch", "cat", "cat.ndjson#2"),
    ]
    assert (report.read, report.skipped) == (2, [])
    assert drawing_records(tmp_path / "cat.ndjson", ["2"]) == {"2": records[1]}


def test_words_take_the_classes_names(tmp_path: Path) -> None:
    words = (
        "car",
        "crocodile",
        "hot air balloon",
        "hot dog",
        "motorbike",
        "tennis racquet",
        "teddy-bear",
        "sea turtle",
    )
    for word in words:
        write_ndjson(tmp_path / f"{word}.ndjson", [quickdraw_record(word, 5)])
    manifest, _ = read_quickdraw(tmp_path)
    assert manifest.class_names == (
        "car_(sedan)",
        "crocodilian",
        "hot-air_balloon",
        "hotdog",
        "motorcycle",
        "racket",
        "sea_turtle",
        "teddy_bear",
    )


def test_the_hash_is_that_of_the_strokes(tmp_path: Path) -> None:
    same = quickdraw_record("cat", 1) | {"key_id": "2", "recognized": False}
    write_ndjson(tmp_path / "cat.ndjson", [quickdraw_record("cat", 1), same, quickdraw_record("cat", 3)])
    manifest, _ = read_quickdraw(tmp_path)
    assert manifest.rows[0].sha256 == manifest.rows[1].sha256 != manifest.rows[2].sha256


def test_broken_lines_are_named_and_skipped(tmp_path: Path) -> None:
    file = write_ndjson(tmp_path / "cat.ndjson", [quickdraw_record("cat", 1), quickdraw_record("cat", 1, seed=3)])
    with file.open("ab") as stream:
        stream.write(b'{"word": "cat", "key_\n\n[1, 2]\n\xff\xfe\n{"word": "cat", "key_id": "7"}\n' + b"[" * 100_000)
        stream.write(b"\n" + json.dumps(quickdraw_record("cat", 9)).encode())
    manifest, report = read_quickdraw(tmp_path)
    assert [row.path for row in manifest.rows] == ["cat.ndjson#1", "cat.ndjson#9"]
    assert report.counts == {PictureFault.CORRUPT: 5, LISTED_TWICE: 1}
    assert [entry.path.rsplit(":", 1)[1] for entry in report.skipped] == ["2", "3", "5", "6", "7", "8"]
    assert list(drawing_records(file, ["9", "7", "10"])) == ["7", "9"]


def test_words_outside_the_class_list_empty_and_stray_files(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "cat.ndjson", [quickdraw_record("cat", 1)])
    write_ndjson(tmp_path / "yoga.ndjson", [quickdraw_record("yoga", 1), quickdraw_record("yoga", 2)])
    write_ndjson(tmp_path / "zebra.ndjson", [])
    (tmp_path / "LICENSE").write_text("CC BY 4.0", encoding="utf-8")
    manifest, report = read_quickdraw(tmp_path, ["cat"], "words")
    assert [(row.class_name, row.source) for row in manifest.rows] == [("cat", "words")]
    assert report.counts == {STRAY: 1, OUTSIDE_CLASSES: 1, PictureFault.EMPTY: 1}
    assert "2 drawings of 'yoga'" in next(e.detail for e in report.skipped if e.fault == OUTSIDE_CLASSES)


def test_nothing_readable_or_no_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing readable"):
        read_quickdraw(tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        read_quickdraw(tmp_path / "none")


@pytest.mark.parametrize("method", ["open", "stat"])
def test_a_file_without_the_right_to_read_is_named_and_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    write_ndjson(tmp_path / "cat.ndjson", [quickdraw_record("cat", 1)])
    locked = write_ndjson(tmp_path / "dog.ndjson", [quickdraw_record("dog", 2)])
    refuse(monkeypatch, method, locked)
    manifest, report = read_quickdraw(tmp_path)
    assert [row.path for row in manifest.rows] == ["cat.ndjson#1"]
    assert report.counts == {PictureFault.MISSING: 1}
    assert (report.skipped[0].path, report.skipped[0].detail) == (str(locked), "cannot be read (Permission denied)")
    assert method == "stat" or drawing_records(locked, ["2"]) == {}


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "cat.ndjson", [quickdraw_record("cat", 1)])
    os.mkfifo(tmp_path / "dog.ndjson")
    _, report = read_quickdraw(tmp_path)
    assert report.counts == {PictureFault.MISSING: 1}


def test_a_folder_that_cannot_be_listed_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "iterdir", tmp_path)
    with pytest.raises(DataError, match=r"nothing readable in it \(missing: 1\)"):
        read_quickdraw(tmp_path)
