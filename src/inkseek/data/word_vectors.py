"""Word vectors of any public file: word2vec (text, binary), GloVe text, npz and safetensors, told apart by content."""

import json
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkseek.data.spelling import spelling_key
from inkseek.data.word_vector_rows import open_stream, row_file
from inkseek.errors import DataError, MissingExtraError

_ZIP = b"PK\x03\x04"
_LENGTH_FIELD = 8


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words and their vectors.

    Attributes:
        names: the words, or class names, each once.
        vectors: float32 [n, s], row i for `names[i]`.
        origin: file or package, as errors name it.
    """

    names: tuple[str, ...]
    vectors: NDArray[np.float32]
    origin: str

    @property
    def dimension(self) -> int:
        """How many numbers a vector has (`s`)."""
        return int(self.vectors.shape[1])

    def find(self, name: str) -> NDArray[np.float32] | None:
        """Vector [s] of a name, or None.

        Its lower-case form is looked up first, then any spelling with the same `spelling_key`: a lower-case one before
        others, an earlier row before a later one (public files begin with the most frequent words).
        """
        position = self._positions.get(name.lower())
        if position is None:
            position = self._by_spelling.get(spelling_key(name))
        return None if position is None else self.vectors[position]

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.names)}

    @cached_property
    def _by_spelling(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for names in ((name for name in self.names if name == name.lower()), self.names):
            for name in names:
                found.setdefault(spelling_key(name), self._positions[name])
        return found


def read_word_vectors(path: Path, wanted: Collection[str] | None = None) -> WordVectors:
    """Read a file of word vectors; a text or binary one may be packed by gzip.

    Args:
        path: word2vec text or binary, GloVe text, an npz with `names` and `vectors`, or safetensors with the tensor
            `vectors` and the metadata `names`, a JSON list.
        wanted: keep only words that share a `spelling_key` with one of these: a file of gigabytes is read as a stream
            and takes the memory of what is kept. None keeps all.

    Raises:
        DataError: the file is missing, truncated, of another format, or holds a row of another length, a number that
            is not finite, or a name twice; the sentence names the line or row.
        MissingExtraError: safetensors is not installed.
    """
    keys = None if wanted is None else {spelling_key(name) for name in wanted}
    with _one_error(path):
        arrays = _arrays(path)
        if arrays is None:
            return _from_rows(path, keys)
        names, vectors = arrays
        kept = [row for row, name in enumerate(names) if keys is None or spelling_key(name) in keys]
        return _checked(path, [names[row] for row in kept], vectors[kept], [f"row {row + 1}" for row in kept])


def word_names(path: Path) -> list[str]:
    """The words of a file, whatever their numbers are.

    Raises:
        DataError: the file is missing, truncated or of another format.
        MissingExtraError: safetensors is not installed.
    """
    with _one_error(path):
        arrays = _arrays(path)
        if arrays is not None:
            return arrays[0]
        with open_stream(path) as stream:
            return [name.decode("utf-8", "replace") for _, name, _ in row_file(stream, path).rows]


@contextmanager
def _one_error(path: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, zipfile.BadZipFile):
        raise DataError(f"{path}: is damaged or ends too early; get the file again") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None


def _from_rows(path: Path, keys: set[str] | None) -> WordVectors:
    names, vectors, places = [], [], []
    with open_stream(path) as stream:
        file = row_file(stream, path)
        for place, word, numbers in file.rows:
            if keys is not None and spelling_key(word.decode("utf-8", "replace")) not in keys:
                continue
            try:
                names.append(word.decode("utf-8"))
                vectors.append(file.parse(numbers))
            except UnicodeDecodeError:
                raise DataError(f"{path}, {file.unit} {place}: the word is not UTF-8 text") from None
            except ValueError:
                raise DataError(f"{path}, {file.unit} {place}: holds something that is no number") from None
            places.append(f"{file.unit} {place}")
    rows = np.stack(vectors) if vectors else np.zeros((0, file.dimension), dtype=np.float32)
    return _checked(path, names, rows, places)


def _checked(path: Path, names: Sequence[str], vectors: NDArray[np.float32], places: Sequence[str]) -> WordVectors:
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        row = int(np.argmin(finite))
        raise DataError(f"{path}, {places[row]}: the vector of {names[row]!r} holds a number that is not finite")
    seen: dict[str, str] = {}
    for name, place in zip(names, places, strict=True):
        if name in seen:
            raise DataError(f"{path}, {place}: {name!r} stands in {seen[name]} already; keep one of the two")
        seen[name] = place
    return WordVectors(tuple(names), vectors, str(path))


def _arrays(path: Path) -> tuple[list[str], NDArray[np.float32]] | None:
    """Names and vectors of an npz or safetensors file; None for any other."""
    with path.open("rb") as stream:
        head = stream.read(_LENGTH_FIELD + 1)
    if head.startswith(_ZIP):
        return _npz(path)
    header = int.from_bytes(head[:_LENGTH_FIELD], "little")
    if head[_LENGTH_FIELD:] == b"{" and header <= path.stat().st_size:
        return _safetensors(path)
    return None


def _npz(path: Path) -> tuple[list[str], NDArray[np.float32]]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            names, vectors = file["names"], file["vectors"]
    except (KeyError, ValueError):
        raise DataError(f"{path}: needs the arrays `names` (text) and `vectors`; unpack a zip of text files") from None
    if names.dtype.kind != "U" or names.ndim != 1:
        raise DataError(f"{path}: `names` has to be one row of text, not {names.dtype} of shape {names.shape}")
    return names.tolist(), _float_rows(path, len(names), vectors)


def _safetensors(path: Path) -> tuple[list[str], NDArray[np.float32]]:
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        raise MissingExtraError("safetensors", "semantics") from None
    try:
        with safe_open(path, framework="numpy") as file:
            names = json.loads((file.metadata() or {}).get("names", ""))
            vectors = file.get_tensor("vectors")
    except (SafetensorError, json.JSONDecodeError, TypeError, RecursionError):
        raise DataError(
            f"{path}: needs the tensor `vectors` (float32 or float16) and the metadata `names`, a JSON list"
        ) from None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError(f"{path}: the metadata `names` has to be a JSON list of words")
    return names, _float_rows(path, len(names), vectors)


def _float_rows(path: Path, count: int, vectors: NDArray[np.generic]) -> NDArray[np.float32]:
    if vectors.dtype.kind != "f":
        raise DataError(f"{path}: `vectors` has to hold floating-point numbers, not {vectors.dtype}; convert them")
    if vectors.ndim != 2 or len(vectors) != count or vectors.shape[1] == 0:
        raise DataError(
            f"{path}: `vectors` has to hold {count} rows of numbers, one a name; it is of shape {vectors.shape}"
        )
    with np.errstate(over="ignore"):
        return vectors.astype(np.float32, copy=False)
