"""The index's cache beside the gallery's database: one file that is mapped into memory, and is never trusted.

`index.f16` holds the vectors float16 [n, d] by rising id, then the ids int64 [n], then a footer: JSON, its length and
its checksum. The footer says which generation of the gallery the file shows, and has a checksum of every block of
`BLOCK_ROWS` pictures. The file may be deleted any time.

It is written under another name and renamed, so a map that is open keeps the file that it was made from.
"""

import json
import os
import secrets
import struct
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from inkseek.retrieval.gallery import BLOCK_ROWS, VECTOR, Gallery
from inkseek.retrieval.rows import Rows, StaleCacheError, finite_blocks

VECTORS = "index.f16"
FORMAT = 2

_END = struct.Struct("<QQ")
"""The last bytes of the file: length of the footer and its checksum."""


@dataclass(frozen=True)
class Footer:
    """What the file says of itself."""

    format: int
    generation: str
    count: int
    dimension: int
    block_rows: int
    checksums: list[int]
    ids_checksum: int


def write_cache(gallery: Gallery) -> None:
    """Write the cache from the database, block by block; the file appears whole or not at all.

    Raises:
        OSError: the file cannot be written; what was there before stays.
        GalleryError: the database cannot be read, or holds a vector that is not finite.
    """
    partial = _new_partial(gallery.folder)
    try:
        with gallery.transaction(write=False), partial.open("xb") as file:
            ids, checksums = [np.empty(0, "<i8")], []
            for block_ids, vectors in finite_blocks(gallery, BLOCK_ROWS):
                ids.append(block_ids.astype("<i8"))
                checksums.append(xxh3_64_intdigest(vectors.data))
                file.write(vectors.data)
            all_ids = np.concatenate(ids)
            file.write(all_ids.data)
            dimension, ids_checksum = gallery.description.dimension, xxh3_64_intdigest(all_ids.data)
            footer = Footer(FORMAT, gallery.generation, len(all_ids), dimension, BLOCK_ROWS, checksums, ids_checksum)
            text = json.dumps(asdict(footer)).encode("ascii")
            file.write(text + _END.pack(len(text), xxh3_64_intdigest(text)))
        os.replace(partial, gallery.folder / VECTORS)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def is_fresh(gallery: Gallery) -> bool:
    """Whether the cache claims to show the gallery as it is; its blocks are checked only when they are used."""
    try:
        open_cache(gallery)
    except StaleCacheError:
        return False
    return True


def open_cache(gallery: Gallery) -> Rows:
    """The cached vectors float16 [n, d], mapped read-only and not yet checked; their ids are checked.

    Raises:
        StaleCacheError: the file is missing or damaged, or does not show the gallery as it is.
    """
    try:
        mapped = np.memmap(gallery.folder / VECTORS, np.uint8, "r").view(np.ndarray)
        footer = _footer(mapped)
    except (OSError, ValueError, TypeError, struct.error):
        raise StaleCacheError from None
    dimension = gallery.description.dimension
    if footer.generation != gallery.generation or footer.dimension != dimension:
        raise StaleCacheError
    end = footer.count * dimension * VECTOR.itemsize
    ids = mapped[end : end + 8 * footer.count].copy().view("<i8")
    if xxh3_64_intdigest(ids.data) != footer.ids_checksum:
        raise StaleCacheError
    return Rows(ids, mapped[:end].view(VECTOR).reshape(footer.count, dimension), footer.checksums, footer.block_rows)


def _footer(mapped: NDArray[np.uint8]) -> Footer:
    length, expected = _END.unpack(mapped[-_END.size :].tobytes())
    text = mapped[max(0, len(mapped) - _END.size - length) : -_END.size].tobytes()
    if xxh3_64_intdigest(text) != expected:
        raise StaleCacheError
    # What the checksum fits was written by some inkseek, but perhaps by another one.
    footer = Footer(**json.loads(text))
    row_bytes = footer.dimension * VECTOR.itemsize + 8
    if footer.format != FORMAT or len(mapped) != footer.count * row_bytes + length + _END.size:
        raise StaleCacheError
    return footer


def _new_partial(folder: Path) -> Path:
    # What a killed writer left is removed. A writer that still works then cannot rename its file, and goes on without
    # a cache; two writers never share a file.
    for left in folder.glob(f"{VECTORS}*.partial"):
        left.unlink(missing_ok=True)
    return folder / f"{VECTORS}.{secrets.token_hex(4)}.partial"
