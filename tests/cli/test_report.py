"""`inkseek report` and `inkseek compare`: what they print, write and refuse."""

import re
from pathlib import Path

import pytest

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
