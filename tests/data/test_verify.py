"""What `verify` finds, what it calls a fault, and what it says."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from inkseek.data.datasets import ClassCounts
from inkseek.data.layouts import probe
from inkseek.data.receipts import Receipt, add_receipt
from inkseek.data.verify import OWN, STROKES, Verification, read_data_set, verify
from inkseek.errors import DataError
from tests.data.conftest import quickdraw_record, write_data_set, write_ndjson, write_photo, write_sketch

TUBERLIN = {"trombone": ClassCounts(2, 2, None), "alarm clock": ClassCounts(2, 2, None)}
SKETCHY = {"cat": ClassCounts(2, 5, 3)}


@pytest.fixture
def published() -> Iterator[None]:
    """Data sets of a few pictures, so that a whole one is soon made."""
    counts = {"tuberlin": TUBERLIN, "sketchy": SKETCHY}
    with patch("inkseek.data.counts.published_counts", counts.__getitem__):
        yield


@pytest.fixture
def tuberlin(tmp_path: Path, published: None) -> Path:
    """TU-Berlin as its archives unpack, with a misspelt photo folder."""
    write_data_set(tmp_path / "png", tmp_path / "ImageResized", tuple(TUBERLIN), 2)
    (tmp_path / "ImageResized/trombone").rename(tmp_path / "ImageResized/tromobone")
    (tmp_path / "ImageResized/alarm clock").rename(tmp_path / "ImageResized/alarmclock")
    return tmp_path


@pytest.fixture
def sketchy(tmp_path: Path, published: None) -> Path:
    """Sketchy with one of its originals under the same name among the extended photos, and other bytes there."""
    for number in range(2):
        write_sketch(tmp_path / f"256x256/sketch/tx_000000000000/cat/{number}.png", number)
        write_photo(tmp_path / f"256x256/photo/tx_000000000000/cat/n{number}.jpg", number)
        write_photo(tmp_path / f"EXTEND_image_sketchy/cat/n{number}.jpg", 100 + number)
    write_photo(tmp_path / "EXTEND_image_sketchy/cat/ext_1.jpg", 5)
    return tmp_path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    write_data_set(tmp_path / "sketch", tmp_path / "photo", ("robot", "kite"), 3)
    return tmp_path


def checked(root: Path, *, against: str | None = None, quick: bool = False) -> Verification:
    return verify(read_data_set(root), against=against, quick=quick)


def kinds(verification: Verification) -> list[str]:
    return [finding.kind for finding in verification.findings]


def items(verification: Verification, kind: str) -> tuple[str, ...]:
    return next(finding.items for finding in verification.findings if finding.kind == kind)


def test_a_whole_published_data_set_is_as_published(tuberlin: Path) -> None:
    found = checked(tuberlin)

    assert found.ok
    assert (found.name, found.against, found.layout, found.root) == ("tuberlin", "tuberlin", "tuberlin", tuberlin)
    assert kinds(found) == ["repairs"]
    assert items(found, "repairs") == ("alarmclock as alarm clock", "tromobone as trombone")


def test_sketchys_originals_are_known_to_be_there_twice(sketchy: Path) -> None:
    found = checked(sketchy)

    assert found.ok
    assert kinds(found) == ["listed_twice"]
    assert "SAKE" in found.findings[0].remedy
    assert items(found, "listed_twice") == (
        "256x256/photo/tx_000000000000/cat/n0.jpg",
        "256x256/photo/tx_000000000000/cat/n1.jpg",
    )
    assert found.counts.photo_folders == "both"


def test_a_whole_data_set_of_ones_own_has_no_fault(own: Path) -> None:
    found = checked(own)

    assert found.ok
    assert (found.name, found.against, found.findings) == (None, None, ())


def _without_a_class(root: Path) -> None:
    for folder in ("png/trombone", "ImageResized/tromobone"):
        shutil.rmtree(root / folder)


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (lambda root: shutil.rmtree(root / "ImageResized"), "half_unpacked"),
        (lambda root: shutil.rmtree(root / "ImageResized/tromobone"), "half_unpacked"),
        (lambda root: shutil.rmtree(root / "png/trombone"), "half_unpacked"),
        (_without_a_class, "missing_classes"),
        (lambda root: (root / "png/trombone/0.png").unlink(), "fewer_pictures"),
        (lambda root: write_photo(root / "ImageResized/tromobone/9.jpg", 9), "more_pictures"),
        (lambda root: (root / "png/trombone/0.png").write_bytes(b""), "empty"),
        (lambda root: (root / "png/trombone/0.png").write_bytes(b"\x89PNG\r\n\x1a\n"), "unreadable"),
    ],
)
def test_what_is_a_fault(tuberlin: Path, damage: Callable[[Path], object], kind: str) -> None:
    damage(tuberlin)

    found = checked(tuberlin)

    assert not found.ok
    assert next(finding for finding in found.findings if finding.kind == kind).fault
    assert all(finding.remedy and finding.title for finding in found.findings)


def test_an_empty_file_is_told_as_such_and_missed_in_its_class(tuberlin: Path) -> None:
    (tuberlin / "png/trombone/0.png").write_bytes(b"")

    found = checked(tuberlin)

    assert items(found, "empty") == ("png/trombone/0.png",)
    assert items(found, "fewer_pictures") == ("trombone: 1 of 2 sketches",)


def test_what_is_only_a_note(tuberlin: Path) -> None:
    for folder in ("png/unicorn", "ImageResized/unicorn"):
        (tuberlin / folder).mkdir()
    write_sketch(tuberlin / "png/unicorn/0.png", 50)
    write_photo(tuberlin / "ImageResized/unicorn/0.jpg", 51)
    shutil.copyfile(tuberlin / "png/trombone/0.png", tuberlin / "png/trombone/1.png")
    shutil.copyfile(tuberlin / "ImageResized/alarmclock/0.jpg", tuberlin / "ImageResized/tromobone/0.jpg")
    (tuberlin / "png/filelist.txt").touch()
    (tuberlin / ".DS_Store").touch()

    found = checked(tuberlin)

    assert found.ok
    assert kinds(found) == ["extra_classes", "repairs", "duplicates", "several_classes", "strays"]
    assert items(found, "extra_classes") == ("unicorn",)
    assert items(found, "duplicates") == ("png/trombone/0.png = png/trombone/1.png",)
    assert items(found, "several_classes") == ("ImageResized/alarmclock/0.jpg = ImageResized/tromobone/0.jpg",)
    assert [item.partition(":")[0] for item in items(found, "strays")] == [".DS_Store", "png/filelist.txt"]


def test_a_sketch_that_shows_nothing_is_a_note(own: Path) -> None:
    from PIL import Image

    Image.new("L", (40, 40), 255).save(own / "sketch/kite/0.png")

    found = checked(own)

    assert found.ok
    assert items(found, "blank") == ("sketch/kite/0.png",)


def test_a_picture_that_is_sketch_and_photo_of_one_class(own: Path) -> None:
    shutil.copyfile(own / "photo/kite/0.jpg", own / "sketch/kite/0.jpg")

    assert items(checked(own), "several_classes") == ("photo/kite/0.jpg = sketch/kite/0.jpg",)


def test_what_was_fetched_there_is_no_stray(tuberlin: Path) -> None:
    (tuberlin / "sketches_png.zip").touch()
    (tuberlin / "other.zip").touch()
    assert len(items(checked(tuberlin), "strays")) == 2

    add_receipt(tuberlin, "sketches_png.zip", Receipt.now("https://example.org/sketches_png.zip", 0, "", "md5"))

    assert [item.partition(":")[0] for item in items(checked(tuberlin), "strays")] == ["other.zip"]


def test_another_data_set_can_be_compared_with_or_none(tuberlin: Path) -> None:
    assert checked(tuberlin, against="sketchy").against == "sketchy"
    assert not checked(tuberlin, against="sketchy").ok
    alone = checked(tuberlin, against=OWN)
    assert alone.ok
    assert (alone.name, alone.against, alone.counts.photos.published) == ("tuberlin", None, None)
    with pytest.raises(DataError, match=r"no data set is named 'imagenet'; choose one of sketchy, .* or own"):
        checked(tuberlin, against="imagenet")


def test_a_quick_look_decodes_nothing(own: Path) -> None:
    whole = (own / "photo/kite/0.jpg").read_bytes()
    (own / "photo/kite/0.jpg").write_bytes(whole[:-100])

    assert checked(own, quick=True).ok
    assert items(checked(own), "unreadable")[0].startswith("photo/kite/0.jpg: damaged JPEG file")


def test_strokes_have_no_photos_and_no_published_counts(tmp_path: Path) -> None:
    records = [quickdraw_record("cat", key, seed=1) for key in (1, 2)] + [quickdraw_record("cat", 1)]
    write_ndjson(tmp_path / "cat.ndjson", records)

    found = checked(tmp_path)

    assert found.ok
    assert (found.layout, found.name) == (STROKES, None)
    assert kinds(found) == ["duplicates"]
    assert items(found, "duplicates")[0].startswith("cat.ndjson:3: key_id 1")
    with pytest.raises(DataError, match="leave out --as"):
        checked(tmp_path, against="quickdraw")
    assert checked(tmp_path, against=OWN).ok


def test_the_report_is_json_with_stable_keys(tuberlin: Path) -> None:
    (tuberlin / "png/trombone/0.png").unlink()

    tree = json.loads(checked(tuberlin).to_json())

    assert {key: tree[key] for key in ("format", "layout", "data_set", "against", "quick", "ok", "photo_folders")} == {
        "format": 1,
        "layout": "tuberlin",
        "data_set": "tuberlin",
        "against": "tuberlin",
        "quick": False,
        "ok": False,
        "photo_folders": "both",
    }
    assert tree["root"] == str(tuberlin)
    assert (tree["sketches"], tree["photos"]) == ({"found": 3, "published": 4}, {"found": 4, "published": 4})
    assert tree["classes"][1] == {
        "name": "trombone",
        "sketches": 1,
        "photos": 2,
        "published_sketches": 2,
        "published_photos": 2,
    }
    assert [set(finding) for finding in tree["findings"]] == [{"kind", "fault", "title", "items", "remedy"}] * 2


def test_a_file_name_that_is_no_text_is_reported_all_the_same(own: Path) -> None:
    name = b"caf\xe9.txt".decode("utf-8", "surrogateescape")
    (own / "photo/kite" / name).touch()

    assert r"caf\udce9.txt" in checked(own).to_json()


def test_reading_goes_by_the_layout(own: Path) -> None:
    assert read_data_set(own).manifest == probe(own).manifest
    with pytest.raises(DataError, match="no such folder"):
        read_data_set(own / "nowhere")
