"""Files that hold one word and its numbers a row: word2vec's two formats and GloVe's text, read as a stream.

word2vec text     `<words> <numbers>` alone on the first line, then `<word> <number> <number> ...` a line
GloVe text        the same lines without that first one
word2vec binary   that first line, then `<word> ` and the numbers as little-endian float32, row after row

Text may have tabs in place of spaces, and a byte order mark before its first line.
Formats: the tools word2vec (Mikolov et al., 2013) and GloVe (Pennington et al., 2014).
"""

import codecs
import gzip
import io
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import DataError

_GZIP = b"\x1f\x8b"
_CONTROL = frozenset({*range(9), *range(14, 32)})
_LONGEST_LINE = 1 << 20
_CHUNK = 1 << 20
_FEWEST_NUMBERS = 2
_MOST_NUMBERS = 100_000

Row = tuple[int, bytes, bytes]


@dataclass(frozen=True)
class RowFile:
    """An open file of rows.

    Attributes:
        unit: what a place counts, "line" or "row".
        dimension: how many numbers each row holds.
        rows: place (from 1), name and numbers of each row, both as they stand in the file.
        parse: the numbers of a row -> float32 [s]; ValueError where they are none.
    """

    unit: str
    dimension: int
    rows: Iterator[Row]
    parse: Callable[[bytes], NDArray[np.float32]]


def open_stream(path: Path) -> io.BufferedReader:
    """The file's bytes, unpacked where gzip packed them.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        packed = stream.read(len(_GZIP)) == _GZIP
    return io.BufferedReader(gzip.GzipFile(path)) if packed else path.open("rb")


def row_file(stream: io.BufferedReader, path: Path) -> RowFile:
    """Recognise the format: two whole numbers on the first line are word2vec's, control bytes after it its binary.

    Raises:
        DataError: the file is none of the three; its rows raise it where they disagree with the first line.
    """
    first = stream.readline(_LONGEST_LINE).removeprefix(codecs.BOM_UTF8)
    counts = first.split()
    if len(counts) == 2 and all(field.isdigit() for field in counts):
        count, dimension = (int(field) for field in counts)
        if not 0 < dimension <= _MOST_NUMBERS:
            raise DataError(f"{path}: its first line promises {dimension} numbers a word; it holds no word vectors")
        if _CONTROL & set(stream.peek(_CHUNK)):
            return RowFile("row", dimension, _binary_rows(stream, count, dimension, path), _parse_binary)
        rows = _counted(_text_rows(stream, 2, dimension, path), count, path)
        return RowFile("line", dimension, rows, _parse_text)
    if len(counts) <= _FEWEST_NUMBERS or _CONTROL & set(first):
        raise DataError(f"{path}: holds no word vectors; known are word2vec, GloVe text, npz and safetensors files")
    dimension = len(counts) - 1
    return RowFile("line", dimension, _text_rows(itertools.chain([first], stream), 1, dimension, path), _parse_text)


def _text_rows(lines: Iterable[bytes], start: int, dimension: int, path: Path) -> Iterator[Row]:
    for place, line in enumerate(lines, start):
        text = line.rstrip().replace(b"\t", b" ")
        if text.count(b" ") == dimension:
            name, _, numbers = text.partition(b" ")
            yield place, name, numbers
        elif text:
            # glove.840B has words with spaces in them: the last numbers of the line are the vector
            fields = text.rsplit(b" ", dimension)
            if len(fields) <= dimension or _is_number(fields[0].rpartition(b" ")[2]):
                found = sum(_is_number(field) for field in text.split()[1:])
                raise DataError(
                    f"{path}, line {place}: {found} numbers where {dimension} are due; repair or remove the line"
                )
            yield place, fields[0], b" ".join(fields[1:])


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _parse_text(numbers: bytes) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return np.array([float(field) for field in numbers.split()], dtype=np.float32)


def _counted(rows: Iterator[Row], count: int, path: Path) -> Iterator[Row]:
    found = 0
    for row in rows:
        found += 1
        yield row
    if found != count:
        raise DataError(f"{path}: its first line promises {count} words, {found} follow; get the file again")


def _binary_rows(stream: io.BufferedReader, count: int, dimension: int, path: Path) -> Iterator[Row]:
    width = 4 * dimension
    buffer, start = b"", 0
    for place in range(1, count + 1):
        space = buffer.find(b" ", start)
        while space < 0 or len(buffer) - space <= width:
            more = stream.read(_CHUNK)
            if not more:
                raise DataError(f"{path}: ends in row {place} of {count}; get the file again")
            buffer, start = buffer[start:] + more, 0
            space = buffer.find(b" ")
        # some writers end each row with a line break, which then stands before the next word
        yield place, buffer[start:space].lstrip(b"\n"), buffer[space + 1 : space + 1 + width]
        start = space + 1 + width
    if (buffer[start:] + stream.read(_CHUNK)).strip(b"\n"):
        raise DataError(f"{path}: more follows after the {count} words of its first line; get the file again")


def _parse_binary(numbers: bytes) -> NDArray[np.float32]:
    return np.frombuffer(numbers, dtype="<f4").astype(np.float32)
