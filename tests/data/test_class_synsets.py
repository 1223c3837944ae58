import csv
from collections import Counter
from pathlib import Path

import pytest

from inkseek.data.class_synsets import Nouns, class_synset_rows, known_synsets
from inkseek.data.classes import class_key, class_list
from inkseek.data.hierarchy import packaged_hierarchy
from inkseek.data.wordnet import WordNet, read_senses, wordnet_folder

FOLDER = wordnet_folder()
SPLITS = Path(__file__).parents[3] / "shared/splits"
PHOTOS = (SPLITS / "tuberlin/sake_unseen30_wordnet_ids.tsv", SPLITS / "sketchy/class_wordnet_ids.tsv")


@pytest.mark.parametrize("data_set", ["sketchy", "tuberlin", "quickdraw"])
def test_every_class_has_a_synset_of_the_packaged_hierarchy(data_set: str) -> None:
    hyponyms = packaged_hierarchy().hyponyms
    for name in class_list(data_set):
        assert known_synsets()[class_key(name)] in hyponyms, name


def test_rows_are_complete_and_distinct() -> None:
    rows = class_synset_rows()
    assert len(known_synsets()) == len(rows) == 296
    assert Counter(row["rule"] for row in rows) == {"photos": 138, "first": 122, "hand": 29, "sake": 7}
    assert all(row["note"] for row in rows if row["rule"] == "hand")


@pytest.mark.parametrize(
    ("name", "senses"),
    [
        ("hound_dog", ("n1", "n2")),
        ("Hound-Dog", ("n1", "n2")),
        ("hot dog", ("n3", "n4")),
        ("hotdog", ("n4", "n3")),
        ("buses", ("n5",)),
        ("firemen", ("n6",)),
        ("berries", ("n7",)),
        ("lens", ("n8",)),
        ("mouse (animal)", ()),
        ("s", ()),
    ],
)
def test_nouns_are_found_in_any_spelling_and_as_plurals(name: str, senses: tuple[str, ...]) -> None:
    nouns = Nouns(
        {
            **{"hound_dog": ["n1", "n2"], "hot-dog": ["n3"], "hotdog": ["n4"], "bus": ["n5"], "fireman": ["n6"]},
            **{"berry": ["n7"], "lens": ["n8"], "len": ["n9"], "mouse": ["n10"]},
        }
    )
    assert nouns.senses(name) == senses


def photo_counts() -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for file in PHOTOS:
        with file.open(encoding="utf-8", newline="") as stream:
            own: dict[str, dict[str, int]] = {}
            for name, synset, count in list(csv.reader(stream, delimiter="\t"))[1:]:
                own.setdefault(class_key(name), {})[synset] = int(count)
        counts.update(own)
    return counts


def by_rule(wordnet: WordNet, senses: tuple[str, ...], photos: dict[str, int]) -> tuple[str, str | None]:
    """Sense above most photos, their most frequent synset where none is above any; without photos the first sense."""
    if not photos:
        return "first", next(iter(senses), None)
    above = {
        sense: sum(count for photo, count in photos.items() if sense == photo or wordnet.is_above(sense, photo))
        for sense in senses
    }
    counts = above if any(above.values()) else photos
    return "photos", max(counts, key=lambda synset: counts[synset])


@pytest.mark.real
@pytest.mark.skipif(not (FOLDER and PHOTOS[0].exists()), reason="WordNet or the photos' synsets are not here")
def test_each_synset_follows_from_its_rule() -> None:
    assert FOLDER is not None
    wordnet, nouns = WordNet.read(FOLDER / "data.noun"), Nouns(read_senses(FOLDER / "index.noun"))
    photos = photo_counts()
    for row in class_synset_rows():
        rule, synset = by_rule(wordnet, nouns.senses(row["class"]), photos.get(class_key(row["class"]), {}))
        assert row["synset"] in wordnet.parents
        if row["rule"] in {"photos", "first"}:
            assert (row["rule"], row["synset"]) == (rule, synset), row["class"]
        else:
            assert row["synset"] != synset, f"{row['class']}: its rule is {rule}"
