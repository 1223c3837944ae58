"""Drawings: the unit square, refusals, columns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from inkseek.errors import PictureError, PictureFault
from inkseek.sketch.model import MAX_POINTS, MAX_STROKES, Drawing, Stroke

POINTS = arrays(np.float64, st.tuples(st.integers(1, 20), st.just(2)), elements=st.floats(-1e6, 1e6, width=32))


def test_long_side_becomes_one_and_short_side_is_centred() -> None:
    drawing = Drawing.from_points([[(10, 10), (30, 10)], [(30, 20)]])
    assert drawing.box == pytest.approx((0, 0.25, 1, 0.75))
    assert drawing.point_count == 3


@given(POINTS)
def test_any_ink_fits_the_unit_square(points: NDArray[np.float64]) -> None:
    left, top, right, bottom = Drawing.from_points([points]).box
    assert left >= 0
    assert top >= 0
    assert right <= 1
    assert bottom <= 1
    assert left + right == pytest.approx(1, abs=1e-5)
    assert top + bottom == pytest.approx(1, abs=1e-5)
    longer = max(right - left, bottom - top)
    assert longer == pytest.approx(1, abs=1e-5) or longer == 0


def test_a_dot_lies_at_the_centre() -> None:
    assert Drawing.from_points([[(7, 9)]]).box == (0.5, 0.5, 0.5, 0.5)


def test_time_and_pressure_are_kept() -> None:
    (stroke,) = Drawing.from_points([[(0, 0, 5, 0.5), (2, 1, 9, 1.0)]]).strokes
    assert stroke.time is not None
    assert stroke.pressure is not None
    assert stroke.time.tolist() == [5, 9]
    assert stroke.pressure.tolist() == [0.5, 1.0]
    assert Drawing.from_points([[(0, 0), (1, 1)]]).strokes[0].time is None


def test_strokes_without_points_are_dropped() -> None:
    assert len(Drawing.from_points([[], [(0, 0), (1, 1)]]).strokes) == 1


@pytest.mark.parametrize(
    ("strokes", "fault"),
    [
        ([], PictureFault.NO_INK),
        ([[], []], PictureFault.NO_INK),
        ([[(0, float("nan"))]], PictureFault.CORRUPT),
        ([[(float("inf"), 0), (1, 1)]], PictureFault.CORRUPT),
        ([[(1e300, 0), (-1e300, 1)]], PictureFault.CORRUPT),
        ([[(0, 0, float("inf"))]], PictureFault.CORRUPT),
        ([[(1,), (2,)]], PictureFault.CORRUPT),
        ([[(1, 2, 3, 4, 5)]], PictureFault.CORRUPT),
        ([[(1, 2), (1, 2, 3)]], PictureFault.CORRUPT),
        ([[("a", "b")]], PictureFault.CORRUPT),
        ([[(0, 0)]] * (MAX_STROKES + 1), PictureFault.TOO_LARGE),
        ([np.zeros((MAX_POINTS + 1, 2))], PictureFault.TOO_LARGE),
    ],
)
def test_refused(strokes: list[list[tuple[float, ...]]], fault: PictureFault) -> None:
    with pytest.raises(PictureError) as caught:
        Drawing.from_points(strokes, source="cat.json")
    assert caught.value.fault is fault
    assert str(caught.value).startswith("cat.json: ")


def test_limits_themselves_are_allowed() -> None:
    assert Drawing.from_points([np.zeros((MAX_POINTS // MAX_STROKES, 2))] * MAX_STROKES).point_count == MAX_POINTS


def test_the_constructor_refuses_points_outside_the_unit_square() -> None:
    with pytest.raises(PictureError, match="from_points"):
        Drawing((Stroke(np.array([[0, 2]], dtype=np.float32)),))
