"""Strokes and drawings: what a pen leaves, before it becomes pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inkseek.errors import PictureError, PictureFault

MAX_STROKES = 2_000
MAX_POINTS = 100_000
MAX_COORDINATE = 1e9
"""Largest coordinate that a drawing may hold in its own units; beyond it float64 loses the strokes' shape."""

_TOLERANCE = 1e-5


@dataclass(frozen=True, eq=False)
class Stroke:
    """One movement of the pen.

    Attributes:
        points: float32 [n, 2], x to the right and y down, in [0, 1]; one point alone is a dot.
        time: float32 [n], milliseconds since the drawing began, or None where it was not recorded.
        pressure: float32 [n], 0 to 1, or None where it was not recorded.
    """

    points: NDArray[np.float32]
    time: NDArray[np.float32] | None = None
    pressure: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Drawing:
    """Strokes in the unit square, in the order they were drawn.

    Raises:
        PictureError: `NO_INK` without a point, `TOO_LARGE` over `MAX_STROKES` or `MAX_POINTS`, `CORRUPT` for
            coordinates that are no finite numbers of the unit square.
    """

    strokes: tuple[Stroke, ...]

    def __post_init__(self) -> None:
        arrays = [stroke.points for stroke in self.strokes]
        _check(arrays, "drawing")
        if any(points.min() < -_TOLERANCE or points.max() > 1 + _TOLERANCE for points in arrays):
            raise PictureError(
                "drawing", PictureFault.CORRUPT, "points lie outside the unit square; build it with Drawing.from_points"
            )

    @classmethod
    def from_points(cls, strokes: Sequence[ArrayLike], *, source: str = "drawing") -> Self:
        """Drawing of strokes in any units, moved and scaled into the unit square.

        p' = (p - centre) / side + 1/2, where `side` is the longer side of the ink's bounding box: the aspect ratio
        stays, the longer side becomes 1, the shorter one is centred. A drawing without extent becomes a dot at the
        centre. Strokes without points are dropped.

        Args:
            strokes: each [n, 2..4] with columns x, y (down), time in milliseconds, pressure.
            source: name for error messages.

        Raises:
            PictureError: `NO_INK`, `TOO_LARGE` or `CORRUPT`, as for the class.
        """
        columns = [array for array in (_columns(stroke, source) for stroke in strokes) if len(array)]
        _check(columns, source)
        corners = np.concatenate([array[:, :2] for array in columns])
        low, high = corners.min(axis=0), corners.max(axis=0)
        side = float((high - low).max())
        return cls(tuple(_placed(array, low, high, side) for array in columns))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Bounding box of the points: left, top, right, bottom."""
        points = np.concatenate([stroke.points for stroke in self.strokes])
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        return float(left), float(top), float(right), float(bottom)

    @property
    def point_count(self) -> int:
        """Number of points over all strokes."""
        return sum(len(stroke.points) for stroke in self.strokes)


def _columns(stroke: ArrayLike, source: str) -> NDArray[np.float64]:
    try:
        array = np.asarray(stroke, dtype=np.float64)
    except (TypeError, ValueError):
        raise PictureError(source, PictureFault.CORRUPT, "a stroke is no list of points of equal length") from None
    if array.size == 0:
        return np.empty((0, 2))
    if array.ndim != 2 or not 2 <= array.shape[1] <= 4:
        raise PictureError(source, PictureFault.CORRUPT, "a point is not x, y with optional time and pressure")
    return array


def _check(arrays: Sequence[NDArray[np.floating]], source: str) -> None:
    count = sum(len(array) for array in arrays)
    if not count or not all(len(array) for array in arrays):
        raise PictureError(source, PictureFault.NO_INK, "holds no stroke; draw something first")
    if len(arrays) > MAX_STROKES or count > MAX_POINTS:
        detail = f"{len(arrays)} strokes with {count} points exceed {MAX_STROKES} strokes or {MAX_POINTS} points"
        raise PictureError(source, PictureFault.TOO_LARGE, f"{detail}; simplify the drawing")
    if not all(np.isfinite(array).all() and np.abs(array[:, :2]).max() <= MAX_COORDINATE for array in arrays):
        detail = f"a coordinate is not a finite number up to {MAX_COORDINATE:.0e}"
        raise PictureError(source, PictureFault.CORRUPT, detail)


def _placed(array: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], side: float) -> Stroke:
    margin = (side - (high - low)) / 2
    unit = (array[:, :2] - low + margin) / side if side > 0 else np.full((len(array), 2), 0.5)
    optional = [array[:, column].astype(np.float32) if array.shape[1] > column else None for column in (2, 3)]
    return Stroke(np.clip(unit, 0, 1).astype(np.float32), *optional)
