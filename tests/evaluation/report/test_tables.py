"""Which measurement is told first or marked, and what stands in the tables of differences and of seeds."""

import re
from pathlib import Path

from inkseek.evaluation.report.page import report_page
from tests.evaluation.report.saved_runs import open_run, run_facts, write_run


def test_measurements_on_other_data_are_no_rivals(tmp_path: Path) -> None:
    runs = [
        open_run(write_run(tmp_path / split, name=split, split=split, noise=noise))
        for split, noise in (("sketchy1", 2.0), ("sketchy2", 0.1))
    ]

    page = report_page(runs)

    assert 'class="best"' not in page
    assert "the first is" in page
    assert page.split("the first is", 1)[1].split("</span>", 1)[0].endswith("sketchy1")


def test_of_rivals_the_best_is_told_first(tmp_path: Path) -> None:
    runs = [
        open_run(write_run(tmp_path / name, name=name, noise=noise)) for name, noise in (("bad", 2.0), ("good", 0.1))
    ]

    page = report_page(runs)

    assert page.split("the best by mAP@all is", 1)[1].split("</span>", 1)[0].endswith("good")


def test_of_equal_rivals_one_is_one_of_the_best(tmp_path: Path) -> None:
    noises = (("bad", 2.0), ("good", 0.0), ("same", 0.0))
    runs = [open_run(write_run(tmp_path / name, name=name, noise=noise)) for name, noise in noises]

    page = report_page(runs)

    assert page.split("; one of the best by mAP@all is", 1)[1].split("</span>", 1)[0].endswith("good")
    assert "the best by mAP@all is" not in page.replace("one of the best", "")


def test_a_protocol_of_one_measurement_has_no_best(tmp_path: Path) -> None:
    runs = [
        open_run(write_run(tmp_path / name, name=name, codes=codes, noise=1.0))
        for name, codes in (("features", False), ("codes", True))
    ]

    page = report_page(runs).split('id="metrics"', 1)[1]

    block = page.split("<b>expected</b>", 1)[1].split("</tbody>", 1)[0]
    assert 'class="best"' not in block
    assert 'class="best"' in page.split("<b>standard</b>", 1)[1].split("</tbody>", 1)[0]


def test_differences_name_the_protocols_and_stand_in_blocks(tmp_path: Path) -> None:
    settings = (("features", False, 5), ("codes", True, 5), ("other", False, 6))
    runs = [
        open_run(write_run(tmp_path / name, name=name, codes=codes, each=(3, photos)))
        for name, codes, photos in settings
    ]

    page = report_page(runs).split('id="differences"', 1)[1].split("</section>", 1)[0]

    heads = [re.sub(r"<[^>]+>", "", head) for head in re.findall(r'scope="rowgroup".*?(<div>.*?)</th>', page)]
    assert heads == ["B codes minus A expected against standard", "C other minus A standard; other gallery"]
    assert "difference of the means over queries" in page
    assert re.findall(r'<th scope="row">(.*?)</th>', page) == 2 * ["mAP@all", "mAP@5", "P@5", "mAP@10", "P@10"]
    row = re.findall(r"<td>(.*?)</td>", page.split("<tbody>", 1)[1])
    micro = [
        run.evaluation["protocols"][name]["micro"]["mAP@all"]
        for run, name in zip(runs, ("standard", "expected"), strict=False)
    ]
    assert row[:2] == [f"{value:.3f}" for value in micro]


def test_repeats_at_other_commits_and_of_one_seed_are_told(tmp_path: Path) -> None:
    facts = (run_facts(0), run_facts(1, commit="another"), run_facts(1))
    runs = [open_run(write_run(tmp_path / str(seed), seed=seed, run=run)) for seed, run in enumerate(facts)]

    page = report_page(runs).split('id="seeds"', 1)[1].split("</section>", 1)[0]

    first = re.sub(r"<[^>]+>", " ", page.split('<th scope="row">', 1)[1].split("</th>", 1)[0])
    assert first.split() == [
        "sake",
        "A",
        "B",
        "trained",
        "at",
        "different",
        "commits",
        "without",
        "C",
        ",",
        "whose",
        "seed",
        "is",
        "there",
        "already",
    ]
