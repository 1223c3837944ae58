from pathlib import Path

import numpy as np
import pytest

from inkseek.data.noun_similarity import Hierarchy, Similarity
from inkseek.data.wordnet import WordNet
from inkseek.errors import DataError
from tests.data.nouns import ABOVE, ANIMAL, CAT, DOG, ENTITY, HOUND, PET, POODLE, REX, STONE, write_wordnet
from tests.reference import hierarchy_reference as reference

SYNSETS = tuple(ABOVE)


@pytest.fixture
def hierarchy(tmp_path: Path) -> Hierarchy:
    return Hierarchy.whole(WordNet.read(write_wordnet(tmp_path) / "data.noun"))


def test_hyponyms_count_what_lies_below_once_and_instances_too(hierarchy: Hierarchy) -> None:
    assert hierarchy.hyponyms == {synset: reference.hyponyms(ABOVE, synset) for synset in SYNSETS}
    assert hierarchy.hyponyms[ANIMAL] == 6
    assert hierarchy.hyponyms[HOUND] == 1
    assert hierarchy.size == 9


def test_information_content(hierarchy: Hierarchy) -> None:
    for synset in SYNSETS:
        expected = reference.information_content(ABOVE, synset)
        assert hierarchy.information_content(synset) == pytest.approx(expected, rel=1e-12)
    assert hierarchy.information_content(CAT) == 1.0


@pytest.mark.parametrize("kind", ["path", "jiang_conrath"])
def test_similarities_equal_the_reference(hierarchy: Hierarchy, kind: Similarity) -> None:
    found = hierarchy.similarity(kind, SYNSETS, SYNSETS)
    assert found.dtype == np.float32
    of_two = getattr(reference, kind)
    expected = [[of_two(ABOVE, first, second) for second in SYNSETS] for first in SYNSETS]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_array_equal(found, found.T)
    np.testing.assert_array_equal(np.diag(found), 1.0)


def test_two_worked_by_hand(hierarchy: Hierarchy) -> None:
    # dog and cat meet in pet: 5 below it, 3 below dog, none below cat, 9 nouns
    content = {PET: 1 - np.log(6) / np.log(9), DOG: 1 - np.log(4) / np.log(9), CAT: 1.0}
    by_hand = 1 - (content[DOG] + content[CAT] - 2 * content[PET]) / 2
    assert hierarchy.similarity("jiang_conrath", [DOG], [CAT])[0, 0] == pytest.approx(by_hand, rel=1e-6)
    assert hierarchy.similarity("path", [POODLE], [CAT])[0, 0] == pytest.approx(1 / 4)


def test_nothing_in_common(hierarchy: Hierarchy) -> None:
    assert hierarchy.similarity("path", [STONE], [DOG])[0, 0] == 0.0
    assert hierarchy.similarity("jiang_conrath", [STONE], [CAT])[0, 0] == 0.0


def test_nodes_are_the_synsets_and_all_above(hierarchy: Hierarchy) -> None:
    assert hierarchy.nodes([REX, CAT]) == tuple(sorted([REX, HOUND, DOG, ANIMAL, ENTITY, PET, CAT]))


def test_a_part_gives_what_the_whole_gives(hierarchy: Hierarchy) -> None:
    part = hierarchy.part([REX, CAT])
    nodes = hierarchy.nodes([REX, CAT])
    assert set(part.hyponyms) == set(nodes)
    for kind in ("path", "jiang_conrath"):
        np.testing.assert_array_equal(
            part.similarity(kind, [REX, CAT], nodes),
            hierarchy.similarity(kind, [REX, CAT], nodes),
        )
    with pytest.raises(DataError, match=POODLE):
        part.similarity("path", [POODLE], [CAT])


def test_an_unknown_kind_is_refused(hierarchy: Hierarchy) -> None:
    with pytest.raises(DataError, match="'lin'; known are path, jiang_conrath"):
        hierarchy.similarity("lin", [DOG], [CAT])  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["path", "jiang_conrath"])
def test_shapes(hierarchy: Hierarchy, kind: Similarity) -> None:
    for first, second in (([DOG], [CAT, PET]), ([], [CAT]), ([DOG], [])):
        assert hierarchy.similarity(kind, first, second).shape == (len(first), len(second))
