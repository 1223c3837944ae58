"""Counts are exact: a tree with every file name of the published lists, read by its folders and by the lists."""

import gzip
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from inkseek.data.classes import class_list
from inkseek.data.datasets import DATA_SETS, published_counts
from inkseek.data.galleries import RENAMED, GalleryMode, is_extended, listed_twice
from inkseek.data.layouts import DataSet, probe
from inkseek.data.listfiles import ListedSplit, read_lists
from inkseek.data.manifest import Modality
from inkseek.data.splits import named_split
from inkseek.data.views import evaluation_view
from inkseek.errors import DataError
from tests.data.conftest import write_photo, write_sketch

SPLITS = Path(__file__).parents[3] / "shared/splits"
LISTS = SPLITS / "filelists"

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not LISTS.is_dir(), reason="the published lists are not here"),
]

HOMES = {"sketchy_split1": "Sketchy", "sketchy_split2": "Sketchy", "tuberlin": "TUBerlin", "quickdraw": "QuickDraw"}
SPLIT_OF = {
    "sketchy_split1": "sketchy1",
    "sketchy_split2": "sketchy2",
    "tuberlin": "tuberlin",
    "quickdraw": "quickdraw",
}
KINDS: tuple[tuple[Modality, bool], ...] = (("sketch", False), ("photo", False), ("photo", True))
LINKS = 60_000
"""A file system may allow 65,000 names of one file."""


class Tiny:
    """Links tiny pictures under many names, a fresh picture when one has as many as a file system may allow."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: Counter[str] = Counter()

    def link(self, name: str) -> None:
        sketch = "/sketch" in name or "png_ready/" in name
        kind = "sketch" if sketch else "photo"
        self.made[kind] += 1
        number = self.made[kind] // LINKS
        source = self.folder / f"{kind}-{number}.{'png' if sketch else 'jpg'}"
        if not source.exists():
            (write_sketch if sketch else write_photo)(source, number)
        os.link(source, name)


def _listed(folder: str) -> set[str]:
    texts = (gzip.decompress(file.read_bytes()).decode() for file in (LISTS / folder).glob("*.gz"))
    return {line.rpartition(" ")[0] for text in texts for line in text.splitlines()}


@pytest.fixture(scope="module")
def tree() -> Iterator[Path]:
    """The three data sets side by side in SAKE's layout."""
    with TemporaryDirectory() as temporary:
        root = Path(temporary)
        (root / "tiny").mkdir()
        tiny = Tiny(root / "tiny")
        for home in dict.fromkeys(HOMES.values()):
            names = set().union(*(_listed(folder) for folder, its in HOMES.items() if its == home))
            for parent in {name.rpartition("/")[0] for name in names}:
                (root / "sets" / home / parent).mkdir(parents=True)
            for name in names:
                tiny.link(f"{root}/sets/{home}/{name}")
        yield root / "sets"


@pytest.fixture(scope="module")
def scanned(tree: Path) -> dict[str, DataSet]:
    return {home: probe(tree / home) for home in dict.fromkeys(HOMES.values())}


@pytest.fixture(scope="module")
def listed(tree: Path) -> dict[str, ListedSplit]:
    return {folder: read_lists(tree / home, LISTS / folder, SPLIT_OF[folder]) for folder, home in HOMES.items()}


@pytest.mark.parametrize(
    ("home", "split", "gallery", "queries", "photos"),
    [
        ("Sketchy", "sketchy1", "as_listed", 15_229, 17_101),
        ("Sketchy", "sketchy1", "distinct", 15_229, 14_601),
        ("Sketchy", "sketchy1", "extended_only", 15_229, 14_601),
        ("Sketchy", "sketchy2", "as_listed", 12_694, 12_553),
        ("Sketchy", "sketchy2", "distinct", 12_694, 10_453),
        ("Sketchy", "sketchy2", "extended_only", 12_694, 10_453),
        ("TUBerlin", "tuberlin", "as_listed", 2_400, 27_989),
        ("QuickDraw", "quickdraw", "as_listed", 92_291, 54_151),
    ],
)
def test_scanning_the_folders_gives_the_published_counts(
    scanned: dict[str, DataSet], home: str, split: str, gallery: GalleryMode, queries: int, photos: int
) -> None:
    data = evaluation_view(scanned[home].manifest, named_split(split).unseen, gallery=gallery)
    assert (len(data.queries), len(data.gallery), data.absent) == (queries, photos, ())


@pytest.mark.parametrize(
    ("folder", "queries", "gallery"),
    [
        ("sketchy_split1", 15_229, 17_101),
        ("sketchy_split2", 12_694, 12_553),
        ("tuberlin", 2_400, 27_989),
        ("quickdraw", 92_291, 54_151),
    ],
)
def test_reading_the_lists_gives_the_published_counts(
    listed: dict[str, ListedSplit], folder: str, queries: int, gallery: int
) -> None:
    found = listed[folder]
    assert (len(found.queries), len(found.gallery)) == (queries, gallery)
    assert found.report.skipped == []


@pytest.mark.parametrize("folder", HOMES)
def test_lists_and_folders_hold_the_same_pictures(
    listed: dict[str, ListedSplit], scanned: dict[str, DataSet], folder: str
) -> None:
    data = evaluation_view(scanned[HOMES[folder]].manifest, named_split(SPLIT_OF[folder]).unseen)
    assert listed[folder].evaluation_data() == data
    # in the order of their ids, as the packaged lists have them
    assert listed[folder].unseen == class_list(f"{SPLIT_OF[folder]}_unseen")


@pytest.mark.parametrize(
    ("home", "name"), [("Sketchy", "sketchy"), ("TUBerlin", "tuberlin"), ("QuickDraw", "quickdraw")]
)
def test_every_class_has_its_published_counts(scanned: dict[str, DataSet], home: str, name: str) -> None:
    found = scanned[home]
    assert (found.layout, found.name, found.repairs) == ("sake", name, {})
    counts = Counter((row.class_name, row.modality, is_extended(row)) for row in found.manifest.rows)
    published = published_counts(name)
    assert tuple(published) == class_list(name)
    for class_name, expected in published.items():
        sketches, *photos = (counts[class_name, *kind] for kind in KINDS)
        assert sketches == (expected.sketches or 0)
        assert sum(photos) == (expected.photos or 0)
        assert photos[1] == (expected.extended_photos or 0)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("sketchy/split1_sake_unseen25_counts.tsv", "sketchy"),
        ("sketchy/split2_unseen21_counts.tsv", "sketchy"),
        ("tuberlin/sake_unseen30_counts.tsv", "tuberlin"),
        ("quickdraw/unseen30_counts.tsv", "quickdraw"),
    ],
)
def test_packaged_counts_are_those_of_the_tables(file: str, name: str) -> None:
    _, *lines, total = (SPLITS / file).read_text(encoding="utf-8").splitlines()
    for line in lines:
        class_name, *counts = line.split("\t")
        assert [str(count) for count in astuple(published_counts(name)[class_name]) if count is not None] == counts
    assert total.startswith("TOTAL")


def test_the_names_of_the_extended_photos_bear_out_the_published_totals(scanned: dict[str, DataSet]) -> None:
    photos = scanned["Sketchy"].manifest.select(modality="photo")
    extended = [row for row in photos.rows if is_extended(row)]
    added = [row for row in extended if "/ext_" in row.path]
    assert len(extended) == DATA_SETS["sketchy"].photos == 12_500 + len(added)
    assert len(listed_twice(photos)) == 12_500
    without_namesake = {Path(row.path).name for row in photos.rows} - {Path(row.path).name for row in extended}
    assert without_namesake == set(RENAMED.values())


def test_data_sets_side_by_side_are_named(tree: Path) -> None:
    with pytest.raises(DataError, match=r"3 data sets lie here \(QuickDraw/; Sketchy/; TUBerlin/\); give the folder"):
        probe(tree)
