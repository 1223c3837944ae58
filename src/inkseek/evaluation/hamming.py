"""Metrics of binary codes under Hamming distance: whole numbers, so the same on every machine."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import DataError
from inkseek.evaluation.blocks import measure_blocks
from inkseek.evaluation.metrics import Values
from inkseek.evaluation.protocols import EXPECTED, PROTOCOLS, Protocol
from inkseek.evaluation.ranks import Distances, RelevantRanks, search_rows
from inkseek.evaluation.retrieval_metrics import CUTS, RetrievalMetrics, arrange, collect, protocol_values
from inkseek.evaluation.scores import check_labels
from inkseek.evaluation.tied import (
    TiedGroups,
    best_ranks,
    expected_average_precision,
    expected_precision,
    worst_ranks,
)

Codes = NDArray[np.uint8]


def hamming_metrics(
    query_codes: Codes,
    gallery_codes: Codes,
    query_labels: NDArray[np.integer],
    gallery_labels: NDArray[np.integer],
    *,
    protocols: Sequence[Protocol] = tuple(PROTOCOLS.values()),
    cuts: Sequence[int] = CUTS,
    block: int | None = None,
) -> dict[str, RetrievalMetrics]:
    """Rank the gallery once for every query by rising Hamming distance, and measure under every protocol.

    A photo is relevant if its label equals the query's. Under the protocols, photos at equal distance keep the order of
    the gallery. That order is an accident and decides a lot, because a code of `b` bits knows `b + 1` distances only:
    the row `expected` gives the mean over all orders of such photos, and `BEST` and `WORST`, if asked for, their range.

    Args:
        query_codes: uint8 [q, b/8] packed bits.
        gallery_codes: uint8 [g, b/8].
        query_labels: [q].
        gallery_labels: [g].
        protocols: formulas to measure under; `expected` is measured besides them.
        cuts: `k` of mAP@k and P@k; mAP@all always comes first.
        block: queries whose distances are held at a time; changes no value.

    Returns:
        Name of the protocol -> metrics, in the order asked for; `expected` last, unless it was asked for.

    Raises:
        DataError: a side is empty, or no query has a relevant photo.
        ValueError: the shapes disagree, or the codes are not uint8.
    """
    _check(query_codes, gallery_codes)
    check_labels(query_labels, len(query_codes), "query")
    check_labels(gallery_labels, len(gallery_codes), "gallery")
    rows = [*protocols] if EXPECTED in protocols else [*protocols, EXPECTED]
    keys = _Keys(query_codes, gallery_codes)

    def measure(distances: Distances, relevant: NDArray[np.intp]) -> Values:
        ordered, own = np.sort(distances, axis=1), np.sort(distances.take(relevant, axis=1), axis=1)
        groups = TiedGroups(keys.upto(ordered), keys.upto(own))
        found = keys.ranks(ordered, own, groups)
        return np.concatenate([_protocol_values(found, groups, row, cuts) for row in rows])

    measured = measure_blocks(keys, measure, query_labels, gallery_labels, block=block)
    return collect(measured, query_labels, len(gallery_labels), rows, cuts)


class _Keys:
    """Distance and position of a photo in one whole number, so that no two photos of a query tie."""

    def __init__(self, queries: Codes, gallery: Codes) -> None:
        self._queries, self._gallery = _words(queries), _words(gallery)
        self._shift = (len(gallery) - 1).bit_length()
        self._bits = 8 * queries.shape[1]
        self._type = key_type(self._bits, self._shift)
        self._positions: NDArray[np.unsignedinteger] = np.arange(len(gallery)).astype(self._type)

    def __call__(self, queries: NDArray[np.intp]) -> Distances:
        """[b, g] keys for query positions [b]."""
        keys = np.zeros((len(queries), len(self._positions)), dtype=self._type)
        for query_word, word in zip(self._queries[:, queries], self._gallery, strict=True):
            keys += np.bitwise_count(query_word[:, np.newaxis] ^ word)
        keys <<= self._type(self._shift)
        keys |= self._positions
        return keys

    def upto(self, ordered: Distances) -> NDArray[np.int64]:
        """[q, b + 1] numbers of keys of each row up to every distance from 0 to `b`."""
        first_of_next = np.arange(1, self._bits + 1, dtype=self._type) << self._type(self._shift)
        counts = np.full((len(ordered), self._bits + 1), ordered.shape[1])
        counts[:, :-1] = search_rows(ordered, np.broadcast_to(first_of_next, (len(ordered), self._bits)))
        return counts

    def ranks(self, ordered: Distances, own: Distances, groups: TiedGroups) -> RelevantRanks:
        """Ranks of the relevant photos, whose rising keys are `own`."""
        distance = (own >> self._type(self._shift)).astype(np.intp)
        return RelevantRanks(
            ranks=search_rows(ordered, own) + 1,
            tie_ends=np.take_along_axis(groups.photos, distance, axis=1),
            tie_hits=np.take_along_axis(groups.hits, distance, axis=1),
            gallery_size=ordered.shape[1],
        )


def key_type(bits: int, shift: int) -> type[np.uint32] | type[np.uint64]:
    """The smaller type that holds distances from 0 to `bits`, shifted by `shift`; it sorts twice as fast."""
    return np.uint32 if bits.bit_length() + shift <= 32 else np.uint64


def _words(codes: Codes) -> NDArray[np.uint64]:
    """Packed bits [n, b/8] as whole words [w, n], filled up with zeros."""
    padded = np.zeros((len(codes), -(-codes.shape[1] // 8) * 8), dtype=np.uint8)
    padded[:, : codes.shape[1]] = codes
    return np.ascontiguousarray(padded.view(np.uint64).T)


def _protocol_values(found: RelevantRanks, groups: TiedGroups, protocol: Protocol, cuts: Sequence[int]) -> Values:
    """[1, metrics, q] values of queries of one class."""
    match protocol.ap.ties:
        case "expected":
            ap = [expected_average_precision(groups, cut) for cut in (None, *cuts)]
            return arrange(ap, [expected_precision(groups, cut) for cut in cuts])[np.newaxis]
        case "best":
            found = best_ranks(groups)
        case "worst":
            found = worst_ranks(groups)
    return protocol_values(found, [protocol], cuts)


def _check(queries: Codes, gallery: Codes) -> None:
    for side, codes in (("query", queries), ("gallery", gallery)):
        if codes.ndim != 2 or codes.dtype != np.uint8:
            raise ValueError(f"{side}: codes must be uint8 [n, bits/8], not {codes.dtype} {list(codes.shape)}")
        if not codes.size:
            raise DataError(f"the {side} holds no code; give at least one")
    if queries.shape[1] != gallery.shape[1]:
        raise ValueError(f"codes differ in bits: {8 * queries.shape[1]} and {8 * gallery.shape[1]}")
