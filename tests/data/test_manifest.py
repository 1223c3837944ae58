import json
from dataclasses import replace
from pathlib import Path

import pytest

from inkseek.data.manifest import Manifest, Row, merge_manifests
from inkseek.errors import ManifestError

ROWS = (
    Row("sketch", "cat", "here", "sketch/cat/1.png", "aa" * 32),
    Row("photo", "dog", "here", "photo/dog/a b.jpg", "bb" * 32),
    Row("sketch", "café", "words", "café.ndjson#12", "cc" * 32),
)


def test_round_trip(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path, ROWS)
    manifest.save(tmp_path / "manifest.jsonl")
    loaded = Manifest.load(tmp_path / "manifest.jsonl")
    assert loaded == manifest
    assert loaded.hash == manifest.hash


@pytest.mark.parametrize("place", ["manifest.jsonl", "../manifest.jsonl", "sketch/manifest.jsonl"])
def test_a_manifest_moves_with_its_data(tmp_path: Path, place: str) -> None:
    data = tmp_path / "one" / "data"
    (data / "sketch").mkdir(parents=True)
    Manifest(data, ROWS).save(data / place)

    (tmp_path / "one").rename(tmp_path / "two")

    assert Manifest.load(tmp_path / "two" / "data" / place).root == tmp_path / "two" / "data"


def test_a_manifest_kept_elsewhere_moves_alone(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    Manifest(tmp_path / "data", ROWS).save(tmp_path / "lists" / "one")

    (tmp_path / "lists" / "one").rename(tmp_path / "two")

    assert Manifest.load(tmp_path / "two").root == tmp_path / "data"


@pytest.mark.parametrize("name", ["a\u2028b.png", "a\x85b.png", b"caf\xe9.png".decode("utf-8", "surrogateescape")])
def test_any_file_name_survives(tmp_path: Path, name: str) -> None:
    manifest = Manifest(tmp_path, (replace(ROWS[0], path=name),))
    manifest.save(tmp_path / "manifest.jsonl")

    assert Manifest.load(tmp_path / "manifest.jsonl").rows == manifest.rows


def test_rows_have_one_order_and_one_hash(tmp_path: Path) -> None:
    assert Manifest(tmp_path, ROWS) == Manifest(tmp_path, ROWS[::-1])
    assert Manifest(tmp_path, ROWS).hash == Manifest(tmp_path / "elsewhere", ROWS[::-1]).hash


@pytest.mark.parametrize(
    "change", [{"modality": "photo"}, {"class_name": "dog"}, {"path": "sketch/cat/2.png"}, {"sha256": "bb" * 32}]
)
def test_the_hash_covers_modality_class_name_and_content(tmp_path: Path, change: dict[str, str]) -> None:
    changed = replace(ROWS[0], **change)  # type: ignore[arg-type]
    assert Manifest(tmp_path, (changed,)).hash != Manifest(tmp_path, ROWS[:1]).hash


def test_the_hash_knows_no_folder_and_no_source(tmp_path: Path) -> None:
    moved = replace(ROWS[0], path="256x256/sketch/cat/1.png", source="there")
    assert Manifest(tmp_path, (moved,)).hash == Manifest(tmp_path, ROWS[:1]).hash


def test_select(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path, ROWS)
    assert [row.class_name for row in manifest.select(modality="sketch").rows] == ["café", "cat"]
    assert manifest.select(classes=("dog", "cat")).class_names == ("cat", "dog")
    assert len(manifest.select(modality="photo", classes=("cat",))) == 0


def test_file_of_a_drawing_is_its_ndjson(tmp_path: Path) -> None:
    assert Manifest(tmp_path, ROWS).file(ROWS[2]) == tmp_path / "café.ndjson"


@pytest.mark.parametrize("path", ["photo/cat/0.jpg#old.jpg", "c#/1.png", "a.ndjson#b/1.png"])
def test_any_other_hash_sign_belongs_to_the_file(tmp_path: Path, path: str) -> None:
    assert Manifest(tmp_path, ROWS).file(replace(ROWS[0], path=path)) == tmp_path / path


def test_merging_keeps_every_file_where_it_is(tmp_path: Path) -> None:
    first, second = Manifest(tmp_path / "a", ROWS[:1]), Manifest(tmp_path / "b" / "c", ROWS[1:])
    merged = merge_manifests([first, second])
    assert merged.root == tmp_path
    files = {part.file(row) for part in (first, second) for row in part.rows}
    assert {merged.file(row) for row in merged.rows} == files
    assert merge_manifests([first]).rows == first.rows


def test_nothing_to_merge() -> None:
    with pytest.raises(ManifestError, match="at least one source"):
        merge_manifests([])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda lines: lines[:-1], "holds 2 of 3 rows"),
        (lambda lines: [*lines[:-1], lines[-1][:10]], "jsonl:4: not a row with class_name, modality, path, sha256"),
        (lambda lines: [json.dumps({"format": 9, "root": "", "rows": 0})], "format 9 is not 1"),
        (lambda lines: ["{}"], "not a manifest, or damaged"),
        (lambda lines: [], "not a manifest, or damaged"),
    ],
)
def test_a_damaged_manifest_is_refused(tmp_path: Path, change: object, sentence: str) -> None:
    file = tmp_path / "manifest.jsonl"
    Manifest(tmp_path, ROWS).save(file)
    assert callable(change)
    file.write_text("\n".join(change(file.read_text(encoding="utf-8").splitlines())), encoding="utf-8")
    with pytest.raises(ManifestError, match=sentence):
        Manifest.load(file)


@pytest.mark.parametrize(
    "head",
    [
        "[1]",
        '{"format": 1, "rows": 1}',
        '{"format": 1, "root": "."}',
        '{"format": 1, "root": 5, "rows": 1}',
        '{"format": 1, "root": "\\u0000", "rows": 1}',
        '{"format": 1, "root": ".", "rows": "1"}',
        "[" * 100_000,
    ],
)
def test_a_head_that_is_none_is_refused(tmp_path: Path, head: str) -> None:
    file = tmp_path / "manifest.jsonl"
    Manifest(tmp_path, ROWS[:1]).save(file)
    file.write_text("\n".join([head, *file.read_text().splitlines()[1:]]))
    with pytest.raises(ManifestError, match=r"manifest.jsonl:(1: does not state root| not a manifest)"):
        Manifest.load(file)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"modality": "photos"}, "modality 'photos' is neither sketch nor photo"),
        ({"class_name": 7}, "all of them text"),
        ({"sha256": None}, "all of them text"),
        ({"label": "3"}, "not a row with"),
        ({"sha256": "0badc0de"}, "'0badc0de' is no SHA-256"),
        ({"path": "/etc/passwd"}, "leads to no file below the root"),
        ({"path": "a/../../b.png"}, "leads to no file below the root"),
        ({"path": ""}, "leads to no file below the root"),
        ({"path": "a\0b"}, "leads to no file below the root"),
        ({}, "sketch/cat/1.png stands in an earlier line too"),
    ],
)
def test_a_row_that_is_none_is_named_by_its_line(tmp_path: Path, change: dict[str, object], sentence: str) -> None:
    file = tmp_path / "manifest.jsonl"
    Manifest(tmp_path, ROWS[:1] * 2).save(file)
    *lines, last = file.read_text().splitlines()
    file.write_text("\n".join([*lines, json.dumps(json.loads(last) | change)]))
    with pytest.raises(ManifestError, match=f"manifest.jsonl:3: .*{sentence}"):
        Manifest.load(file)


def test_a_link_to_a_manifest_leads_to_its_data(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "links").mkdir()
    Manifest(tmp_path / "data", ROWS).save(tmp_path / "data/manifest.jsonl")
    (tmp_path / "links/manifest.jsonl").symlink_to(tmp_path / "data/manifest.jsonl")

    assert Manifest.load(tmp_path / "links/manifest.jsonl").root == tmp_path / "data"


def test_a_missing_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot be read"):
        Manifest.load(tmp_path / "none.jsonl")
