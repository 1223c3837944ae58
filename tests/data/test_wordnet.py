from pathlib import Path

import numpy as np
import pytest

from inkseek.data.wordnet import WordNet, relation_rows
from inkseek.errors import DataError, FormatError

# entity <- animal <- (dog <- (poodle, hound), cat); rex is an instance of hound; stone stands apart
LINES = """  1 This is the licence.
00000001 03 n 01 entity 0 001 ~ 00000002 n 0000 | all there is
00000002 05 n 02 animal 0 beast 1 002 @ 00000001 n 0000 ~ 00000003 n 0000 | alive
00000003 05 n 01 dog 0 002 @ 00000002 n 0000 + 00000009 v 0101 | barks | or not
00000004 05 n 01 cat 0 001 @ 00000002 n 0000 | purrs
00000005 05 n 01 poodle 0 001 @ 00000003 n 0000 | curly
00000006 05 n 01 hound 0 001 @ 00000003 n 0000 | hunts
00000007 05 n 0a rex 0 a 0 b 0 c 0 d 0 e 0 f 0 g 0 h 0 i 0 001 @i 00000006 n 0000 | one hound
00000008 05 n 01 stone 0 000 | lies there
"""
ENTITY, ANIMAL, DOG, CAT, POODLE, HOUND, REX, STONE = (f"n{number:08d}" for number in range(1, 9))


@pytest.fixture
def wordnet(tmp_path: Path) -> WordNet:
    (tmp_path / "data.noun").write_text(LINES, encoding="latin-1")
    return WordNet.read(tmp_path / "data.noun")


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        (DOG, DOG, 1.0),
        (DOG, ENTITY, 1 / 3),
        (DOG, CAT, 1 / 3),
        (POODLE, CAT, 1 / 4),
        (POODLE, HOUND, 1 / 3),
        (REX, HOUND, 1 / 2),
        (DOG, STONE, 0.0),
    ],
)
def test_path_similarity(wordnet: WordNet, first: str, second: str, value: float) -> None:
    assert wordnet.path_similarity(first, second) == pytest.approx(value)
    assert wordnet.path_similarity(second, first) == pytest.approx(value)


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        (POODLE, ENTITY, 1.0),
        (ENTITY, POODLE, 1.0),
        (DOG, CAT, 1 / 3),
        (POODLE, CAT, 1 / 4),
        (REX, HOUND, 0.5),
        (REX, CAT, 0),
    ],
)
def test_relation(wordnet: WordNet, first: str, second: str, value: float) -> None:
    assert wordnet.relation(first, second) == pytest.approx(value)


def test_a_later_synset_overwrites_what_it_matches(wordnet: WordNet) -> None:
    rows = relation_rows(wordnet, [(POODLE, HOUND), (HOUND, POODLE), (STONE,)], [POODLE, CAT, STONE])
    assert rows.dtype == np.float32
    expected = np.array([[1 / 3, 1 / 4, 0.0], [1.0, 1 / 4, 0.0], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(rows, expected, rtol=1e-6)


def test_an_unknown_synset_is_named(wordnet: WordNet) -> None:
    with pytest.raises(DataError, match="n99999999"):
        wordnet.relation(DOG, "n99999999")


def test_a_missing_or_foreign_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="wordnet-base"):
        WordNet.read(tmp_path / "data.noun")
    (tmp_path / "data.noun").write_text("no synset at all\n", encoding="latin-1")
    with pytest.raises(FormatError, match="WordNet"):
        WordNet.read(tmp_path / "data.noun")
