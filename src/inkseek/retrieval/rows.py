"""Rows of a gallery, one a picture: vectors that are mapped from the cache or read from the database."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from inkseek.errors import GalleryError
from inkseek.retrieval.gallery import VECTOR, Gallery

Block = tuple[NDArray[np.int64], NDArray[np.float16]]
"""Ids [r] and vectors [r, d] of some pictures."""


_EXPONENT = np.uint16(0x7C00)


class StaleCacheError(Exception):
    """The cache does not show the gallery as it is; it has to be written again."""


class Rows:
    """Ids and vectors of pictures; those from a cache are checked block by block, each once, before their first use.

    Attributes:
        ids: int64 [n], rising.
        values: float16 [n, d]; of a cache, use only what `check` has passed.
    """

    def __init__(
        self, ids: NDArray[np.int64], values: NDArray[np.float16], checksums: Sequence[int] = (), block_rows: int = 1
    ) -> None:
        """Take them, with the checksums of their blocks if they are from a cache."""
        self.ids = ids
        self.values = values
        self._checksums = checksums
        self._block_rows = block_rows
        self._unchecked = np.ones(len(checksums), np.bool_)

    def check(self, positions: NDArray[np.integer] | None = None) -> None:
        """Check the blocks that hold these positions, or all blocks, where that was not done before.

        Raises:
            StaleCacheError: a block is not as it was written.
        """
        if not self._unchecked.any():
            return
        blocks = np.flatnonzero(self._unchecked)
        if positions is not None:
            blocks = np.intersect1d(blocks, positions // self._block_rows)
        for block in blocks.tolist():
            rows = self.values[block * self._block_rows :][: self._block_rows]
            if xxh3_64_intdigest(rows.data) != self._checksums[block]:
                raise StaleCacheError
            self._unchecked[block] = False


def read_rows(gallery: Gallery) -> Rows:
    """The vectors float16 [n, d] of the database, in memory.

    Raises:
        GalleryError: the database cannot be read, or holds a vector that is not finite.
    """
    ids, vectors = [np.empty(0, np.int64)], [np.empty((0, gallery.description.dimension), VECTOR)]
    for block_ids, block in finite_blocks(gallery):
        ids.append(block_ids)
        vectors.append(block)
    return Rows(np.concatenate(ids), np.concatenate(vectors))


def finite_blocks(gallery: Gallery, *rows: int) -> Iterator[Block]:
    """`Gallery.blocks`, with every vector checked.

    Raises:
        GalleryError: a vector is not finite, or has another length than the gallery's.
    """
    for ids, vectors in gallery.blocks(*rows):
        # NaN and infinity have all bits of the exponent; float16 itself is slow to look at.
        finite = (vectors.view(np.uint16) & _EXPONENT != _EXPONENT).all(axis=1)
        if not finite.all():
            broken = int(ids[np.argmin(finite)])
            raise GalleryError(
                f"{gallery.folder}: the vector of picture {broken} is not finite; "
                "remove the picture from the gallery and index it again"
            )
        yield ids, vectors
