from pathlib import Path

import numpy as np
import pytest

from inkseek.data.classes import class_list
from inkseek.data.semantics import RELATION_TABLES, imagenet_relation, semantic_embeddings
from inkseek.data.word_vectors import WordVectors
from inkseek.errors import DataError

NAMES = ("cat", "alarm_clock", "car_(sedan)", "hot-air_balloon")
VECTORS = np.array([[3, 4, 0], [0, 0, 2], [1, 1, 1], [0, 0, 0]], dtype=np.float32)
TABLE = WordVectors(NAMES, VECTORS, "table")
WORD2VEC = Path(__file__).parents[3] / "shared/splits/semantic"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    np.savez(tmp_path / "vectors.npz", names=np.array(NAMES), vectors=VECTORS)
    return tmp_path / "vectors.npz"


def test_rows_follow_the_class_names_in_any_spelling(file: Path) -> None:
    classes = ("car (sedan)", "Hot air balloon", "cat", "alarm clock", "cat")
    for source in (TABLE, file, str(file)):
        rows = semantic_embeddings(classes, source, dimension=3)
        assert rows.dtype == np.float32
        np.testing.assert_array_equal(rows, VECTORS[[2, 3, 0, 1, 0]])


def test_unit_rows() -> None:
    rows = semantic_embeddings(["cat", "alarm clock"], TABLE, unit_rows=True)
    np.testing.assert_allclose(rows, np.array([[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]]), rtol=1e-6)
    with pytest.raises(DataError, match="table: the vector of 'hot air balloon' is zero"):
        semantic_embeddings(["cat", "hot air balloon"], TABLE, unit_rows=True)


def test_no_class_gives_no_row() -> None:
    assert semantic_embeddings([], TABLE).shape == (0, 3)


def test_missing_classes_are_all_listed_with_the_nearest_names(file: Path) -> None:
    sentence = (
        r"no vector for 3 of 4 classes: 'alarm clok' \(nearest: alarm_clock\), "
        r"'sedan catt' \(nearest: car_\(sedan\), cat\), 'qqq'; rename them or add vectors"
    )
    for source in (TABLE, file):
        with pytest.raises(DataError, match=sentence):
            semantic_embeddings(["cat", "alarm clok", "sedan catt", "qqq"], source)


def test_another_dimension_is_refused_with_both_numbers() -> None:
    with pytest.raises(DataError, match="table: its vectors have 3 numbers, 300 are expected"):
        semantic_embeddings(["qqq"], TABLE, dimension=300)
    with pytest.raises(DataError, match="minilm: its vectors have 384 numbers, 300 are expected"):
        semantic_embeddings(["cat"], "minilm", dimension=300)


def test_a_source_that_is_neither_built_in_nor_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match="glove50: no such file of word vectors; built-in sources are glove-50 and minilm"
    ):
        semantic_embeddings(["cat"], "glove50")
    with pytest.raises(DataError, match="absent: cannot be read"):
        semantic_embeddings(["cat"], tmp_path / "absent")


@pytest.mark.real
@pytest.mark.skipif(not WORD2VEC.exists(), reason="the released word vectors are not here")
@pytest.mark.parametrize("data_set", ["sketchy", "tuberlin"])
def test_released_class_vectors_cover_their_data_set(data_set: str) -> None:
    rows = semantic_embeddings(
        class_list(data_set), WORD2VEC / f"{data_set}_googlenews_word2vec_300.npz", dimension=300
    )
    norms = np.linalg.norm(rows, axis=1)
    # the release scaled Sketchy's rows to norm 1 and left TU-Berlin's as they were
    assert (norms.max() < 1.001) == (data_set == "sketchy")


@pytest.mark.parametrize(
    ("data_set", "empty", "filled"), [("sketchy", 4, 896), ("tuberlin", 53, 1610), ("quickdraw", 13, 837)]
)
def test_relation_of_all_classes(data_set: str, empty: int, filled: int) -> None:
    rows = imagenet_relation(class_list(data_set), data_set=data_set)
    assert rows.shape == (len(class_list(data_set)), 1000)
    assert rows.dtype == np.float32
    values = {round(float(value), 4) for value in np.unique(rows)}
    assert values == {0.0, 0.25, 0.3333, 1.0}
    assert ((~rows.any(axis=1)).sum(), (rows > 0).sum()) == (empty, filled)


def test_empty_rows_of_sketchy() -> None:
    rows = imagenet_relation(class_list("sketchy"))
    empty = [name for name, row in zip(class_list("sketchy"), rows, strict=True) if not row.any()]
    assert empty == ["chicken", "seagull", "tree", "windmill"]


def test_rows_follow_the_names_and_an_unknown_class_is_zero() -> None:
    rows = imagenet_relation(("zebra", "flux capacitor", "Zebra", "tractor", "lighthouse"))
    assert rows[0, 340] == 1.0
    np.testing.assert_array_equal(rows[0], rows[2])
    assert not rows[1].any()
    # classes of TU-Berlin and of QuickDraw Extended alone
    assert rows[3, 866] == 1.0
    assert rows[4, 437] == 1.0


def test_a_class_of_two_data_sets_has_a_row_in_each() -> None:
    cup = imagenet_relation(("cup", "cup"))
    np.testing.assert_array_equal(cup[0], imagenet_relation(["cup"], data_set="sketchy")[0])
    assert (cup[0] != imagenet_relation(["cup"], data_set="tuberlin")[0]).any()
    # a class that the data set lacks takes the row of another
    volcano = imagenet_relation(["volcano"], data_set="tuberlin")
    np.testing.assert_array_equal(volcano, imagenet_relation(["volcano"], data_set="sketchy"))
    assert volcano.any()


def test_a_data_set_without_a_table_is_refused() -> None:
    with pytest.raises(DataError, match=f"'coco'; known are {', '.join(RELATION_TABLES)}"):
        imagenet_relation(["cat"], data_set="coco")
