"""`inkseek report` and `inkseek compare`: what they print, write and refuse."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inkseek.evaluation.saved import EVALUATION, FEATURES, QUERIES
from tests.cli.calling import contents, inkseek, inkseek_process, keys, refusal
from tests.evaluation.report.saved_runs import run_facts, write_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three measurements: two seeds of one method, and one of other classes."""
    root = tmp_path_factory.mktemp("runs")
    for seed in (0, 1):
        write_run(root / f"seed{seed}" / "evaluations" / "sketchy2", name=f"seed{seed}", seed=seed, run=run_facts(seed))
    write_run(root / "other", name="other", classes=("sun", "cup"))
    return root


def test_a_report_is_one_file(runs: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"

    done = inkseek("report", runs / "seed0", runs / "seed1", runs / "other", "--out", out)

    assert (done.code, done.out) == (0, "")
    assert done.err == f"report: {out}\n"
    page = out.read_text(encoding="utf-8")
    assert page.count('<svg class="map"') == 3
    assert list(tmp_path.iterdir()) == [out]


def test_a_report_again_takes_its_place(runs: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    for _ in range(2):
        tree = inkseek("report", runs / "other", "--out", out, "--json").json()

    assert tree == {"format": 1, "report": str(out), "bytes": out.stat().st_size, "measurements": ["other"]}


def test_a_file_of_somebody_else_stays(runs: Path, tmp_path: Path) -> None:
    out = tmp_path / "thesis.html"
    out.write_text("mine", encoding="utf-8")

    sentence = refusal(inkseek("report", runs / "other", "--out", out))

    assert sentence == f"{out}: exists and is no report of inkseek's; choose another --out"
    assert out.read_text(encoding="utf-8") == "mine"


def test_what_is_no_measurement_is_refused_and_nothing_written(runs: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    damaged = write_run(tmp_path / "damaged")
    (damaged / "queries.npz").write_bytes(b"PK")
    before = contents(runs, tmp_path)

    for path, words in (
        (runs, "holds no measurement"),
        (runs / "missing", "holds no measurement"),
        (damaged, "damaged; measure again"),
    ):
        assert words in refusal(inkseek("report", path, "--out", out))
        assert words in refusal(inkseek("compare", path, runs / "other"))

    assert contents(runs, tmp_path) == before


def without_a_fact(folder: Path) -> None:
    edit(folder, lambda tree: tree["data"].pop("gallery_mode"))


def without_means_over_classes(folder: Path) -> None:
    edit(folder, lambda tree: tree["protocols"]["sake"].pop("macro"))


def without_a_protocol(folder: Path) -> None:
    edit(folder, lambda tree: tree["protocols"].pop("sake"))


def with_protocols_of_another_kind(folder: Path) -> None:
    edit(folder, lambda tree: tree.update(protocols=["standard"]))


def with_another_mean(folder: Path) -> None:
    edit(folder, lambda tree: tree["protocols"]["standard"]["micro"].update({"P@5": 0.123}))


def with_codes_in_words_only(folder: Path) -> None:
    edit(folder, lambda tree: tree["feature"].update(kind="binary"))


def with_another_query(folder: Path) -> None:
    change(folder / QUERIES, "path", lambda column: np.where(np.arange(len(column)) == 3, "sketch/none.png", column))


def with_a_query_twice(folder: Path) -> None:
    change(folder / QUERIES, "path", lambda column: column[[0, 0, *range(2, len(column))]])


def with_another_class(folder: Path) -> None:
    change(folder / QUERIES, "class", lambda column: column[::-1])


def with_a_value_that_is_not_finite(folder: Path) -> None:
    change(folder / QUERIES, "zse/P@5", lambda column: np.where(np.arange(len(column)) == 3, np.nan, column))


def with_labels_of_another_length(folder: Path) -> None:
    change(folder / FEATURES, "gallery_labels", lambda column: column[1:])


def with_features_of_another_measurement(folder: Path) -> None:
    other = write_run(folder.parent / "another", classes=("sun", "cup"))
    (folder / FEATURES).write_bytes((other / FEATURES).read_bytes())


def with_values_of_another_encoder(folder: Path) -> None:
    other = write_run(folder.parent / "another", seed=1, noise=1.5)
    (folder / QUERIES).write_bytes((other / QUERIES).read_bytes())


def with_features_of_another_encoder(folder: Path) -> None:
    other = write_run(folder.parent / "another", seed=1, noise=1.5)
    (folder / FEATURES).write_bytes((other / FEATURES).read_bytes())


def edit(folder: Path, change: Callable[[Any], object]) -> None:
    """Change the printed result of a measurement."""
    file = folder / EVALUATION
    tree = json.loads(file.read_text(encoding="utf-8"))
    change(tree)
    file.write_text(json.dumps(tree), encoding="utf-8")


def change(file: Path, column: str, new: Callable[[NDArray[Any]], NDArray[Any]]) -> None:
    """Change one array of a file."""
    with np.load(file, allow_pickle=False) as arrays:
        columns = dict(arrays)
    columns[column] = new(columns[column])
    np.savez(file, **columns)


@pytest.mark.parametrize(
    ("damage", "file", "words"),
    [
        (without_a_fact, EVALUATION, "its data lacks gallery_mode"),
        (without_means_over_classes, EVALUATION, "its protocols are damaged"),
        (with_protocols_of_another_kind, EVALUATION, "its protocols are damaged"),
        (without_a_protocol, QUERIES, "sake/P@10 is not in both it and evaluation.json"),
        (with_another_mean, QUERIES, "the mean of standard/P@5 is not the one of evaluation.json"),
        (with_codes_in_words_only, FEATURES, "not the features that evaluation.json tells of"),
        (with_another_query, QUERIES, "its queries are not those of features.npz"),
        (with_a_query_twice, QUERIES, "its queries are not those of features.npz"),
        (with_another_class, QUERIES, "its queries are not those of features.npz"),
        (with_a_value_that_is_not_finite, QUERIES, "zse/P@5 holds values that are not finite"),
        (with_labels_of_another_length, FEATURES, ""),
        (with_features_of_another_measurement, "", ""),
        (with_features_of_another_encoder, FEATURES, "its features do not give the values of queries.npz"),
        (with_values_of_another_encoder, QUERIES, "is not the one of evaluation.json"),
    ],
)
def test_a_damaged_measurement_is_refused_in_one_sentence(
    tmp_path: Path, damage: Callable[[Path], None], file: str, words: str
) -> None:
    folder = write_run(tmp_path / "run")
    damage(folder)

    sentences = {
        refusal(inkseek("report", folder, "--out", tmp_path / "report.html")),
        refusal(inkseek("compare", folder, folder)),
    }

    [sentence] = sentences
    assert sentence.startswith(str(folder / file))
    assert words in sentence
    assert "measure again" in sentence
    assert not (tmp_path / "report.html").exists()


def test_without_its_extra_a_report_is_refused_in_one_sentence(runs: Path, tmp_path: Path) -> None:
    blocked = "import importlib.machinery as machinery\nfind = machinery.PathFinder.find_spec\n"
    blocked += "machinery.PathFinder.find_spec = lambda name, *rest: None if name == 'sklearn' else find(name, *rest)"

    done = inkseek_process("report", runs / "other", "--out", tmp_path / "report.html", before=blocked)

    assert "scikit-learn, which is not installed; install inkseek with its extra `report`" in refusal(done)
    assert not list(tmp_path.iterdir())


def test_a_comparison_is_a_sentence(runs: Path) -> None:
    done = inkseek("compare", runs / "seed0", runs / "seed1", "--metric", "P@5")

    first, second = done.out.splitlines()
    number = r"[+-]\d\.\d{4}"
    assert re.match(
        r"seed1 against seed0, P@5 \(standard\), mean over 12 queries: \d\.\d{4} against \d\.\d{4}, "
        rf"difference {number}, 95 % interval {number} to {number}, p = \d\.\d{{4}}; ",
        first,
    )
    assert second.startswith("2 seeds of sake, P@5 (standard), mean over queries: mean of the runs 0.")
    assert second.count(";") == 0


def test_the_better_one_is_named_where_the_interval_holds_no_zero(tmp_path: Path) -> None:
    for name, noise in (("good", 0.0), ("bad", 3.0)):
        write_run(tmp_path / name, name=name, noise=noise, each=(8, 5))

    clear = inkseek("compare", tmp_path / "good", tmp_path / "bad").out
    same = inkseek("compare", tmp_path / "good", tmp_path / "good").out

    assert clear.endswith("good is better by more than the choice of queries explains\n")
    assert same.endswith("the interval holds 0: the choice of queries may explain the difference\n")
    assert "galleries differ" not in clear


def test_codes_stand_under_expected_unless_asked_otherwise(tmp_path: Path) -> None:
    features = write_run(tmp_path / "features", name="features", noise=1.0)
    codes = write_run(tmp_path / "codes", name="codes", codes=True, noise=1.0)

    mixed = inkseek("compare", features, codes).out
    asked = inkseek("compare", features, codes, "--protocol", "standard").out

    assert "codes against features, mAP@all (expected against standard), mean over 12 queries: " in mixed
    assert "codes against features, mAP@all (standard), mean over 12 queries: " in asked
    assert mixed.split(": ", 1)[1] != asked.split(": ", 1)[1]


def test_repeats_of_other_commits_or_of_one_seed_are_told(tmp_path: Path) -> None:
    facts = (run_facts(0), run_facts(1, commit="another"), run_facts(1))
    folders = [write_run(tmp_path / str(seed), name=f"n{seed}", seed=seed, run=run) for seed, run in enumerate(facts)]

    last = inkseek("compare", *folders).out.splitlines()[-1]

    assert last.startswith("2 seeds of sake, mAP@all (standard), mean over queries: mean of the runs 0.")
    assert last.endswith("; they were trained at different commits; left out, as their seed is there already: n2")


def test_another_gallery_is_said(tmp_path: Path) -> None:
    write_run(tmp_path / "one")
    write_run(tmp_path / "two", each=(3, 4))

    assert "the galleries differ" in inkseek("compare", tmp_path / "one", tmp_path / "two").out


def test_a_comparison_as_json(runs: Path) -> None:
    tree = inkseek("compare", runs / "seed0", runs / "seed1", "--protocol", "sake", "--json").json()

    side = {"name": str, "protocol": str, "mean": float}
    assert keys(tree) == {
        "format": int,
        "metric": str,
        "comparisons": [
            {
                "first": side,
                "second": side,
                "difference": float,
                "low": float,
                "high": float,
                "p_value": float,
                "queries": int,
                "same_gallery": bool,
            }
        ],
        "seeds": [
            {
                "names": [str],
                "left_out": [],
                "one_commit": bool,
                "protocol": str,
                "mean": float,
                "low": float,
                "high": float,
                "runs": int,
            }
        ],
    }
    [pair] = tree["comparisons"]
    assert pair["first"]["protocol"] == pair["second"]["protocol"] == tree["seeds"][0]["protocol"] == "sake"
    assert pair["difference"] == pytest.approx(pair["second"]["mean"] - pair["first"]["mean"])


def test_other_queries_and_unknown_names_are_refused(runs: Path) -> None:
    seed0 = runs / "seed0"

    assert refusal(inkseek("compare", seed0, runs / "other")) == (
        "seed0 and other have different queries (12 and 6, 0 in common), so they cannot be compared query by query; "
        "measure both on the same data and split"
    )
    assert "no values of standard/mAP@7" in refusal(inkseek("compare", seed0, seed0, "--metric", "mAP@7"))
    assert "no values of textbook/mAP@all" in refusal(inkseek("compare", seed0, seed0, "--protocol", "textbook"))
