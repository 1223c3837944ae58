"""The index's cache beside the gallery's database: vectors in one file that loads fast, and is never trusted.

`index.f16` holds blocks of up to `BLOCK_ROWS` pictures: the ids int64 [r], then the vectors float16 [r, d].
`index.json` says which generation of the gallery it shows, and a CRC-32 of every block. Both may be deleted any time.
"""

import json
import os
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkseek.retrieval.gallery import BLOCK_ROWS, VECTOR, Gallery

VECTORS = "index.f16"
HEADER = "index.json"
FORMAT = 1

Block = tuple[NDArray[np.int64], NDArray[np.float16]]


class StaleCacheError(Exception):
    """The cache does not show the gallery as it is; it has to be written again."""


@dataclass(frozen=True)
class Header:
    """Content of `index.json`."""

    format: int
    generation: str
    count: int
    dimension: int
    block_rows: int
    checksums: list[int]


def write_cache(gallery: Gallery) -> None:
    """Write the cache from the database, block by block; each file appears whole or not at all.

    Raises:
        OSError: the files cannot be written.
        GalleryError: the database cannot be read.
    """
    partial = gallery.folder / f"{VECTORS}.partial"
    checksums, count = [], 0
    with gallery.transaction(write=False), partial.open("wb") as file:
        generation = gallery.generation
        for ids, vectors in gallery.blocks():
            data = ids.astype("<i8").tobytes() + vectors.tobytes()
            checksums.append(zlib.crc32(data))
            count += len(ids)
            file.write(data)
    header = Header(FORMAT, generation, count, gallery.description.dimension, BLOCK_ROWS, checksums)
    os.replace(partial, gallery.folder / VECTORS)
    partial = gallery.folder / f"{HEADER}.partial"
    partial.write_text(json.dumps(asdict(header)), encoding="ascii")
    os.replace(partial, gallery.folder / HEADER)


def is_fresh(gallery: Gallery) -> bool:
    """Whether the cache claims to show the gallery as it is; its blocks are checked only when they are read."""
    try:
        open_cache(gallery)
    except StaleCacheError:
        return False
    return True


def open_cache(gallery: Gallery) -> Iterator[Block]:
    """Blocks of the cache; the file is memory-mapped and each block is checked when its turn comes.

    Raises:
        StaleCacheError: at once if the header or the file's length does not fit the gallery, or later at a block
            whose checksum does not fit.
    """
    header = _header(gallery)
    row_bytes = 8 + header.dimension * VECTOR.itemsize
    path = gallery.folder / VECTORS
    try:
        if path.stat().st_size != header.count * row_bytes:
            raise StaleCacheError
        mapped = np.memmap(path, np.uint8, "r") if header.count else np.empty(0, np.uint8)
    except OSError:
        raise StaleCacheError from None
    return _blocks(mapped, header, row_bytes)


def _blocks(mapped: NDArray[np.uint8], header: Header, row_bytes: int) -> Iterator[Block]:
    for block, checksum in enumerate(header.checksums):
        data = mapped[block * header.block_rows * row_bytes :][: header.block_rows * row_bytes]
        if zlib.crc32(data.data) != checksum:
            raise StaleCacheError
        rows = len(data) // row_bytes
        ids = np.frombuffer(data[: 8 * rows].tobytes(), "<i8")
        yield ids, data[8 * rows :].view(VECTOR).reshape(rows, header.dimension)


def _header(gallery: Gallery) -> Header:
    try:
        tree: dict[str, Any] = json.loads((gallery.folder / HEADER).read_bytes())
        header = Header(**tree)
        expected = -(-header.count // header.block_rows)
        fits = (
            header.format == FORMAT
            and header.generation == gallery.generation
            and header.dimension == gallery.description.dimension
            and len(header.checksums) == expected
        )
    except (OSError, ValueError, TypeError, ArithmeticError):
        raise StaleCacheError from None
    if not fits:
        raise StaleCacheError
    return header
