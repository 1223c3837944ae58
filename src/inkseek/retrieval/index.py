"""The index: search over every vector of a gallery, one thread a search.

`exact` compares the query with every vector. `packed` is for large galleries: it compares binary codes, and computes
the scores of the closest of them exactly, so that it may miss a picture but never gives a wrong score.
"""

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inkseek.retrieval.exact_search import ExactSearch, Found, settle
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index_cache import open_cache, write_cache
from inkseek.retrieval.packed_index import PackedIndex
from inkseek.retrieval.ranking import Ranking
from inkseek.retrieval.rows import Rows, StaleCacheError, read_rows
from inkseek.retrieval.sign_codes import sign_codes, thresholds

IndexKind = Literal["exact", "packed"]

OVERSAMPLE = 10
LEAST_RESCORED = 1000
"""A packed index rescores the larger of `OVERSAMPLE * k` and `LEAST_RESCORED` pictures."""


class Index:
    """Searchable vectors of a gallery as it was when they were loaded; its generation then is `generation`.

    They are loaded with the first search, from a cache that is mapped and not copied. The cache is rebuilt from the
    database wherever it is missing, damaged or out of date; if it cannot be written, search goes on without it.

    Many threads may search at once; the gallery is used by one of them at a time, and after `load` by none.
    """

    def __init__(self, gallery: Gallery, kind: IndexKind = "exact") -> None:
        self._gallery = gallery
        self._kind = kind
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None
        self.generation = gallery.generation

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.ids)

    @property
    def ids(self) -> NDArray[np.int64]:
        """Ids of the pictures [n], rising."""
        return self._ready().rows.ids

    def load(self) -> None:
        """Load everything and check it, as searches do otherwise at their first need; never needs the gallery again.

        Raises:
            GalleryError: the database cannot be read, or holds a vector that is not finite.
        """
        loaded = self._ready()
        try:
            loaded.rows.check()
        except StaleCacheError:
            self._ready(damaged=loaded)

    def search(self, queries: NDArray[np.floating], k: int, among: NDArray[np.int64] | None = None) -> Ranking:
        """The k pictures of highest cosine for each query; exactly, but for what a packed index misses.

        Args:
            queries: [q, d] retrieval features, unit rows.
            k: at least 1; where there are fewer pictures it gives them all.
            among: ids of the only pictures to search, in any order; unknown ones are ignored. This is exact with
                every kind of index.

        Returns:
            ids and scores [q, min(k, n)]; equal scores (as float32) by rising id.

        Raises:
            ValueError: k is below 1.
            GalleryError: the database cannot be read, or holds a vector that is not finite.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        queries = np.ascontiguousarray(queries, np.float32)
        loaded = self._ready()
        try:
            return loaded.search(queries, k, among)
        except StaleCacheError:
            return self._ready(damaged=loaded).search(queries, k, among)

    def _ready(self, damaged: "_Loaded | None" = None) -> "_Loaded":
        with self._lock:
            if self._loaded is None or self._loaded is damaged:
                self._loaded = self._load(rewrite=damaged is not None)
            return self._loaded

    def _load(self, *, rewrite: bool) -> "_Loaded":
        with self._gallery.transaction(write=False):
            self.generation = self._gallery.generation
            with suppress(StaleCacheError):
                if not rewrite:
                    return _prepare(open_cache(self._gallery), self._kind)
            return _prepare(_rewritten(self._gallery), self._kind)


@dataclass(frozen=True)
class _Loaded:
    rows: Rows
    exact: ExactSearch
    packed: PackedIndex | None
    above: NDArray[np.float16]

    def search(self, queries: NDArray[np.float32], k: int, among: NDArray[np.int64] | None) -> Ranking:
        if among is not None:
            positions = np.flatnonzero(np.isin(self.rows.ids, among))
            self.rows.check(positions)
            found, scores = self.exact.search(queries, k, positions)
        elif self.packed is not None:
            found, scores = self._search_packed(self.packed, queries, k)
        else:
            self.rows.check()
            found, scores = self.exact.search(queries, k)
        return Ranking(self.rows.ids[found], scores)

    def _search_packed(self, packed: PackedIndex, queries: NDArray[np.float32], k: int) -> Found:
        _, proposed = packed.search(sign_codes(queries, self.above), max(OVERSAMPLE * k, LEAST_RESCORED))
        return settle(self.rows.values, queries, proposed, k)


def _prepare(rows: Rows, kind: IndexKind) -> _Loaded:
    exact = ExactSearch(rows.values)
    if kind == "exact":
        return _Loaded(rows, exact, None, np.empty(0, np.float16))
    rows.check()
    above = thresholds(rows.values)
    return _Loaded(rows, exact, PackedIndex(sign_codes(rows.values, above)), above)


def _rewritten(gallery: Gallery) -> Rows:
    with suppress(OSError, StaleCacheError):
        write_cache(gallery)
        rows = open_cache(gallery)
        rows.check()
        return rows
    return read_rows(gallery)
