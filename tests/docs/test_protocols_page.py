"""The figures that protocols.md gives as examples are what the code gives."""

import numpy as np
import pytest

from inkseek.data.datasets import DATA_SETS, published_counts
from inkseek.data.splits import SPLITS, named_split, split_data_set
from inkseek.evaluation.protocols import PROTOCOLS
from inkseek.evaluation.ranks import RelevantRanks
from tests.docs.loading import ROOT
from tests.evaluation.test_metrics import ap, precision

PAGE = (ROOT / "docs" / "protocols.md").read_text(encoding="utf-8")


def rows(*, after: str, columns: int) -> dict[str, list[str]]:
    """Rows of the table with so many columns behind a heading, by their first cell without ticks."""
    section = PAGE.split(after)[1].split("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if "|" in line]
    return {row[0].strip("`"): row[1:] for row in cells if len(row) == columns and row[0].startswith("`")}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_example_ranking(name: str) -> None:
    worked = RelevantRanks.without_ties(np.array([[1, 3, 4, 8]]), 8)
    lone = RelevantRanks.without_ties(np.array([[1, *range(9_001, 9_684)]]), 17_101)

    values = (ap(worked, 5, name), precision(worked, 5, name), ap(worked, None, name), ap(lone, 200, name))

    assert rows(after="## One ranking", columns=5)[name] == [f"{value:.3f}" for value in values]


@pytest.mark.parametrize("split", SPLITS)
def test_the_counts_of_a_split(split: str) -> None:
    counts = published_counts(split_data_set(split))
    unseen = [counts[name] for name in named_split(split).unseen]
    queries, gallery, extended, _ = rows(after="## Galleries", columns=5)[split]

    assert queries == f"{sum(found.sketches or 0 for found in unseen):,}"
    known = [found.photos for found in unseen]
    if all(photos is not None for photos in known):
        assert gallery == f"{sum(photos or 0 for photos in known):,}"
    if split_data_set(split) == "sketchy":
        assert extended == f"{sum(found.extended_photos or 0 for found in unseen):,}"


def test_every_protocol_and_split_stands_in_its_table() -> None:
    assert set(rows(after="# Protocols", columns=4)) == {*PROTOCOLS, "expected"}
    assert set(rows(after="## Galleries", columns=5)) == set(SPLITS)
    assert {split_data_set(split) for split in SPLITS} == set(DATA_SETS)
