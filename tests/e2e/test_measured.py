"""From a trained run to figures that are kept, drawn and compared, through the command."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.calling import inkseek
from tests.e2e.conftest import EACH, SEEN, UNSEEN, Run

NAME = "shapes-sketchy2"


def plain_of(run: Path) -> Path:
    """Where the run keeps the measurement of features."""
    return min((run / "evaluations").iterdir(), key=lambda folder: len(folder.name))


@pytest.fixture(scope="module")
def run(finished: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the run that keeps two measurements: of features with training pictures, and of codes."""
    folder = tmp_path_factory.mktemp("measured") / "tiny"
    shutil.copytree(finished.folder, folder, ignore=shutil.ignore_patterns("evaluations"))
    where = ("--data", finished.data, "--split", "sketchy2")
    for more in (("--training-data", finished.data), ("--codes", "itq", "--bits", "8")):
        assert inkseek("evaluate", folder, *where, *more).code == 0
    return folder


def test_a_run_keeps_what_was_measured(run: Path) -> None:
    kept = {
        path.name[:-9]: json.loads((path / "evaluation.json").read_text()) for path in (run / "evaluations").iterdir()
    }

    assert set(kept) == {NAME, f"{NAME}-itq-8"}
    assert kept[f"{NAME}-itq-8"]["feature"] == {"kind": "binary", "dimension": 8, "codes": "itq"}
    assert "expected" in kept[f"{NAME}-itq-8"]["protocols"]
    assert kept[NAME]["run"]["seed"] == 0


def test_one_page_shows_both(run: Path, tmp_path: Path) -> None:
    done = inkseek("report", run, "--out", tmp_path / "page.html", "--json")

    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert done.json()["measurements"] == [f"tiny, {NAME}", f"tiny, {NAME}-itq-8"]
    assert all(name in page for name in UNSEEN)
    assert str(tmp_path) not in page


def test_codes_are_compared_with_features_query_by_query(run: Path) -> None:
    plain, coded = sorted((run / "evaluations").iterdir(), key=lambda folder: len(folder.name))
    tree = inkseek("compare", plain, coded, "--json").json()

    (found,) = tree["comparisons"]
    assert found["queries"] == EACH * len(UNSEEN)
    assert found["low"] <= found["difference"] <= found["high"]


def test_other_queries_do_not_compare(finished: Run, run: Path, tmp_path: Path) -> None:
    assert inkseek("evaluate", run, "--data", finished.data, "--split", "all", "--out", tmp_path / "all").code == 0

    done = inkseek("compare", plain_of(run), tmp_path / "all")

    assert (done.code, done.out) == (2, "")
    assert "queries" in done.err


def test_seen_photos_in_the_gallery_make_it_harder_and_are_no_leak(finished: Run, run: Path, tmp_path: Path) -> None:
    arguments = ("evaluate", run, "--data", finished.data, "--split", "sketchy2", "--generalized", "held_out")
    tree = inkseek(*arguments, "--out", tmp_path / "generalized", "--json").json()

    plain = json.loads((plain_of(run) / "evaluation.json").read_text())
    assert tree["data"]["gallery"] == plain["data"]["gallery"] + 5 * len(SEEN)
    assert tree["data"]["queries"] == plain["data"]["queries"]
    assert (tree["zero_shot"], tree["data"]["generalized"]) == (True, "held_out")
    assert tree["protocols"]["standard"]["micro"]["mAP@all"] <= plain["protocols"]["standard"]["micro"]["mAP@all"]


def test_a_manifest_gives_the_figures_of_its_folder(finished: Run, run: Path, tmp_path: Path) -> None:
    assert inkseek("data", "convert", finished.data, "--out", tmp_path / "shapes.manifest").code == 0
    arguments = ("evaluate", run, "--split", "sketchy2", "--out", tmp_path / "kept", "--json")

    tree = inkseek(*arguments, "--data", tmp_path / "shapes.manifest").json()

    plain = json.loads((plain_of(run) / "evaluation.json").read_text())
    assert tree["protocols"] == plain["protocols"]
    assert tree["data"]["manifest"] == plain["data"]["manifest"]


def test_a_folder_of_ones_own_is_never_replaced(finished: Run, run: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")

    done = inkseek("evaluate", run, "--data", finished.data, "--out", tmp_path / "mine")

    assert (done.code, done.out) == (2, "")
    assert "exists and holds thesis.txt; choose another folder with --out" in done.err
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_a_sketch_that_a_list_names_twice_counts_twice_and_can_be_drawn(
    finished: Run, run: Path, tmp_path: Path
) -> None:
    lists = tmp_path / "zeroshot1"
    lists.mkdir()
    sketches = [f"sketch/bat/{number}.png 0" for number in (0, 1, 1)]
    (lists / "sketch_zero.txt").write_text("\n".join(sketches), encoding="utf-8")
    photos = [f"photo/bat/{number}.jpg 0" for number in range(1, EACH)]
    (lists / "all_photo_zero.txt").write_text("\n".join(photos), encoding="utf-8")
    arguments = ("evaluate", run, "--data", finished.data, "--lists", lists, "--out", tmp_path / "kept", "--json")

    assert inkseek(*arguments).json()["data"]["queries"] == 3

    assert inkseek("report", tmp_path / "kept", "--out", tmp_path / "page.html").code == 0
