"""`inkseek data`: what it prints, writes and refuses."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from inkseek.cli.data import Against
from inkseek.cli.data_get import Obtainable
from inkseek.data.datasets import DATA_SETS, ClassCounts
from inkseek.data.instructions import INSTRUCTIONS
from inkseek.data.layouts import probe
from inkseek.data.manifest import Manifest
from inkseek.data.splits import SPLITS
from inkseek.data.verify import OWN
from tests.cli.calling import contents, inkseek, inkseek_process, keys, refusal
from tests.cli.conftest import World
from tests.data.conftest import quickdraw_record, write_data_set, write_ndjson, write_sketch

TUBERLIN = {"trombone": ClassCounts(2, 2, None), "alarm clock": ClassCounts(2, 2, None)}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    root = tmp_path / "own data"
    write_data_set(root / "sketch", root / "photo", ("robot", "kite"), 3)
    return root


@pytest.fixture
def tuberlin(tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "tu"
    write_data_set(root / "png", root / "ImageResized", tuple(TUBERLIN), 2)
    (root / "ImageResized/trombone").rename(root / "ImageResized/tromobone")
    with patch("inkseek.data.counts.published_counts", {"tuberlin": TUBERLIN}.__getitem__):
        yield root


def test_the_choices_are_the_data_sets() -> None:
    assert [choice.value for choice in Against] == [*DATA_SETS, OWN]
    assert {choice.value for choice in Obtainable} == {"quickdraw", "tuberlin", *INSTRUCTIONS}


def test_the_list_names_every_data_set_and_split() -> None:
    shown = inkseek("data", "list")

    assert (shown.code, shown.err) == (0, "")
    for facts in DATA_SETS.values():
        assert (
            f"{facts.name}: {facts.title}, {len(facts.class_names)} classes, {facts.sketches:,} sketches" in shown.out
        )
    lines = [line.split() for line in shown.out.replace("│", " ").splitlines()]
    assert ["sketchy2", "104", "21", "12,694", "12,553", "10,453"] in lines
    assert ["tuberlin", "220", "30", "2,400", "27,989", "-"] in lines
    assert {line[0] for line in lines if line} >= set(SPLITS)
    assert not [line for line in shown.out.splitlines() if line != line.rstrip() or len(line) > 80]


def test_the_list_as_json() -> None:
    tree = inkseek("data", "list", "--json").json()

    assert keys(tree) == {
        "format": int,
        "data_sets": [
            {
                "name": str,
                "title": str,
                "classes": int,
                "sketches": int,
                "photos": int,
                "source": str,
                "obtain": str,
                "splits": [
                    {
                        "name": str,
                        "seen": int,
                        "unseen": int,
                        "queries": int,
                        "gallery": int,
                        "extended_gallery": int,
                    }
                ],
            }
        ],
    }


def test_verify_says_what_is_there_and_that_it_is_whole(own: Path, tuberlin: Path) -> None:
    done = inkseek("data", "verify", own)
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        f"{own}: no published data set, layout folders\n"
        "          found\n"
        "classes       2\n"
        "sketches      6\n"
        "photos        6\n"
        "\n"
        "no fault, 0 notes; every file was read\n"
    )

    done = inkseek("data", "verify", tuberlin, "--quick")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        f"{tuberlin}: TU-Berlin Extended, layout tuberlin\n"
        "          found  published\n"
        "classes       2          2\n"
        "sketches      4          4\n"
        "photos        4          4\n"
        "\n"
        "note   1 class folder was read under the class's own name\n"
        "       tromobone as trombone\n"
        "       -> nothing: these spellings of the archives are known\n"
        "\n"
        "as published, 1 note; only headers of pictures were looked at\n"
    )


def test_verify_tells_each_fault_with_examples_and_a_remedy(tuberlin: Path) -> None:
    shutil.rmtree(tuberlin / "ImageResized")
    for number in range(5):
        (tuberlin / f"png/trombone/bad{number}.png").write_text(f"no picture {number}")

    done = inkseek("data", "verify", tuberlin)

    assert (done.code, done.err) == (2, "")
    assert done.out == (
        f"{tuberlin}: TU-Berlin Extended, layout tuberlin\n"
        "          found  published\n"
        "classes       2          2\n"
        "sketches      9          4\n"
        "photos        0          4\n"
        "\n"
        "FAULT  there are no photos at all\n"
        "       -> the archive of the photos is not unpacked, or only half; unpack it\n"
        "       again, whole, beside the other\n"
        "\n"
        "FAULT  1 class has more pictures than published\n"
        "       trombone: 7 sketches for 2\n"
        "       -> take away what you added: figures on a larger gallery are not those of\n"
        "       the published one\n"
        "\n"
        "FAULT  5 files cannot be read\n"
        "       png/trombone/bad0.png: does not begin like a PNG file or another known picture; copy it again or save "
        "it anew\n"
        "       png/trombone/bad1.png: does not begin like a PNG file or another known picture; copy it again or save "
        "it anew\n"
        "       png/trombone/bad2.png: does not begin like a PNG file or another known picture; copy it again or save "
        "it anew\n"
        "       ... and 2 more\n"
        "       -> unpack the archive again, or copy again what is named here\n"
        "\n"
        "not as published: 3 faults, 0 notes; every file was read\n"
    )


def test_verify_as_json_and_as_a_file(tuberlin: Path, tmp_path: Path) -> None:
    (tuberlin / "png/trombone/0.png").unlink()
    report = tmp_path / "report.json"

    done = inkseek("data", "verify", tuberlin, "--json", "--report", report)

    assert (done.code, done.err) == (2, "")
    tree = json.loads(done.out)
    assert tree == json.loads(report.read_text(encoding="utf-8"))
    assert (tree["format"], tree["ok"]) == (1, False)
    assert [finding["kind"] for finding in tree["findings"]] == ["fewer_pictures", "repairs"]


def test_verify_compares_with_what_is_wanted(tuberlin: Path) -> None:
    (tuberlin / "png/trombone/0.png").unlink()

    assert inkseek("data", "verify", tuberlin).code == 2
    done = inkseek("data", "verify", tuberlin, "--as", "own")
    assert done.code == 0
    assert "no fault, 1 note" in done.out


def test_verify_of_strokes(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "cat.ndjson", [quickdraw_record("cat", 1)])

    done = inkseek("data", "verify", tmp_path)

    assert (done.code, done.out.splitlines()[0]) == (0, f"{tmp_path}: strokes of Quick, Draw!")
    assert "leave out --as" in refusal(inkseek("data", "verify", tmp_path, "--as", "quickdraw"))


def test_verify_shortens_long_cases_and_survives_names_that_are_no_text(own: Path) -> None:
    source = own / "sketch/kite/0.png"
    for number in range(30):
        shutil.copyfile(source, own / f"sketch/kite/copy{number}.png")
    (own / "sketch/kite" / b"caf\xe9.txt".decode("utf-8", "surrogateescape")).touch()

    done = inkseek("data", "verify", own)

    assert done.code == 0
    group = next(line for line in done.out.splitlines() if line.startswith("       sketch/kite/0.png = "))
    assert group.endswith(" ...")
    assert len(group) < 250
    assert r"caf\udce9.txt" in done.out
    assert inkseek("data", "verify", own, "--json").json()["ok"]


def test_verify_refuses_what_it_cannot_read_or_write(tmp_path: Path, own: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no such folder" in refusal(inkseek("data", "verify", tmp_path / "nowhere"))
    assert "no data set in a known layout" in refusal(inkseek("data", "verify", tmp_path / "empty"))
    done = refusal(inkseek("data", "verify", own, "--report", tmp_path / "nowhere/report.json"))
    assert "report.json: cannot be written (there is no folder" in done


def test_nothing_is_coloured_where_no_terminal_is(own: Path) -> None:
    assert "\x1b" not in inkseek_process("data", "verify", own).out


def test_convert_writes_a_manifest_that_evaluate_and_verify_read(own: Path, tmp_path: Path) -> None:
    out = tmp_path / "own.jsonl"

    done = inkseek("data", "convert", own, "--out", out)

    assert (done.code, done.out) == (0, "")
    assert f"{out}: 12 pictures of 2 classes below {own}" in done.err
    assert Manifest.load(out).rows == probe(own).manifest.rows
    assert probe(out).manifest.hash == probe(own).manifest.hash
    assert inkseek("data", "verify", out).code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own data", "own.jsonl"]


def test_a_manifest_is_measured_like_the_folder_that_it_names(world: World, tmp_path: Path) -> None:
    assert inkseek("data", "convert", world.data, "--out", tmp_path / "m").code == 0

    folder, manifest = (
        inkseek("evaluate", world.model, "--data", data, "--json") for data in (world.data, tmp_path / "m")
    )

    assert manifest.json()["protocols"] == folder.json()["protocols"]


def test_convert_as_json_and_what_it_left_out(own: Path, tmp_path: Path) -> None:
    (own / "photo/kite/notes.txt").touch()

    done = inkseek("data", "convert", own, "--out", tmp_path / "m", "--json")

    tree = done.json()
    assert keys(tree) == {
        "format": int,
        "manifest": str,
        "root": str,
        "rows": int,
        "hash": str,
        "layout": str,
        "data_set": type(None),
    }
    assert (tree["rows"], tree["hash"]) == (12, probe(own).manifest.hash)
    assert "stray file" in done.err


def test_convert_replaces_nothing_unless_it_is_told(own: Path, tmp_path: Path) -> None:
    out = tmp_path / "m"
    out.write_text("mine")

    assert "give --force to replace it" in refusal(inkseek("data", "convert", own, "--out", out))
    assert out.read_text() == "mine"

    assert inkseek("data", "convert", own, "--out", out, "--force").code == 0
    assert len(Manifest.load(out)) == 12

    assert "give the path of a file" in refusal(inkseek("data", "convert", own, "--out", own, "--force"))
    assert "is no CSV file" in refusal(inkseek("data", "convert", own, "--out", tmp_path / "m.CSV"))


@pytest.mark.parametrize("out", ["nowhere/m", "a file/m"])
def test_convert_leaves_nothing_half_written(own: Path, tmp_path: Path, out: str) -> None:
    (tmp_path / "a file").touch()
    before = contents(tmp_path)

    assert "cannot be written" in refusal(inkseek("data", "convert", own, "--out", tmp_path / out))

    assert contents(tmp_path) == before


def test_a_manifest_holds_a_file_name_that_is_no_utf8(own: Path, tmp_path: Path) -> None:
    sketch = own / "sketch/kite" / b"caf\xe9.png".decode("utf-8", "surrogateescape")
    write_sketch(sketch, 7)

    assert inkseek("data", "convert", own, "--out", tmp_path / "m").code == 0

    manifest = Manifest.load(tmp_path / "m")
    assert sketch in [manifest.file(row) for row in manifest.rows]


@pytest.mark.parametrize("call", ["--help", "get --help"])
def test_help_is_light(call: str) -> None:
    heavy = {"torch", "faiss", "onnxruntime", "numpy", "PIL", "urllib.request"}
    at_exit = f"import atexit, sys\natexit.register(lambda: print(*({heavy!r} & set(sys.modules)), file=sys.stderr))"

    assert inkseek_process("data", *call.split(), before=at_exit).err == "\n"
