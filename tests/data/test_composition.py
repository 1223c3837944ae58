import numpy as np
import pytest

from inkseek.data.composition import compose, looked_up, missing_words, words_of
from inkseek.data.word_vectors import WordVectors

WORDS = ("car", "sedan", "wristwatch", "table", "lamp", "flower", "stem", "ice_cream", "cone", "with")
VECTORS = WordVectors(WORDS, np.random.default_rng(0).standard_normal((len(WORDS), 4)).astype(np.float32), "here")


def of(*words: str) -> np.ndarray:
    rows = [VECTORS.vectors[WORDS.index(word)].astype(float) for word in words]
    total = np.zeros(4)
    for row in rows:
        total = total + row
    return total / len(rows)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("car", ("car",)),
        ("car_(sedan)", ("car", "sedan")),
        ("Car (Sedan)", ("car", "sedan")),
        ("wrist-watch", ("wristwatch",)),
        ("ice-cream", ("ice_cream",)),
        ("tablelamp", ("table", "lamp")),
        ("flower with stem", ("flower", "stem")),
        ("lamp table lamp", ("lamp", "table", "lamp")),
        ("with", ("with",)),
    ],
)
def test_the_whole_name_else_the_mean_of_its_words(name: str, words: tuple[str, ...]) -> None:
    found = compose(VECTORS, name)
    assert found is not None
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, of(*words), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "missing"), [("ice-cream-cone", ["ice", "cream"]), ("zebra", ["zebra"]), ("car (coupe)", ["coupe"])]
)
def test_a_name_with_an_unknown_word_has_no_vector(name: str, missing: list[str]) -> None:
    assert compose(VECTORS, name) is None
    assert missing_words(VECTORS, name) == missing


def test_a_known_name_goes_before_its_alias() -> None:
    vectors = WordVectors(("table", "lamp", "table-lamp", "tablelamp"), np.eye(4, dtype=np.float32), "here")
    np.testing.assert_array_equal(compose(vectors, "tablelamp"), [0, 0, 0, 1])
    np.testing.assert_array_equal(compose(vectors, "table lamp"), [0, 0, 1, 0])
    whole = WordVectors(("table", "lamp", "desk_lamp", "table_lamp"), np.eye(4, dtype=np.float32), "here")
    np.testing.assert_array_equal(compose(whole, "tablelamp"), [0, 0, 0, 1])


def test_what_is_kept_of_a_large_file_is_all_that_is_looked_up() -> None:
    assert looked_up(["car_(sedan)", "tablelamp"]) == {
        "car_(sedan)",
        "car",
        "sedan",
        "tablelamp",
        "table lamp",
        "table",
        "lamp",
    }


def test_words() -> None:
    assert words_of("pipe_(for smoking)") == ["pipe", "smoking"]
    assert words_of("T-shirt") == ["t", "shirt"]
    assert words_of("of the") == ["of", "the"]
