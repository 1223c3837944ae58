"""Stroke JSON, Quick, Draw! ndjson and the choice of a reader by suffix."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkseek.errors import PictureError, PictureFault
from inkseek.sketch import readers
from inkseek.sketch.readers import (
    drawing_place,
    drawing_suffix,
    iterate_ndjson,
    quickdraw_drawing,
    read_drawing,
    stroke_json_drawing,
)

CAT = {"format": 1, "name": "cat", "strokes": [[[0, 0], [10, 5]], [[10, 10]]]}


def fault_of(call: Any, *arguments: Any) -> tuple[PictureFault, str]:  # noqa: ANN401 - any reader
    with pytest.raises(PictureError) as caught:
        call(*arguments)
    return caught.value.fault, str(caught.value)


def record(key: str, drawing: Any = ((0, 5), (0, 5))) -> dict[str, Any]:  # noqa: ANN401 - broken ones too
    return {"word": "cat", "key_id": key, "drawing": [drawing]}


def ndjson(path: Path, *lines: dict[str, Any] | str) -> Path:
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("a/cat.ndjson#12", ("a/cat.ndjson", "12")),
        ("CAT.NDJSON#12", ("CAT.NDJSON", "12")),
        ("cat.ndjson", ("cat.ndjson", None)),
        ("c#t/cat#1.png", ("c#t/cat#1.png", None)),
        ("a.ndjson#b/1.png", ("a.ndjson#b/1.png", None)),
    ],
)
def test_only_a_file_of_many_drawings_has_a_key(path: str, place: tuple[str, str | None]) -> None:
    assert drawing_place(path) == place


def test_stroke_json() -> None:
    drawing = stroke_json_drawing(json.dumps(CAT), "cat.json")
    assert [len(stroke.points) for stroke in drawing.strokes] == [2, 1]
    assert drawing.strokes[0].points.tolist() == [[0, 0], [1, 0.5]]


def test_stroke_json_reads_time_and_pressure() -> None:
    (stroke,) = stroke_json_drawing(b'{"format": 1, "strokes": [[[0, 0, 3, 0.5], [1, 1, 4, 0.75]]]}', "x").strokes
    assert stroke.time is not None
    assert stroke.pressure is not None
    assert stroke.time.tolist() == [3, 4]
    assert stroke.pressure.tolist() == [0.5, 0.75]


@pytest.mark.parametrize(
    ("text", "fault", "says"),
    [
        ("", PictureFault.CORRUPT, "no stroke JSON"),
        ("{", PictureFault.CORRUPT, "no stroke JSON"),
        ("[1]", PictureFault.CORRUPT, "whole text"),
        ('{"format": 2, "strokes": [[[0, 0]]]}', PictureFault.CORRUPT, "format"),
        ('{"format": 1, "strokes": [[[0, 0]]], "colour": 1}', PictureFault.CORRUPT, "colour"),
        ('{"format": 1, "strokes": [[["0", "0"]]]}', PictureFault.CORRUPT, "strokes.0.0.0"),
        ('{"format": 1, "strokes": [[[true, 0]]]}', PictureFault.CORRUPT, "strokes.0.0.0"),
        ('{"format": 1, "strokes": [[[NaN, 0]]]}', PictureFault.CORRUPT, "finite"),
        ('{"format": 1, "strokes": []}', PictureFault.NO_INK, "no stroke"),
        ("[" * 100_000, PictureFault.CORRUPT, "no stroke JSON"),
        ('{"format": 1, "strokes": [[[0]]]}', PictureFault.CORRUPT, "a point"),
    ],
)
def test_broken_stroke_json(text: str, fault: PictureFault, says: str) -> None:
    found, sentence = fault_of(stroke_json_drawing, text, "cat.json")
    assert found is fault
    assert sentence.startswith("cat.json: ")
    assert says in sentence


@given(st.binary(max_size=200))
def test_bytes_that_are_no_stroke_json_raise_one_error_only(data: bytes) -> None:
    fault_of(stroke_json_drawing, data, "x.json")


def test_quickdraw_variants_give_the_same_points() -> None:
    simplified = quickdraw_drawing({"drawing": [[[0, 10], [0, 5]]]}, "x")
    raw = quickdraw_drawing({"drawing": [[[0.0, 20.0], [0.0, 10.0], [0, 16]]]}, "x")
    np.testing.assert_array_equal(simplified.strokes[0].points, raw.strokes[0].points)
    assert simplified.strokes[0].time is None
    assert raw.strokes[0].time is not None
    assert raw.strokes[0].time.tolist() == [0, 16]


@pytest.mark.parametrize(
    "drawing", [None, 3, [[1, 2]], [[[0, 1]]], [[[0, 1], [0]]], [[[0, "a"], [0, 1]]], [[[0], [0], [0], [0]]]]
)
def test_broken_quickdraw_records(drawing: Any) -> None:  # noqa: ANN401
    assert fault_of(quickdraw_drawing, {"drawing": drawing}, "x")[0] is PictureFault.CORRUPT
    assert fault_of(quickdraw_drawing, {}, "x")[0] is PictureFault.CORRUPT


def test_ndjson_goes_on_behind_broken_lines(tmp_path: Path) -> None:
    path = ndjson(
        tmp_path / "cat.ndjson", record("1"), "{broken", "", '{"word": "cat"}', "[1]", "[" * 200_000, record("2")
    )
    records, keys, errors = iterate_ndjson(path), [], []
    while True:
        try:
            keys.append(next(records)[0])
        except PictureError as error:
            errors.append(error)
        except StopIteration:
            break
    assert keys == ["1", "2"]
    assert [error.source for error in errors] == [f"{path}:{number}" for number in (2, 4, 5, 6)]
    assert {error.fault for error in errors} == {PictureFault.CORRUPT}


def test_ndjson_skips_a_line_over_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_DRAWING_BYTES", 100)
    path = ndjson(tmp_path / "cat.ndjson", "x" * 1000, record("2"))
    records = iterate_ndjson(path)
    assert fault_of(next, records) == (PictureFault.TOO_LARGE, f"{path}:1: the line exceeds 100 bytes")
    assert next(records)[0] == "2"


def test_read_drawing_by_suffix(tmp_path: Path) -> None:
    (tmp_path / "cat.JSON").write_text(json.dumps(CAT))
    (tmp_path / "cat.svg").write_text(
        '<svg><path d="M0 0L10 5" stroke="black"/><path d="M10 10l0 0" stroke="red"/></svg>'
    )
    path = ndjson(tmp_path / "cat.ndjson", record("1", [[0, 1], [0, 1]]), "{", record("2", [[0, 2, 4], [0, 1, 2]]))
    assert len(read_drawing(tmp_path / "cat.JSON").strokes) == 2
    assert len(read_drawing(tmp_path / "cat.svg").strokes) == 2
    assert read_drawing(path).point_count == 2
    assert read_drawing(f"{path}#2").point_count == 3
    assert drawing_suffix(f"{path}#2") == ".ndjson"
    assert drawing_suffix("cat.png") is None


def test_read_drawing_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty, lines = tmp_path / "empty.json", ndjson(tmp_path / "cat.ndjson", record("1"))
    empty.touch()
    (tmp_path / "empty.ndjson").touch()
    assert fault_of(read_drawing, tmp_path / "none.json")[0] is PictureFault.MISSING
    assert fault_of(read_drawing, tmp_path / "none.ndjson")[0] is PictureFault.MISSING
    assert fault_of(read_drawing, f"{tmp_path}/none.ndjson#5")[0] is PictureFault.MISSING
    assert fault_of(read_drawing, f"{lines}#5") == (PictureFault.MISSING, f"{lines}: holds no record with key_id 5")
    assert fault_of(read_drawing, empty)[0] is PictureFault.EMPTY
    assert fault_of(read_drawing, tmp_path / "empty.ndjson")[0] is PictureFault.EMPTY
    assert fault_of(read_drawing, tmp_path / "cat.txt")[0] is PictureFault.UNSUPPORTED
    monkeypatch.setattr(readers, "MAX_DRAWING_BYTES", 10)
    (tmp_path / "cat.json").write_text(json.dumps(CAT))
    assert fault_of(read_drawing, tmp_path / "cat.json")[0] is PictureFault.TOO_LARGE
