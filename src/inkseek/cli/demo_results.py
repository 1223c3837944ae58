"""What the demo found: results of every drawing, and how often a right photo was among the first ones."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inkseek.sketch.model import Drawing

SHOWN = 5
"""Photos shown for each drawing."""


@dataclass(frozen=True)
class FoundPhoto:
    """One photo of a ranking.

    Attributes:
        rank: 1 is the closest.
        id: of the photo in the gallery.
        path: inside the gallery's folder.
        caption: what the photo shows, or its file name in words.
        score: cosine, higher is closer.
        right: whether it counts as right; None where nobody has said which photos do.
    """

    rank: int
    id: int
    path: str
    caption: str
    score: float
    right: bool | None


@dataclass(frozen=True, eq=False)
class DrawingResult:
    """Ranking of one drawing.

    Attributes:
        name: what is drawn.
        class_name: the class it belongs to.
        drawing: its strokes.
        seen: whether the encoder was trained on sketches of that class.
        milliseconds: of render, encode, search and total.
        photos: the first photos, closest first.
        right: number of the gallery's photos that count as right, or None.
    """

    name: str
    class_name: str
    drawing: Drawing
    seen: bool
    milliseconds: dict[str, float]
    photos: tuple[FoundPhoto, ...]
    right: int | None


@dataclass(frozen=True, eq=False)
class DemoResult:
    """Everything that the demo prints and its page shows.

    Attributes:
        drawings: results in the order of the drawings.
        photos: size of the gallery.
        folder: folder of the photos.
        gallery: path of the gallery.
        model: name of the encoder.
        fingerprint: of the encoder.
        runtime: that ran it.
        credit: where the photos come from, or None for someone's own.
    """

    drawings: tuple[DrawingResult, ...]
    photos: int
    folder: Path
    gallery: Path
    model: str
    fingerprint: str
    runtime: str
    credit: str | None

    @property
    def judged(self) -> bool:
        """Whether it is known which photos are right."""
        return all(result.right is not None for result in self.drawings)

    @property
    def median_milliseconds(self) -> float:
        """Median over the drawings of the time from strokes to ranking."""
        return statistics.median(result.milliseconds["total"] for result in self.drawings)


def hits_at(drawings: Sequence[DrawingResult], k: int) -> int:
    """Number of drawings with at least one right photo among the first `k`."""
    return sum(any(photo.right for photo in result.photos[:k]) for result in drawings)


def chance_at(right: Sequence[int], photos: int, k: int) -> float:
    """Expected share of drawings with a right photo among `k` photos drawn at random without replacement.

    mean over drawings of 1 - C(photos - right, k) / C(photos, k), the hypergeometric probability of at least one.

    Args:
        right: for each drawing, how many photos of the gallery are right.
        photos: size of the gallery.
        k: photos drawn; more than the gallery holds means all of it.
    """
    k = min(k, photos)
    return statistics.fmean(1 - math.comb(photos - count, k) / math.comb(photos, k) for count in right)


def figures(drawings: Sequence[DrawingResult], photos: int) -> dict[str, float]:
    """hit@1, hit@5 and chance@5 of some drawings, each between 0 and 1."""
    count = len(drawings)
    right = [result.right or 0 for result in drawings]
    return {
        "hit@1": hits_at(drawings, 1) / count,
        f"hit@{SHOWN}": hits_at(drawings, SHOWN) / count,
        f"chance@{SHOWN}": chance_at(right, photos, SHOWN),
    }
