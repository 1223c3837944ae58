"""Published sizes of the splits: how many sketches search how many photos."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from inkseek.data.datasets import published_counts
from inkseek.data.splits import named_split, split_data_set

LISTED_GALLERIES: Mapping[str, int] = MappingProxyType({"tuberlin@sempcyc": 25_708})
"""Galleries whose single classes are not published: the list of MA-ZS-SBIR (Lyou et al., WACV 2024)."""


@dataclass(frozen=True)
class SplitSize:
    """Pictures of the unseen classes of a split.

    Attributes:
        queries: sketches.
        gallery: photos as the published lists name them; None where no number is published.
        extended_gallery: photos of Sketchy's extended folder alone; None for any other data set.
    """

    queries: int | None
    gallery: int | None
    extended_gallery: int | None


def split_size(name: str) -> SplitSize:
    """Published size of a split.

    Raises:
        SplitError: there is no such split.
    """
    unseen = named_split(name).unseen
    counts = published_counts(split_data_set(name))
    classes = [counts[class_name] for class_name in unseen]
    return SplitSize(
        queries=_sum([pictures.sketches for pictures in classes]),
        gallery=LISTED_GALLERIES.get(name, _sum([pictures.photos for pictures in classes])),
        extended_gallery=_sum([pictures.extended_photos for pictures in classes]),
    )


def _sum(numbers: list[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None
