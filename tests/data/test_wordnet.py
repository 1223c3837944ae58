from pathlib import Path

import numpy as np
import pytest

from inkseek.data import wordnet as wordnet_module
from inkseek.data.wordnet import WordNet, read_senses, relation_rows, wordnet_folder
from inkseek.errors import DataError, FormatError
from tests.data.nouns import CAT, DATA, DOG, ENTITY, HEAD, HOUND, PET, POODLE, REX, STONE, write_wordnet


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_wordnet(tmp_path / "wordnet")


@pytest.fixture
def wordnet(folder: Path) -> WordNet:
    return WordNet.read(folder / "data.noun")


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


def test_senses_keep_their_order(folder: Path) -> None:
    senses = read_senses(folder / "index.noun")
    assert senses["hound_dog"] == (HOUND, DOG)
    assert senses["pet"] == (PET,)
    assert len(senses) == 5


def test_an_unknown_synset_is_named(wordnet: WordNet) -> None:
    with pytest.raises(DataError, match="n99999999"):
        wordnet.relation(DOG, "n99999999")


def test_a_missing_or_foreign_file_is_refused(tmp_path: Path) -> None:
    for read, file in ((WordNet.read, tmp_path / "data.noun"), (read_senses, tmp_path / "index.noun")):
        with pytest.raises(DataError, match="wordnet-base"):
            read(file)
        file.write_text(HEAD + "no synset at all\n", encoding="latin-1")
        with pytest.raises(FormatError, match=rf"{file.name}: not the {file.name} of WordNet 3\.0"):
            read(file)


def test_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.noun").write_text(DATA.replace("WordNet 3.0", "WordNet 3.1"), encoding="latin-1")
    with pytest.raises(FormatError, match=r"not a file of WordNet 3\.0"):
        WordNet.read(tmp_path / "data.noun")


def test_the_folder_is_the_given_one_the_variables_or_debians(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WNSEARCHDIR", raising=False)
    monkeypatch.setattr(wordnet_module, "DEBIAN_FOLDER", tmp_path / "absent")
    assert wordnet_folder() is None
    monkeypatch.setattr(wordnet_module, "DEBIAN_FOLDER", folder)
    assert wordnet_folder() == folder
    other = write_wordnet(tmp_path / "other")
    monkeypatch.setenv("WNSEARCHDIR", str(other))
    assert wordnet_folder() == other
    assert wordnet_folder(folder) == folder
    monkeypatch.setenv("WNSEARCHDIR", str(tmp_path / "absent"))
    with pytest.raises(DataError, match=r"absent: holds no data\.noun.*wordnet-base"):
        wordnet_folder()
