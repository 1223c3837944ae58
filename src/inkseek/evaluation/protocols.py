"""Protocols: which formula a published figure means. A protocol is a row of data; its name is printed with a metric.

The symbols, for one query over a gallery of `N` photos: `r_i` is 1 where the photo at rank `i` is relevant and 0
elsewhere, `R = sum r_i`, `P(i) = (1/i) sum_{j<=i} r_j`, and `P*_k(i) = max_{i<=j<=k} P(j)`.

A query with `R = 0` has no average precision under any protocol: it is left out of every mean and counted. A query
whose relevant photos all stand behind the cut counts with the value 0.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Denominator = Literal["relevant", "found"]
"""Divisor of AP@k: `min(k, R)`, or the number of relevant photos found in the first `k` ranks."""

Ties = Literal["ordered", "grouped", "expected", "best", "worst"]
"""What photos of equal score mean.

`ordered`: they keep the order of the gallery. `grouped`: a hit counts the precision at the end of its tie.
`expected`, `best`, `worst`: mean, maximum and minimum over all orders inside the ties.
"""

PrecisionCut = Literal["gallery", "relevant", "next"]
"""P@k: the share of relevant photos in the first `min(k, N)` ranks, or in the first `min(k, R)`; or `r_{k+1}`."""


@dataclass(frozen=True)
class Formula:
    """How AP@k is computed from the ranks of the relevant photos of a query that has one.

    Attributes:
        interpolated: whether a hit counts `P*_k(i)`, the envelope of the precision, in place of `P(i)`.
        denominator: divisor of the sum over hits.
        ties: what photos of equal score mean.
    """

    interpolated: bool
    denominator: Denominator
    ties: Ties


TEXTBOOK = Formula(interpolated=False, denominator="relevant", ties="ordered")
ENVELOPE = Formula(interpolated=True, denominator="relevant", ties="ordered")
TRUNCATED = Formula(interpolated=False, denominator="found", ties="grouped")


@dataclass(frozen=True)
class Protocol:
    """What a named protocol means by AP@k and P@k.

    Attributes:
        name: word under which results are printed.
        ap: formula of AP@k.
        precision: what P@k means. Photos of equal score keep the order of the gallery here, except under a protocol
            whose ties are `expected`, `best` or `worst`.
        source: where the definition stands.
    """

    name: str
    ap: Formula
    precision: PrecisionCut
    source: str


PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {
        row.name: row
        for row in (
            Protocol(
                name="standard",
                ap=TEXTBOOK,
                precision="gallery",
                source="textbook (Manning, Raghavan, Schütze, Introduction to Information Retrieval, 2008, "
                "section 8.4), the divisor cut with the list: AP@k = sum_{i<=k} r_i P(i) / min(k, R)",
            ),
            Protocol(
                name="sake",
                ap=ENVELOPE,
                precision="gallery",
                source="Liu et al. (ICCV 2019, arXiv 1904.03208), as qliu24/SAKE computes it, and with it DSN, TCN, "
                "MATHM, TVT, PSKD, ACNet: AP@k = sum_{i<=k} r_i P*_k(i) / min(k, R)",
            ),
            Protocol(
                name="sempcyc",
                ap=TRUNCATED,
                precision="gallery",
                source="Dutta and Akata (CVPR 2019, arXiv 1903.03372), as AnjanDutta/sem-pcyc computes it with "
                "scikit-learn on the first k photos: AP@k = sum_{i<=k} r_i P(i) / sum_{i<=k} r_i",
            ),
            Protocol(
                name="doodle",
                ap=TRUNCATED,
                precision="next",
                source="Dey et al. (CVPR 2019, arXiv 1904.03451), as sounakdey/doodle2search and TCN's cvpr19 mode "
                "compute it: AP@k as SEM-PCYC, 0 where it is NaN; 'P@k' is the relevance of rank k + 1",
            ),
            Protocol(
                name="zse",
                ap=ENVELOPE,
                precision="relevant",
                source="Lin et al. (CVPR 2023, arXiv 2303.14348), as buptLinfy/ZSE-SBIR computes it, and with it "
                "MA-ZS-SBIR: AP@k as SAKE, P@k over the first min(k, R)",
            ),
        )
    }
)


def _over_orders(name: Literal["expected", "best", "worst"], source: str) -> Protocol:
    return Protocol(name, Formula(interpolated=False, denominator="relevant", ties=name), "gallery", source)


EXPECTED = _over_orders(
    "expected",
    "McSherry and Najork (ECIR 2008): the mean of standard AP@k and P@k over all orders of photos of equal score",
)
BEST = _over_orders("best", "standard AP@k and P@k with the relevant photos first among those of equal score")
WORST = _over_orders("worst", "standard AP@k and P@k with the relevant photos last among those of equal score")


def main_protocol(measured: Collection[str]) -> str:
    """The one of some protocols to show where one is shown: `expected`, else `standard`, else the first.

    `expected` is measured for binary codes alone: they tie by the hundred, and their order inside ties means nothing.
    """
    return next((name for name in (EXPECTED.name, "standard") if name in measured), next(iter(measured)))
