"""The packaged relation to ImageNet against the masks that SAKE released, entry by entry."""

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from inkseek.data.semantics import RELATION_TABLES, imagenet_relation
from inkseek.data.wordnet import WordNet, relation_rows, wordnet_folder
from tests.docs.loading import ROOT, load_script

SPLITS = ROOT.parent / "shared/splits"
MASKS = {"sketchy": "sake_imagenet_mask_sketchy_split1.npz", "tuberlin": "sake_imagenet_mask_tuberlin.npz"}
TABLES = ROOT / "src/inkseek/data/tables"
SEVERAL_SYNSETS = {
    *("bread", "car_(sedan)", "chair", "dog", "fish", "guitar", "lizard", "pear", "pistol", "spoon", "violin"),
    *("wading_bird", "window"),
}

real = [
    pytest.mark.real,
    pytest.mark.skipif(not SPLITS.exists(), reason="the released masks are not here"),
]
FOLDER = wordnet_folder()
with_wordnet = pytest.mark.skipif(FOLDER is None, reason="Debian's wordnet-base is not here")
pytestmark = real


@cache
def wordnet() -> WordNet:
    assert FOLDER is not None
    return WordNet.read(FOLDER / "data.noun")


def released(data_set: str) -> tuple[list[str], NDArray[np.float32]]:
    with np.load(SPLITS / "semantic" / MASKS[data_set], allow_pickle=False) as mask:
        return [str(name) for name in mask["names"]], mask["mask"]


def differences(data_set: str) -> dict[str, int]:
    names, mask = released(data_set)
    differs = ~np.isclose(imagenet_relation(names, data_set=data_set), mask, atol=1e-6)
    return {name: int(row.sum()) for name, row in zip(names, differs, strict=True) if row.any()}


def packaged(data_set: str) -> tuple[dict[str, list[str]], list[str]]:
    with np.load(TABLES / f"imagenet_relation_{RELATION_TABLES[data_set]}.npz", allow_pickle=False) as table:
        synsets = {str(name): str(ids).split() for name, ids in zip(table["names"], table["synsets"], strict=True)}
        return synsets, table["imagenet"].tolist()


def explained() -> list[list[str]]:
    """Rows of the page's table: class, noun here, entries, what the released row follows from, reading."""
    page = (ROOT / "docs/semantics.md").read_text(encoding="utf-8")
    _, _, table = page.partition("| class | noun here | entries |")
    lines = [line for line in table.split("\n\n")[0].splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def ids_of(cell: str) -> list[str]:
    return [word.strip(",") for word in cell.split() if word[1:].strip(",").isdigit()]


def test_sketchy_fills_the_same_entries_and_differs_in_classes_of_several_synsets() -> None:
    names, mask = released("sketchy")
    np.testing.assert_array_equal(imagenet_relation(names) > 0, mask > 0)
    found = differences("sketchy")
    assert sum(found.values()) == 51
    assert set(found) == SEVERAL_SYNSETS


@with_wordnet
@pytest.mark.parametrize("name", sorted(SEVERAL_SYNSETS))
def test_another_order_of_the_synsets_gives_the_released_row_of_sketchy(name: str) -> None:
    names, mask = released("sketchy")
    synsets, imagenet = packaged("sketchy")
    wanted = mask[names.index(name)]
    rows = dict(zip(synsets[name], relation_rows(wordnet(), [[one] for one in synsets[name]], imagenet), strict=True))
    # from the last synset backwards: what it fills stays, so it has to be what the release holds
    settled = np.zeros(len(imagenet), dtype=bool)
    order: list[str] = []
    while len(order) < len(rows):
        fits = (
            one
            for one, row in rows.items()
            if one not in order and np.allclose(row[(row > 0) & ~settled], wanted[(row > 0) & ~settled])
        )
        last = next(fits, None)
        assert last is not None, f"no order of {synsets[name]}"
        order.insert(0, last)
        settled |= rows[last] > 0
    np.testing.assert_allclose(relation_rows(wordnet(), [order], imagenet)[0], wanted, rtol=1e-6)
    assert order != synsets[name]


def test_tuberlin_is_equal_in_more_than_99_of_100_entries_and_the_page_lists_the_others() -> None:
    _, mask = released("tuberlin")
    found = differences("tuberlin")
    assert (sum(found.values()), len(found), mask.size) == (485, 45, 220_000)
    assert {row[0]: int(row[2]) for row in explained()} == found


@with_wordnet
def test_each_synset_of_the_page_gives_the_released_row_of_tuberlin() -> None:
    names, mask = released("tuberlin")
    synsets, imagenet = packaged("tuberlin")
    for name, here, _, source, reading in explained():
        assert ids_of(here) == synsets[name]
        others = ids_of(source)
        row = relation_rows(wordnet(), [others], imagenet)[0]
        np.testing.assert_allclose(row, mask[names.index(name)], rtol=1e-6, err_msg=name)
        assert bool(others) == (reading != "no synset"), name
        assert wordnet().is_above(synsets[name][0], others[-1]) == ("one kind" in reading) if others else True, name


@pytest.mark.slow
@with_wordnet
@pytest.mark.parametrize("data_set", list(RELATION_TABLES))
def test_a_table_is_what_the_script_builds(data_set: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = {"sketchy": "sketchy/class_wordnet_ids.tsv", "tuberlin": "tuberlin/sake_unseen30_wordnet_ids.tsv"}
    arguments = ["--data-set", data_set, "--wordnet", str(FOLDER), "--out", str(tmp_path / "table.npz")]
    arguments += ["--imagenet-synsets", str(SPLITS / "semantic/imagenet1000_synsets.tsv")]
    if data_set in photos:
        arguments += ["--photo-synsets", str(SPLITS / photos[data_set])]
    monkeypatch.setattr("sys.argv", ["relation_table.py", *arguments])
    load_script("relation_table").main()
    kept = TABLES / f"imagenet_relation_{RELATION_TABLES[data_set]}.npz"
    with np.load(tmp_path / "table.npz", allow_pickle=False) as built, np.load(kept, allow_pickle=False) as table:
        assert set(built) == set(table)
        for key in table:
            np.testing.assert_array_equal(built[key], table[key])


def test_the_script_prints_the_comparison(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    mask = str(SPLITS / "semantic" / MASKS["tuberlin"])
    monkeypatch.setattr("sys.argv", ["relation_table.py", "--data-set", "tuberlin", "--compare", mask])
    load_script("relation_table").main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "485 of 220000 entries differ, in 45 of 220 classes"
    assert "truck\t24 differ\t25 filled here\t11 there" in lines


def test_the_first_synsets_of_the_photos_are_the_most_frequent() -> None:
    with (SPLITS / "tuberlin/sake_unseen30_wordnet_ids.tsv").open(encoding="utf-8", newline="") as stream:
        windmill = {
            row["wnid"]: int(row["n_photos_in_gallery"])
            for row in csv.DictReader(stream, delimiter="\t")
            if row["class"] == "windmill"
        }
    synsets, _ = packaged("tuberlin")
    assert synsets["windmill"] == sorted(windmill, key=lambda synset: -windmill[synset])
