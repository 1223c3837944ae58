"""Exact Hamming search over packed binary codes, and its rescoring with float16 vectors; one thread a search.

FAISS compares the codes. It selects by counting: a code waits in the bucket of its distance, buckets are filled in the
order of the positions, and a full answer closes the farthest one. So equal distances come by rising position, also
where more codes tie at the border than fit in; nothing has to be searched twice.
"""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from inkseek.retrieval.exact_search import settle

OVERSAMPLE = 10
"""Pictures that are rescored for each one that is asked for."""


class PackedIndex:
    """Searchable binary codes of n pictures; a picture is its position among them."""

    def __init__(self, codes: NDArray[np.uint8], vectors: NDArray[np.float16] | None = None) -> None:
        """Copy the codes into an index.

        Args:
            codes: [n, b / 8], packed.
            vectors: [n, d] unit rows of the same pictures, for `search_rescored`; they are not copied, may be
                memory-mapped, and only rows that are rescored are read.

        Raises:
            ValueError: the shapes or types disagree.
        """
        import faiss

        _check_codes(codes, "codes")
        if vectors is not None and (vectors.ndim != 2 or len(vectors) != len(codes)):
            raise ValueError(f"vectors must be [{len(codes)}, d], not {vectors.shape}")
        self._vectors = vectors
        self._codes = cast(Any, faiss.IndexBinaryFlat(8 * codes.shape[1]))
        self._codes.use_heap = False
        # The buckets of one query at a time: they take (bits + 1) x k x 8 bytes each.
        self._codes.query_batch_size = 1
        self._codes.add(codes)

    def __len__(self) -> int:
        """Number of pictures."""
        count: int = self._codes.ntotal
        return count

    @property
    def bits(self) -> int:
        """Bits of a code."""
        bits: int = self._codes.d
        return bits

    def search(self, codes: NDArray[np.uint8], k: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The k pictures of least Hamming distance to each query, exactly.

        Args:
            codes: [q, b / 8], packed.
            k: at least 1; an index of fewer pictures gives them all.

        Returns:
            Distances int32 and positions int64 [q, min(k, n)], by rising distance, equal ones by rising position.

        Raises:
            ValueError: k is below 1, or the codes have another length.
        """
        import faiss

        _check_codes(codes, "queries", self.bits)
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        if not len(self):
            return np.empty((len(codes), 0), np.int32), np.empty((len(codes), 0), np.int64)
        faiss.omp_set_num_threads(1)
        distances, positions = self._codes.search(codes, min(k, len(self)))
        return distances, positions

    def search_rescored(
        self, features: NDArray[np.floating], codes: NDArray[np.uint8], k: int, *, oversample: int = OVERSAMPLE
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The k best of the `oversample * k` pictures of least Hamming distance, by inner product with their vectors.

        The inner product is summed in float64 and rounded to float32 once.

        Args:
            features: [q, d] retrieval features of the queries, unit rows.
            codes: [q, b / 8], packed codes of the same queries.
            k: at least 1; an index of fewer pictures gives them all.
            oversample: at least 1; 1 reorders what `search` gives.

        Returns:
            Scores float32 and positions int64 [q, min(k, n)], by falling score, equal ones by rising position.

        Raises:
            ValueError: k or `oversample` is below 1, the shapes disagree, or the index holds no vectors.
        """
        if self._vectors is None:
            raise ValueError("the index holds codes alone; give it the vectors to rescore with")
        if features.shape != (len(codes), self._vectors.shape[1]):
            raise ValueError(f"features must be [{len(codes)}, {self._vectors.shape[1]}], not {features.shape}")
        if k < 1 or oversample < 1:
            raise ValueError(f"k and oversample must be at least 1, not {k} and {oversample}")
        _, proposed = self.search(codes, k * oversample)
        positions, scores = settle(self._vectors, features, proposed, k)
        return scores, positions


def _check_codes(codes: NDArray[np.uint8], name: str, bits: int | None = None) -> None:
    if codes.ndim != 2 or codes.dtype != np.uint8 or not codes.shape[1]:
        raise ValueError(f"{name} must be packed uint8 [n, bits / 8], not {codes.dtype} {codes.shape}")
    if bits is not None and bits != 8 * codes.shape[1]:
        raise ValueError(f"{name} have {8 * codes.shape[1]} bits, the index has {bits}")
