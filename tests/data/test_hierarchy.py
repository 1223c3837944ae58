from pathlib import Path

import numpy as np
import pytest

from inkseek.data import wordnet as wordnet_module
from inkseek.data.class_synsets import class_synset_rows, known_synsets
from inkseek.data.classes import class_list
from inkseek.data.hierarchy import (
    class_synsets,
    hierarchy_nodes,
    hierarchy_similarity,
    hierarchy_vectors,
    packaged_hierarchy,
    save_hierarchy,
)
from inkseek.data.noun_similarity import SIMILARITIES, Hierarchy, Similarity
from inkseek.data.wordnet import WordNet, wordnet_folder
from inkseek.errors import DataError
from tests.data.nouns import CAT, DOG, HOUND, PET, write_wordnet

FOLDER = wordnet_folder()
ROOT = "n00001740"
CLASSES = tuple(row["class"] for row in class_synset_rows())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_wordnet(tmp_path / "wordnet")


@pytest.fixture
def no_wordnet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WNSEARCHDIR", raising=False)
    monkeypatch.setattr(wordnet_module, "DEBIAN_FOLDER", tmp_path / "absent")


@pytest.mark.usefixtures("no_wordnet")
@pytest.mark.parametrize(
    ("first", "second", "path", "jiang_conrath"),
    [
        ("cat", "dog", 1 / 5, 0.872),
        ("cat", "airplane", 1 / 19, 0.402),
        ("airplane", "Helicopter", 1 / 3, 0.889),
        ("hot-air_balloon", "blimp", 1 / 5, 0.788),
        ("wine_bottle", "wine-bottle", 1.0, 1.0),
        ("motorbike", "motorcycle", 1.0, 1.0),
    ],
)
def test_known_classes_need_no_wordnet(first: str, second: str, path: float, jiang_conrath: float) -> None:
    values: dict[Similarity, float] = {"path": path, "jiang_conrath": jiang_conrath}
    for kind, value in values.items():
        found = hierarchy_similarity([first, second], kind)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, [[1, value], [value, 1]], atol=5e-4)


@pytest.mark.usefixtures("no_wordnet")
def test_all_known_classes_at_once() -> None:
    for kind in SIMILARITIES:
        found = hierarchy_similarity(CLASSES, kind)
        assert found.shape == (296, 296)
        assert found.min() >= 0.0
        assert found.max() == 1.0
        same = np.array(class_synsets(CLASSES))
        np.testing.assert_array_equal(found == 1.0, same[:, None] == same)


@pytest.mark.usefixtures("no_wordnet")
@pytest.mark.parametrize(
    ("name", "count"),
    [("sketchy", 328), ("tuberlin", 650), ("quickdraw", 329), ("sketchy1_seen", 278), ("tuberlin_seen", 603)],
)
def test_nodes_of_a_class_list(name: str, count: int) -> None:
    nodes = hierarchy_nodes(class_list(name))
    assert len(nodes) == count
    assert ROOT in nodes
    assert list(nodes) == sorted(set(nodes))
    assert set(class_synsets(class_list(name))) <= set(nodes)


@pytest.mark.usefixtures("no_wordnet")
def test_vectors_of_unseen_classes_over_nodes_of_seen_ones() -> None:
    nodes = hierarchy_nodes(class_list("sketchy1_seen"))
    unseen = class_list("sketchy1_unseen")
    vectors = hierarchy_vectors(unseen, "jiang_conrath", nodes=nodes)
    assert vectors.shape == (25, 278)
    assert vectors.dtype == np.float32
    # a seen class is a node of its own: its entry is its similarity to the unseen class
    cow = nodes.index(known_synsets()["cow"])
    expected = hierarchy_similarity(["horse", "cow"], "jiang_conrath")[0, 1]
    assert vectors[unseen.index("horse"), cow] == expected
    assert not set(class_synsets(["swan"])) & set(nodes)


@pytest.mark.usefixtures("no_wordnet")
def test_an_unknown_class_without_wordnet_is_listed_with_the_package() -> None:
    with pytest.raises(DataError, match=r"'elefant' \(nearest: elephant, .*\), 'kettle' .*wordnet-base") as caught:
        hierarchy_similarity(["cat", "elefant", "kettle"], "path")
    assert "cat'" not in str(caught.value)


@pytest.mark.usefixtures("no_wordnet")
def test_a_synset_outside_the_package_without_wordnet_is_refused() -> None:
    sentence = r"n03612814: no synsets of known classes; install Debian's .*wordnet-base"
    with pytest.raises(DataError, match=sentence):
        hierarchy_similarity(["kettle"], "path", synsets={"kettle": "n03612814"})
    with pytest.raises(DataError, match=sentence):
        hierarchy_vectors(["cat"], "path", nodes=["n03612814"])


@pytest.mark.usefixtures("no_wordnet")
def test_a_given_synset_goes_first() -> None:
    real = hierarchy_similarity(["bat", "baseball bat"], "path")[0, 1]
    given = hierarchy_similarity(["bat", "baseball bat"], "path", synsets={"Bat": known_synsets()["baseball_bat"]})
    assert real < 0.2
    assert given[0, 1] == 1.0


def test_another_name_is_looked_up_in_wordnet(folder: Path) -> None:
    assert class_synsets(["Hound dog", "pets"], wordnet=folder) == (HOUND, PET)
    synsets = {"cat": CAT, "dog": DOG}
    found = hierarchy_similarity(["Hound dog", "cat", "dog"], "path", synsets=synsets, wordnet=folder)
    np.testing.assert_allclose(found[0], [1, 1 / 4, 1 / 2])
    assert hierarchy_nodes(["pet"], wordnet=folder) == ("n00000001", "n00000002", PET)


def test_a_name_that_is_no_noun_is_listed(folder: Path) -> None:
    with pytest.raises(
        DataError, match=r"'houn dog' \(nearest: hound dog, hot-dog\), 'qqq'; rename them or name their synsets"
    ):
        class_synsets(["pet", "houn dog", "qqq"], wordnet=folder)


def test_a_hierarchy_is_read_as_it_was_saved(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = Hierarchy.whole(WordNet.read(folder / "data.noun"))
    (tmp_path / "tables").mkdir()
    save_hierarchy(tmp_path / "tables/hierarchy.npz", saved)
    monkeypatch.setattr("inkseek.data.hierarchy.resources.files", lambda _package: tmp_path)
    read = packaged_hierarchy.__wrapped__()
    assert read.wordnet == saved.wordnet
    assert read.hyponyms == saved.hyponyms
    assert read.size == saved.size


@pytest.mark.real
@pytest.mark.skipif(FOLDER is None, reason="Debian's wordnet-base is not installed")
def test_the_package_equals_the_installed_wordnet() -> None:
    assert FOLDER is not None
    whole, packaged = Hierarchy.whole(WordNet.read(FOLDER / "data.noun")), packaged_hierarchy()
    part = whole.part(known_synsets().values())
    assert (part.wordnet, part.hyponyms, part.size) == (packaged.wordnet, packaged.hyponyms, packaged.size)
    assert packaged.size == 82_115
    # a class outside the package takes the whole: nothing may change for the known ones
    both = hierarchy_similarity(["kettle", "cat", "dog"], "jiang_conrath")
    np.testing.assert_array_equal(both[1:, 1:], hierarchy_similarity(["cat", "dog"], "jiang_conrath"))
