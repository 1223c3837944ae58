"""Results on stdout, byte for byte; everything else on stderr, and only what is worth a line."""

import os
from pathlib import Path

from tests.cli.calling import inkseek
from tests.cli.conftest import World, write_picture


def test_a_name_that_is_no_utf_8_is_found_and_printed(own: World) -> None:
    """JSON has it as an escape that Python reads back; a pipe has it as the bytes on disk."""
    odd = write_picture(own.photos / os.fsdecode(b"caf\xe9.png"), 7)
    (own.photos / os.fsdecode(b"b\xe4d.png")).write_bytes(b"")
    arguments = ("index", own.photos, "--gallery", own.gallery, "--model", own.model)
    assert inkseek(*arguments).err.splitlines()[0].endswith("b\\udce4d.png: has 0 bytes; copy the file again")
    call = ("search", own.gallery, odd, "--photo", "-k", "1")
    assert inkseek(*call, "--json").json()["results"][0]["path"] == str(odd)
    assert inkseek(*call, "--paths-only").out.encode("utf-8", "surrogateescape") == os.fsencode(odd) + b"\n"
    assert str(odd) in inkseek(*call).out
    assert "d.png: has 0 bytes" in inkseek("gallery", "info", own.gallery).out
    assert inkseek("gallery", "info", own.gallery, "--json").json()["skipped"][0]["fault"] == "empty"


def test_names_are_printed_as_they_are(own: World) -> None:
    """Not as markup, nor broken at the width of a terminal."""
    name = "[bold]a very long name " + "of many words " * 8 + ".png"
    (own.photos / name).write_bytes(b"")
    done = inkseek("index", own.photos, "--gallery", own.root / "[red]new", "--model", own.model)
    skipped, summary = done.err.splitlines()
    assert skipped == f"skipped {own.photos / name}: has 0 bytes; copy the file again"
    assert summary.startswith(f"{own.root / '[red]new'}: 3 photos; 3 added, 0 changed, 0 renamed, 0 removed,")


def test_a_bar_that_nobody_sees_leaves_no_line(world: World) -> None:
    done = inkseek("evaluate", world.model, "--data", world.data, "--json")
    assert done.json()["data"]["seen_in_training"] == ["cat"]
    assert done.err == ""


def test_results_for_people_are_on_stdout_too(world: World) -> None:
    done = inkseek("search", world.gallery, world.query, "-k", "2")
    assert [line.split()[0] for line in done.out.splitlines()] == ["1", "2"]
    assert done.err.startswith("3 photos, milliseconds: render ")
    info = inkseek("gallery", "info", world.gallery)
    assert (info.code, info.err) == (0, "")
    assert info.out.splitlines()[0].split() == ["photos", "3"]


def test_methods_are_listed_from_their_files() -> None:
    tree = inkseek("methods", "--json").json()
    assert {method["method"] for method in tree["methods"]} >= {"sake", "baseline"}
    done = inkseek("methods")
    assert (done.code, done.err) == (0, "")
    assert "sake" in done.out


def test_k_beyond_the_gallery_gives_all_of_it(world: World) -> None:
    tree = inkseek("search", world.gallery, world.query, "-k", "50", "--json").json()
    assert (tree["k"], len(tree["results"])) == (50, 3)
    assert {Path(result["path"]).name for result in tree["results"]} == {"0.png", "1.png", "2.png"}
