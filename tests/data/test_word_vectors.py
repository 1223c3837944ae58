import codecs
import gzip
import json
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from inkseek.data.word_vectors import WordVectors, read_word_vectors, word_names
from inkseek.errors import DataError, MissingExtraError

NAMES = ["cat", "hot_dog", "Überraschung", "the"]
VECTORS = np.array([[1.5, -2.0, 3.25], [0.5, 0.0, -1e-3], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]], dtype=np.float32)


def lines(names: list[str], vectors: NDArray[np.float32]) -> bytes:
    return "".join(
        f"{name} {' '.join(str(number) for number in row)}\n" for name, row in zip(names, vectors.tolist(), strict=True)
    ).encode()


def binary(names: list[str], vectors: NDArray[np.float32], end: bytes = b"\n") -> bytes:
    return b"".join(
        name.encode() + b" " + row.astype("<f4").tobytes() + end for name, row in zip(names, vectors, strict=True)
    )


def write_npz(path: Path) -> None:
    np.savez(path, names=np.array(NAMES), vectors=VECTORS)


def write_safetensors(path: Path) -> None:
    save_file({"vectors": VECTORS}, path, metadata={"names": json.dumps(NAMES)})


WRITERS: dict[str, Callable[[Path], object]] = {
    "word2vec.txt": lambda path: path.write_bytes(b"4 3\n" + lines(NAMES, VECTORS)),
    "word2vec.bin": lambda path: path.write_bytes(b"4 3\n" + binary(NAMES, VECTORS)),
    "no_line_breaks.bin": lambda path: path.write_bytes(b"4 3\n" + binary(NAMES, VECTORS, b"")),
    "packed.bin.gz": lambda path: path.write_bytes(gzip.compress(b"4 3\n" + binary(NAMES, VECTORS))),
    "glove.txt": lambda path: path.write_bytes(lines(NAMES, VECTORS)),
    "glove.txt.gz": lambda path: path.write_bytes(gzip.compress(lines(NAMES, VECTORS))),
    "windows.txt": lambda path: path.write_bytes(b"4 3\r\n" + lines(NAMES, VECTORS).replace(b"\n", b" \r\n")),
    "tabs.txt": lambda path: path.write_bytes(b"4\t3\n" + lines(NAMES, VECTORS).replace(b" ", b"\t")),
    "tabs_alone.txt": lambda path: path.write_bytes(lines(NAMES, VECTORS).replace(b" ", b"\t")),
    "mark.txt": lambda path: path.write_bytes(codecs.BOM_UTF8 + lines(NAMES, VECTORS)),
    "mark_before_counts.txt": lambda path: path.write_bytes(codecs.BOM_UTF8 + b"4 3\n" + lines(NAMES, VECTORS)),
    "vectors.npz": write_npz,
    "vectors.safetensors": write_safetensors,
}


@pytest.fixture(params=WRITERS)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / str(request.param)
    WRITERS[request.param](path)
    return path


def test_every_format_gives_names_and_vectors(file: Path) -> None:
    read = read_word_vectors(file)
    assert list(read.names) == NAMES
    assert read.vectors.dtype == np.float32
    np.testing.assert_array_equal(read.vectors, VECTORS)
    assert read.dimension == 3
    assert read.origin == str(file)
    assert word_names(file) == NAMES


def test_the_suffix_decides_nothing(file: Path) -> None:
    other = file.rename(file.with_name("vectors.dat"))
    np.testing.assert_array_equal(read_word_vectors(other).vectors, VECTORS)


def test_only_wanted_words_are_kept(file: Path) -> None:
    read = read_word_vectors(file, wanted=["Hot-Dog", "the", "absent"])
    assert read.names == ("hot_dog", "the")
    np.testing.assert_array_equal(read.vectors, VECTORS[[1, 3]])


def test_none_wanted_is_no_error(file: Path) -> None:
    read = read_word_vectors(file, wanted=["absent"])
    assert read.names == ()
    assert read.vectors.shape == (0, 3)


def test_rows_longer_than_the_reading_buffer(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    names = [f"w{number}" for number in range(700)]
    vectors = rng.standard_normal((700, 512)).astype(np.float32)
    (tmp_path / "large.bin").write_bytes(b"700 512\n" + binary(names, vectors))
    read = read_word_vectors(tmp_path / "large.bin")
    assert list(read.names) == names
    np.testing.assert_array_equal(read.vectors, vectors)


def test_words_of_glove_may_hold_spaces(tmp_path: Path) -> None:
    (tmp_path / "glove.txt").write_bytes(b"cat 1 2 3\n. . . 4 5 6\nat name@site.org 7 8 9\n\n")
    read = read_word_vectors(tmp_path / "glove.txt")
    assert read.names == ("cat", ". . .", "at name@site.org")
    np.testing.assert_array_equal(read.vectors[1], [4, 5, 6])


def test_a_name_is_found_in_any_spelling_and_lower_case_goes_first() -> None:
    names = ("Apple", "apple", "Ice_Cream", "ice-cream", "hot_dog", "hotdog", "Eiffel_Tower")
    vectors = WordVectors(names, np.arange(7, dtype=np.float32)[:, None], "here")
    found = {name: vectors.find(name) for name in ("APPLE", "ice cream", "hot_dog", "hot-dog", "eiffel tower", "pear")}
    assert {name: None if row is None else names[int(row[0])] for name, row in found.items()} == {
        "APPLE": "apple",
        "ice cream": "ice-cream",
        "hot_dog": "hot_dog",
        "hot-dog": "hot_dog",
        "eiffel tower": "Eiffel_Tower",
        "pear": None,
    }


GOOD = lines(NAMES, VECTORS)
BINARY = binary(NAMES, VECTORS)
NAN = np.array([[np.nan, 1, 2]], dtype=np.float32)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"cat 1 2 3\ndog 1 2\n", "line 2: 2 numbers where 3 are due"),
        (b"cat 1 2 3\ndog 1 2 3 4\n", "line 2: 4 numbers where 3 are due"),
        (b"2 3\ncat 1 2 3 4\ndog 1 2 3 4\n", "line 2: 4 numbers where 3 are due"),
        (b"3 3\ncat 1 2 3\ndog 1 2 3\n", "promises 3 words, 2 follow"),
        (b"1 3\ncat 1 2 3\ndog 1 2 3\n", "promises 1 words, 2 follow"),
        (b"cat 1 2 3\ndog 1 nan 3\n", "line 2: the vector of 'dog' holds a number that is not finite"),
        (b"cat 1 2 3\ndog 1 1e60 3\n", "line 2: the vector of 'dog' holds a number that is not finite"),
        (b"cat 1 2 3\ndog 1 x 3\n", "line 2: holds something that is no number"),
        (b"cat 1 2 3\nowl 1 2 3\ncat 4 5 6\n", "line 3: 'cat' stands in line 1 already"),
        (b"cat 1 2 3\n\xff\xfe 4 5 6\n", "line 2: the word is not UTF-8 text"),
        (b"4 3\n" + BINARY[:-6], "ends in row 4 of 4"),
        (b"5 3\n" + BINARY, "ends in row 5 of 5"),
        (b"3 3\n" + BINARY, "more follows after the 3 words"),
        (b"1 3\n" + binary(["cat"], NAN), "row 1: the vector of 'cat' holds a number that is not finite"),
        (b"2 3\n" + binary(["cat", "cat"], VECTORS[:2]), "row 2: 'cat' stands in row 1 already"),
        (b"3 0\na\nb\nc\n", "promises 0 numbers a word"),
        (b"3 900000\n" + BINARY, "promises 900000 numbers a word"),
        (b"", "holds no word vectors"),
        (b"one two\n", "holds no word vectors"),
        (b"\x00\x01\x02 \x03 \x04 \x05", "holds no word vectors"),
        (gzip.compress(GOOD * 50)[:-20], "damaged or ends too early"),
        (b"PK\x03\x04 and no more", "damaged or ends too early"),
        (b"\x04\0\0\0\0\0\0\0{no}", "needs the tensor `vectors`"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "vectors"
    path.write_bytes(content)
    with pytest.raises(DataError, match=sentence) as caught:
        read_word_vectors(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"vectors": VECTORS}, "needs the arrays `names`"),
        ({"names": np.array(NAMES, dtype=object), "vectors": VECTORS}, "needs the arrays `names`"),
        ({"names": np.arange(4), "vectors": VECTORS}, "`names` has to be one row of text"),
        ({"names": np.array(NAMES[:3]), "vectors": VECTORS}, "`vectors` has to hold 3 rows"),
        ({"names": np.array(NAMES), "vectors": VECTORS[0]}, "`vectors` has to hold 4 rows"),
        ({"names": np.array(NAMES), "vectors": VECTORS.astype(int)}, "has to hold floating-point numbers, not int64"),
        ({"names": np.array(NAMES), "vectors": VECTORS.astype(complex)}, "floating-point numbers, not complex128"),
        ({"names": np.array(NAMES), "vectors": VECTORS[:, :0]}, r"`vectors` has to hold 4 rows .* of shape \(4, 0\)"),
        ({"names": np.array(NAMES), "vectors": VECTORS.astype(float) * 1e60}, "row 1: .* not finite"),
        ({"names": np.array(["cat", "dog", "owl", "dog"]), "vectors": VECTORS}, "row 4: 'dog' stands in row 2 already"),
    ],
)
def test_a_bad_npz_is_refused(tmp_path: Path, arrays: dict[str, NDArray[np.generic]], sentence: str) -> None:
    np.savez(tmp_path / "vectors.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=sentence):
        read_word_vectors(tmp_path / "vectors.npz")


def test_a_zip_of_text_files_says_what_to_do(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "glove.zip", "w") as archive:
        archive.writestr("glove.txt", GOOD)
    with pytest.raises(DataError, match="unpack a zip of text files"):
        read_word_vectors(tmp_path / "glove.zip")


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        (None, "needs the tensor `vectors`"),
        ({"names": "cat, dog"}, "needs the tensor `vectors`"),
        ({"names": "[" * 100_000}, "needs the tensor `vectors`"),
        ({"names": '{"cat": 0}'}, "has to be a JSON list of words"),
        ({"names": "[1, 2, 3, 4]"}, "has to be a JSON list of words"),
        ({"names": '["cat"]'}, "`vectors` has to hold 1 rows"),
    ],
)
def test_a_bad_safetensors_file_is_refused(tmp_path: Path, metadata: dict[str, str] | None, sentence: str) -> None:
    save_file({"vectors": VECTORS}, tmp_path / "vectors.safetensors", metadata=metadata)
    with pytest.raises(DataError, match=sentence):
        read_word_vectors(tmp_path / "vectors.safetensors")


def test_safetensors_is_named_where_it_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_safetensors(tmp_path / "vectors.safetensors")
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(MissingExtraError, match=r"safetensors.*semantics"):
        read_word_vectors(tmp_path / "vectors.safetensors")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent: cannot be read \(No such file"):
        read_word_vectors(tmp_path / "absent")
    with pytest.raises(DataError, match=r"cannot be read \(Is a directory\)"):
        read_word_vectors(tmp_path)


def test_a_wanted_word_costs_its_own_memory_alone(tmp_path: Path) -> None:
    row = b" " + np.zeros(256, dtype="<f4").tobytes()
    (tmp_path / "large.bin").write_bytes(b"40000 256\n" + b"".join(b"w%d" % n + row for n in range(40_000)))
    tracemalloc.start()
    try:
        assert read_word_vectors(tmp_path / "large.bin", wanted=["w7"]).names == ("w7",)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 2**20 < (tmp_path / "large.bin").stat().st_size
