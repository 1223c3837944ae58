"""Protocols: which formula a published figure means. A protocol is a row of data; its name is printed with a metric.

The symbols, for one query over a gallery of `N` photos: `r_i` is 1 where the photo at rank `i` is relevant and 0
elsewhere, `R = sum r_i`, `P(i) = (1/i) sum_{j<=i} r_j`, and `P*_k(i) = max_{i<=j<=k} P(j)`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType


def cut_or_relevant(cut: int, relevant: int, hits: int) -> int:
    """`min(k, R)`: the greatest number of relevant photos that the first `k` ranks can hold.

    Args:
        cut: `k`, at most the gallery's size.
        relevant: `R`, relevant photos in the whole gallery.
        hits: relevant photos in the first `k` ranks.
    """
    return min(cut, relevant)


@dataclass(frozen=True)
class Protocol:
    """How average precision is computed from the ranks of the relevant photos.

    Attributes:
        name: word under which results are printed.
        interpolated: whether a hit counts `P*_k(i)`, the envelope of the precision, in place of `P(i)`.
        ap_denominator: divisor of the sum over hits, from (cut, relevant photos, hits within the cut).
        source: where the definition stands.
    """

    name: str
    interpolated: bool
    ap_denominator: Callable[[int, int, int], int]
    source: str


PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {
        row.name: row
        for row in (
            Protocol(
                name="standard",
                interpolated=False,
                ap_denominator=cut_or_relevant,
                source="textbook: AP@k = sum_{i<=k} r_i P(i) / min(k, R)",
            ),
            Protocol(
                name="sake",
                interpolated=True,
                ap_denominator=cut_or_relevant,
                source="Liu et al. (ICCV 2019, arXiv 1904.03208), as the released code computes it: "
                "AP@k = sum_{i<=k} r_i P*_k(i) / min(k, R)",
            ),
        )
    }
)
