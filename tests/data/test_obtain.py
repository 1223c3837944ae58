"""Words of Quick, Draw!, and what is fetched from where."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkseek.data import obtain
from inkseek.data.classes import class_list
from inkseek.data.obtain import (
    MEGABYTE,
    TUBERLIN_ARCHIVE,
    fetch_quickdraw,
    fetch_tuberlin,
    named_words,
    quickdraw_word,
    quickdraw_words,
    split_words,
)
from inkseek.data.quickdraw import read_quickdraw
from inkseek.data.receipts import read_receipts
from inkseek.errors import DataError, SplitError
from tests.data.conftest import quickdraw_record
from tests.data.obtaining import strokes_of, tuberlin_archive
from tests.data.serving import Reply, Site, google_hash, serve
from tests.data.test_archives import write_zip


def nothing(doing: str, done: int, total: int | None) -> None:
    """No progress is shown."""


@pytest.fixture
def bucket() -> Iterator[Site]:
    with serve(strokes_of("cat", "hot air balloon")) as site:
        yield site


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with serve(tuberlin_archive(tmp_path, monkeypatch)) as site:
        yield site


def test_the_words_are_those_of_the_game() -> None:
    assert len(quickdraw_words()) == len(set(quickdraw_words())) == 345
    assert {"The Eiffel Tower", "teddy-bear", "t-shirt", "aircraft carrier", "zigzag"} <= set(quickdraw_words())


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("cat", "cat"),
        ("Cat", "cat"),
        ("hot-air_balloon", "hot air balloon"),
        ("racket", "tennis racquet"),
        ("tennis racquet", "tennis racquet"),
        ("car_(sedan)", "car"),
        ("crocodilian", "crocodile"),
        ("teddy_bear", "teddy-bear"),
        ("The Eiffel Tower", "The Eiffel Tower"),
        ("eiffel tower", "The Eiffel Tower"),
        ("geyser", None),
    ],
)
def test_a_class_has_its_word(name: str, word: str | None) -> None:
    assert quickdraw_word(name) == word


def test_words_are_taken_once_and_missing_ones_are_named() -> None:
    assert named_words(["racket", "cat", "tennis racquet"]) == ["tennis racquet", "cat"]
    with pytest.raises(DataError, match=r"no word for 'bicicle', 'qqq'; near it are bicycle"):
        named_words(["cat", "bicicle", "qqq"])


def test_the_words_of_a_split() -> None:
    words, without = split_words("sketchy2", "seen")
    unseen, _ = split_words("sketchy2", "unseen")
    every, _ = split_words("sketchy2", "all")

    assert len(words) + len(without) == 104
    assert {"tennis racquet", "car"} <= set(words)
    assert {"geyser", "rocket"} <= set(without)
    assert "skyscraper" in unseen
    assert not set(words) & set(unseen)
    assert sorted(every) == sorted([*words, *unseen])


def test_every_class_of_quickdraw_extended_has_its_word() -> None:
    words, without = split_words("quickdraw", "all")

    assert not without
    assert len(set(words)) == len(class_list("quickdraw")) == 110


def test_a_split_that_nobody_published() -> None:
    with pytest.raises(SplitError, match="no split is named"):
        split_words("sketchy3", "seen")


def test_words_are_fetched_into_files_that_can_be_read(bucket: Site, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    headers: dict[str, str | None] = {"x-goog-hash": google_hash(bucket.files["cat.ndjson"])}
    bucket.replies = [Reply(headers=headers), Reply()]

    done = fetch_quickdraw(
        ["cat", "hot air balloon"], tmp_path / "qd", f"{bucket.base}/", steps=lambda *step: seen.append(step)
    )

    assert [file.receipt.checked for file in done] == ["md5 of the server", "size and content"]
    assert [path for path, _ in bucket.requests] == ["cat.ndjson", "hot air balloon.ndjson"]
    assert {step[0] for step in seen} == {"cat (1 of 2), megabytes", "hot air balloon (2 of 2), megabytes"}
    assert seen[0][1:] == (0, 1)
    assert list(read_receipts(tmp_path / "qd")) == ["cat.ndjson", "hot air balloon.ndjson"]
    manifest, _ = read_quickdraw(tmp_path / "qd")
    assert manifest.class_names == ("cat", "hot-air_balloon")


def test_a_broken_connection_is_told(bucket: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkseek.data.download.time.sleep", lambda seconds: None)
    seen: list[str] = []
    bucket.replies = [Reply(503), Reply()]

    fetch_quickdraw(["cat"], tmp_path, bucket.base, steps=lambda doing, done, total: seen.append(doing))

    assert seen[0] == "the server answers 503 Service Unavailable; again in 1 s"


RECORD = json.dumps(quickdraw_record("cat", 7)).encode() + b"\n"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (RECORD + RECORD[:-20], "line 2 is no drawing"),
        (b"<html>log in, please</html>", "line 1 is no drawing"),
        (RECORD + b'{"word": "cat"}\n', "line 2 is no drawing"),
        (b"[1, 2]\n", "line 1 is no drawing"),
        (b"[" * 100_000, "line 1 is no drawing"),
        (b"\n", "it holds no drawing"),
        (b"", "it holds no drawing"),
    ],
)
@pytest.mark.parametrize("length", [True, False])
def test_what_is_no_drawing_is_not_kept(bucket: Site, tmp_path: Path, body: bytes, fault: str, length: bool) -> None:
    bucket.replies = [Reply(body=body, headers={} if length else {"Content-Length": None})]

    with pytest.raises(DataError, match=rf"cat.ndjson: arrived damaged 2 times \({fault}.*nothing was kept"):
        fetch_quickdraw(["cat"], tmp_path, bucket.base, steps=nothing)

    assert not list(tmp_path.iterdir())


def test_without_checksum_and_length_the_content_alone_speaks(bucket: Site, tmp_path: Path) -> None:
    bucket.replies = [Reply(body=RECORD + b"\n" + RECORD, headers={"Content-Length": None})]

    (done,) = fetch_quickdraw(["cat"], tmp_path, bucket.base, steps=nothing)

    assert done.receipt.checked == "content"


def test_a_checksum_of_the_server_counts_more_than_the_content(bucket: Site, tmp_path: Path) -> None:
    bucket.replies = [Reply(body=b"as it is", headers={"x-goog-hash": google_hash(b"as it is")})]

    (done,) = fetch_quickdraw(["cat"], tmp_path, bucket.base, steps=nothing)

    assert done.receipt.checked == "md5 of the server"


def test_the_second_call_fetches_nothing(bucket: Site, tmp_path: Path) -> None:
    fetch_quickdraw(["cat"], tmp_path, bucket.base, steps=nothing)
    bucket.requests.clear()

    assert [file.skipped for file in fetch_quickdraw(["cat"], tmp_path, bucket.base, steps=nothing)] == [True]
    assert not bucket.requests


def test_a_word_that_is_not_there_leaves_those_before_it(bucket: Site, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"dog.ndjson: the server answers 404"):
        fetch_quickdraw(["cat", "dog"], tmp_path, bucket.base, steps=nothing)

    assert list(read_receipts(tmp_path)) == ["cat.ndjson"]


def test_sketches_are_fetched_and_unpacked(page: Site, tmp_path: Path) -> None:
    seen: list[str] = []

    done = fetch_tuberlin(tmp_path / "tu", page.base, steps=lambda doing, now, total: seen.append(doing))

    assert done is not None
    assert done.receipt.checked == "md5"
    assert list(dict.fromkeys(seen)) == ["sketches_png.zip, megabytes", "unpacking, files"]
    assert sorted(path.name for path in (tmp_path / "tu").iterdir()) == ["downloads.json", "png", "sketches_png.zip"]
    assert (tmp_path / "tu/png/door handle/2.png").read_bytes() == b"2"

    page.requests.clear()
    assert fetch_tuberlin(tmp_path / "tu", page.base, steps=nothing) is None
    assert not page.requests


def test_an_archive_that_is_not_the_published_one_is_not_unpacked(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "made.zip", {"png/cat/1.png": b"1"}).read_bytes()

    with (
        serve({TUBERLIN_ARCHIVE: archive}) as site,
        pytest.raises(DataError, match="instead of 023123df86a928a5273e3ba11990d8fd"),
    ):
        fetch_tuberlin(tmp_path / "tu", site.base, steps=nothing)

    assert not list((tmp_path / "tu").iterdir())


def test_megabytes_are_rounded_up_for_the_whole() -> None:
    seen: list[tuple[str, int, int | None]] = []
    progress = obtain._naming(lambda *step: seen.append(step), "x", MEGABYTE)

    progress(1_999_999, 2_000_001)
    progress(5, None)

    assert seen == [("x", 1, 3), ("x", 0, None)]
