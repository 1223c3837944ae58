"""`inkseek data get`: what is fetched, and what is told instead."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkseek.cli.data_get import Obtainable
from inkseek.data.instructions import INSTRUCTIONS
from inkseek.data.obtain import Part, split_words
from inkseek.data.receipts import RECEIPTS
from tests.cli.calling import inkseek, keys, refusal
from tests.data.conftest import quickdraw_record
from tests.data.obtaining import strokes_of, tuberlin_archive
from tests.data.serving import Reply, Site, google_hash, serve


@pytest.fixture
def bucket() -> Iterator[Site]:
    with serve(strokes_of("cat", "hot air balloon", "tennis racquet")) as site:
        yield site


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with serve(tuberlin_archive(tmp_path, monkeypatch)) as site:
        yield site


def test_words_are_fetched_and_the_next_step_is_told(bucket: Site, tmp_path: Path) -> None:
    out = tmp_path / "my strokes"
    words = ("--words", "cat, hot-air_balloon", "--words", "racket")

    done = inkseek("data", "get", "quickdraw", *words, "--out", out, "--from", bucket.base)

    assert (done.code, done.out) == (0, "")
    assert done.err == (
        "cat (1 of 3), megabytes ...\n"
        "hot air balloon (2 of 3), megabytes ...\n"
        "tennis racquet (3 of 3), megabytes ...\n"
        f"{out}: 3 files fetched (0.0 MB), 0 were there already\n"
        "cat.ndjson: checked by size and content\n"
        "hot air balloon.ndjson: checked by size and content\n"
        "tennis racquet.ndjson: checked by size and content\n"
        "terms: The Quick, Draw! Dataset, Google; CC BY 4.0\n"
        f"type next: inkseek data verify '{out}'\n"
    )
    assert inkseek("data", "verify", out).code == 0

    again = inkseek("data", "get", "quickdraw", *words, "--out", out, "--from", bucket.base)
    assert f"{out}: 0 files fetched (0.0 MB), 3 were there already" in again.err
    assert "checked by" not in again.err


def test_a_file_whose_end_nobody_states_is_told(bucket: Site, tmp_path: Path) -> None:
    bucket.replies = [Reply(headers={"Content-Length": None})]

    done = inkseek("data", "get", "quickdraw", "--words", "cat", "--out", tmp_path, "--from", bucket.base)

    assert done.code == 0
    assert "cat.ndjson: checked by content alone: the server states neither checksum nor length" in done.err


def test_what_was_fetched_as_json(bucket: Site, tmp_path: Path) -> None:
    content = bucket.files["cat.ndjson"]
    bucket.replies = [Reply(headers={"x-goog-hash": google_hash(content)})]

    tree = inkseek(
        "data", "get", "quickdraw", "--words", "cat", "--out", tmp_path, "--from", bucket.base, "--json"
    ).json()

    assert keys(tree) == {
        "format": int,
        "name": str,
        "folder": str,
        "terms": str,
        "files": [
            {"file": str, "skipped": bool, "url": str, "size": int, "sha256": str, "checked": str, "fetched": str}
        ],
    }
    (file,) = tree["files"]
    assert file["url"] == bucket.url("cat.ndjson")
    assert (file["size"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert file["checked"] == "md5 of the server"


def test_the_words_of_a_split_are_those_of_its_seen_classes(bucket: Site, tmp_path: Path) -> None:
    call = ("data", "get", "quickdraw", "--split", "sketchy2", "--out", tmp_path, "--from", bucket.base)
    parts: tuple[Part, Part] = ("seen", "unseen")
    (words, without), (unseen, _) = (split_words("sketchy2", part) for part in parts)

    first = inkseek(*call).err
    assert f"{len(without)} classes of sketchy2 have no word in Quick, Draw!: ape, armor" in first
    assert words[0] == "airplane"
    assert f"{bucket.base}/airplane.ndjson: the server answers 404" in first

    bucket.files = {f"{word}.ndjson": json.dumps(quickdraw_record(word, 7)).encode() for word in unseen}
    assert inkseek(*call, "--classes", "unseen").code == 0
    assert sorted(path.stem for path in tmp_path.glob("*.ndjson")) == sorted(unseen)


def test_sketches_are_fetched_and_unpacked(page: Site, tmp_path: Path) -> None:
    out = tmp_path / "tu"

    done = inkseek("data", "get", "tuberlin", "--out", out, "--from", page.base)

    assert (done.code, done.out) == (0, "")
    assert "1 files fetched" not in done.err
    assert f"{out}: 1 file fetched (0.0 MB), 0 were there already\nsketches_png.zip: checked by md5\n" in done.err
    assert "SIGGRAPH 2012; CC BY 4.0" in done.err
    assert "the photos are not among them: inkseek data get tuberlin-photos" in done.err
    assert (out / "png/door handle/2.png").read_bytes() == b"2"

    again = inkseek("data", "get", "tuberlin", "--out", out, "--from", page.base, "--json")
    assert again.json()["files"] == []
    assert f"{out}/png is there already; move it away to fetch it again" in again.err


@pytest.mark.parametrize("name", list(INSTRUCTIONS))
def test_what_cannot_be_fetched_is_told_exactly(name: str, tmp_path: Path) -> None:
    told = INSTRUCTIONS[name]

    done = inkseek("data", "get", name, "--out", tmp_path / "a b")

    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    for piece in told.pieces:
        assert any(line.endswith(f" {piece.name}") for line in lines)
        assert f"     {piece.where}" in lines
        assert piece.md5 is None or f"     MD5 {piece.md5}" in lines
    for path, holds in told.tree:
        assert any(line.startswith(f"  {tmp_path}/a b/{path} ") and line.endswith(holds) for line in lines)
    assert f"Then type: inkseek data verify '{tmp_path}/a b'" in lines
    assert not (tmp_path / "a b").exists()
    assert "  DIR/" in inkseek("data", "get", name).out


def test_what_to_obtain_as_json() -> None:
    tree = inkseek("data", "get", "sketchy", "--json").json()

    assert (tree["format"], tree["name"], tree["folder"]) == (1, "sketchy", None)
    assert set(tree["pieces"][0]) == {"name", "holds", "where", "md5", "instead"}
    assert tree["tree"][0][0].startswith("256x256/sketch/")


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("quickdraw --words cat", "say in which folder quickdraw should go"),
        ("tuberlin", "say in which folder tuberlin should go"),
        ("quickdraw --out {out}", "say which words"),
        ("quickdraw --out {out} --words cat --split sketchy1", "say which words"),
        ("quickdraw --out {out} --words catt", "no word for 'catt'; near it are cat"),
        ("quickdraw --out {out} --split sketchy9", "no split is named"),
        ("quickdraw --out {out} --words cat --from http://example.org", "not an https address"),
        ("tuberlin --out {out} --words cat", "--words, --split and --classes choose strokes of quickdraw"),
        ("sketchy --split sketchy1", "--words, --split and --classes choose strokes of quickdraw"),
        ("tuberlin --out {out} --classes seen", "--words, --split and --classes choose strokes of quickdraw"),
        ("quickdraw --out {out} --words cat --classes unseen", "--classes chooses classes of --split; leave it out"),
        ("quickdraw --out {out} --words cat --classes seen", "--classes chooses classes of --split; leave it out"),
        ("quickdraw --out {out} --classes seen", "say which words"),
        ("sketchy --from https://example.org", "sketchy is not fetched, so --from has no use"),
    ],
)
def test_wrong_calls_are_refused_and_write_nothing(call: str, reason: str, tmp_path: Path) -> None:
    assert reason in refusal(inkseek("data", "get", *call.format(out=tmp_path / "out").split()))
    assert not (tmp_path / "out").exists()


def test_a_failed_download_is_one_sentence_and_keeps_what_came_before(bucket: Site, tmp_path: Path) -> None:
    done = inkseek("data", "get", "quickdraw", "--words", "cat,dog", "--out", tmp_path, "--from", bucket.base)

    assert done.code == 2
    assert done.err.splitlines()[-1] == (
        f"inkseek: {bucket.base}/dog.ndjson: the server answers 404 Not Found; "
        "check the address, or give another one with --from"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cat.ndjson", RECEIPTS]


def test_every_name_is_known() -> None:
    assert "Usage: " in inkseek("data", "get", "imagenet").err
    assert [name.value for name in Obtainable][:2] == ["quickdraw", "tuberlin"]
