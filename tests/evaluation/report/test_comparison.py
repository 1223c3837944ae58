"""Differences query by query, and which runs count as repeats."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from inkseek.errors import DataError
from inkseek.evaluation.report.comparison import compare, compare_all, same_queries, seed_groups
from inkseek.evaluation.report.kept import open_measurements
from tests.evaluation.report.saved_runs import CLASSES, digests, open_run, rows_of, run_facts, table, write_run

METRIC = ("standard", "mAP@all")


def test_the_difference_is_second_minus_first(tmp_path: Path) -> None:
    good = open_run(write_run(tmp_path / "good", noise=0.2))
    bad = open_run(write_run(tmp_path / "bad", noise=1.5, seed=1))

    pair = compare(bad, good, *METRIC)

    assert pair.second_mean > pair.first_mean
    assert pair.difference.mean == pytest.approx(pair.second_mean - pair.first_mean)
    assert pair.first_mean == pytest.approx(bad.evaluation["protocols"]["standard"]["micro"]["mAP@all"])
    assert 0 < pair.difference.low < pair.difference.mean < pair.difference.high
    assert pair.difference.queries == 12
    assert pair.same_gallery


def test_the_order_of_the_queries_does_not_matter(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    queries = table(rng, "sketch", ("bat", "cow", "door", "pear"), 3, 0.9)
    order = rng.permutation(12)
    turned = rows_of(queries, order)
    first = open_run(write_run(tmp_path / "first", queries=queries))
    second = open_run(write_run(tmp_path / "second", queries=turned))

    pair = compare(first, second, *METRIC)

    assert (pair.difference.low, pair.difference.mean, pair.difference.high) == (0.0, 0.0, 0.0)


def test_classes_keep_their_number_of_queries(tmp_path: Path) -> None:
    # Each class has one difference: drawing within classes, the mean never moves.
    rng = np.random.default_rng(0)
    queries, gallery = (table(rng, side, ("bat", "cow"), 4, 0.0) for side in ("sketch", "photo"))
    first = open_run(write_run(tmp_path / "first", classes=("bat", "cow"), queries=queries, gallery=gallery))
    turned = replace(queries, features=queries.features[np.zeros(8, np.int64)])
    second = open_run(write_run(tmp_path / "second", classes=("bat", "cow"), queries=turned, gallery=gallery))

    pair = compare(first, second, *METRIC)

    assert pair.difference.mean < 0
    assert pair.difference.low == pytest.approx(pair.difference.high)


def test_other_queries_are_refused(tmp_path: Path) -> None:
    first = open_run(write_run(tmp_path / "first", name="one"))
    second = open_run(write_run(tmp_path / "second", name="two", classes=("bat", "sun")))

    with pytest.raises(DataError, match=r"one and two have different queries \(12 and 6, 3 in common\)"):
        compare(first, second, *METRIC)
    assert not same_queries(first, second)


def test_an_unknown_metric_is_refused_with_those_there_are(tmp_path: Path) -> None:
    run = open_run(write_run(tmp_path / "run"))

    with pytest.raises(DataError, match=r"standard/mAP@7.*there are standard/mAP@all, standard/mAP@5"):
        compare(run, run, "standard", "mAP@7")


def test_a_path_with_another_picture_is_another_query(tmp_path: Path) -> None:
    queries, gallery = (table(np.random.default_rng(0), side, CLASSES, 3, 0.6) for side in ("sketch", "photo"))
    first = open_run(write_run(tmp_path / "first", name="one", queries=queries, gallery=gallery))
    redrawn = replace(queries, digests=digests(("new", *queries.paths[1:])))
    second = open_run(write_run(tmp_path / "second", name="two", queries=redrawn, gallery=gallery))

    with pytest.raises(DataError, match=r"one and two have different queries \(12 and 12, 11 in common\)"):
        compare(first, second, *METRIC)


def test_a_photo_with_another_content_makes_another_gallery(tmp_path: Path) -> None:
    gallery = table(np.random.default_rng(0), "photo", CLASSES, 3, 0.6)
    other = replace(gallery, digests=digests((*gallery.paths[1:], "new")))
    first, second, third = (
        open_run(write_run(tmp_path / str(place), gallery=photos))
        for place, photos in enumerate((gallery, other, rows_of(gallery, np.arange(12)[::-1])))
    )

    assert not compare(first, second, *METRIC).same_gallery
    assert compare(first, third, *METRIC).same_gallery


def test_codes_are_compared_by_what_is_expected_and_features_by_the_standard(tmp_path: Path) -> None:
    codes = open_run(write_run(tmp_path / "codes", codes=True, noise=1.5))
    features = open_run(write_run(tmp_path / "features", noise=1.5))

    pair = compare(features, codes, None, "mAP@all")
    again = compare(codes, codes, None, "mAP@all")
    asked = compare(features, codes, *METRIC)

    assert (pair.first_protocol, pair.second_protocol) == ("standard", "expected")
    assert pair.protocols == "expected against standard"
    assert pair.first_mean == pytest.approx(features.evaluation["protocols"]["standard"]["micro"]["mAP@all"])
    assert pair.second_mean == pytest.approx(codes.evaluation["protocols"]["expected"]["micro"]["mAP@all"])
    assert again.protocols == "expected"
    assert asked.protocols == "standard"
    assert asked.second_mean == pytest.approx(codes.evaluation["protocols"]["standard"]["micro"]["mAP@all"])
    assert asked.second_mean != pytest.approx(pair.second_mean)


def test_another_gallery_is_told(tmp_path: Path) -> None:
    first = open_run(write_run(tmp_path / "first"))
    second = open_run(write_run(tmp_path / "second", each=(3, 4)))

    assert not compare(first, second, *METRIC).same_gallery


def test_of_run_folders_the_measurements_of_the_same_split_are_compared(tmp_path: Path) -> None:
    for run in ("one", "two"):
        for split, classes in (("sketchy1", ("bat", "cow")), ("sketchy2", ("door", "pear"))):
            write_run(tmp_path / run / "evaluations" / split, name=f"{run} {split}", classes=classes, split=split)
    ours, theirs = (open_measurements([tmp_path / run]) for run in ("one", "two"))

    pairs = compare_all(ours, theirs, *METRIC)

    assert [(pair.first.name, pair.second.name) for pair in pairs] == [
        ("one sketchy1", "two sketchy1"),
        ("one sketchy2", "two sketchy2"),
    ]
    with pytest.raises(DataError, match="different queries"):
        compare_all(ours[:1], theirs[1:], *METRIC)


def test_runs_that_differ_by_seed_alone_are_repeats(tmp_path: Path) -> None:
    folders = [
        write_run(tmp_path / "seed0", run=run_facts(0), seed=0),
        write_run(tmp_path / "seed1", run=run_facts(1), seed=1),
        write_run(tmp_path / "again", run=run_facts(1), seed=5),
        write_run(tmp_path / "settings", run=run_facts(2, "other"), seed=2),
        write_run(tmp_path / "split", run=run_facts(3), seed=3, split="sketchy1"),
        write_run(tmp_path / "outside", run=None, seed=4),
    ]
    measurements = [open_run(folder) for folder in folders]

    [group] = seed_groups(measurements, *METRIC)

    means = [member.evaluation["protocols"]["standard"]["micro"]["mAP@all"] for member in measurements[:2]]
    assert group.members == tuple(measurements[:2])
    assert group.left_out == (measurements[2],)
    assert group.one_commit
    assert group.interval.runs == 2
    assert group.interval.mean == pytest.approx(sum(means) / 2)
    assert group.interval.low <= min(means) <= max(means) <= group.interval.high


@pytest.mark.parametrize("fact", ["runtime", "precision"])
def test_what_ran_the_encoder_is_equal_in_a_group(tmp_path: Path, fact: Literal["runtime", "precision"]) -> None:
    first, second = (open_run(write_run(tmp_path / str(seed), run=run_facts(seed), seed=seed)) for seed in (0, 1))
    assert len(list(seed_groups([first, second], *METRIC))) == 1

    second.evaluation["model"][fact] = "other"

    assert not list(seed_groups([first, second], *METRIC))


def test_runs_of_other_commits_are_told_apart(tmp_path: Path) -> None:
    runs = [
        open_run(write_run(tmp_path / str(seed), run=run_facts(seed, commit=f"{seed}"), seed=seed)) for seed in (0, 1)
    ]

    [group] = seed_groups(runs, *METRIC)

    assert not group.one_commit


def test_repeats_of_codes_are_counted_as_expected(tmp_path: Path) -> None:
    runs = [open_run(write_run(tmp_path / str(seed), run=run_facts(seed), seed=seed, codes=True)) for seed in (0, 1)]

    [group] = seed_groups(runs, None, "mAP@all")

    means = [run.evaluation["protocols"]["expected"]["micro"]["mAP@all"] for run in runs]
    assert group.protocol == "expected"
    assert group.interval.mean == pytest.approx(sum(means) / 2)


def test_one_run_is_no_group(tmp_path: Path) -> None:
    assert not list(seed_groups([open_run(write_run(tmp_path / "run", run=run_facts(0)))], *METRIC))
