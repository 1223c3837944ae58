"""Curves over two axes as inline SVG. Colours, dashes and sizes of letters stand in the style sheet."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 480, 330
LEFT, RIGHT, TOP, BOTTOM = 62, 464, 14, 278
"""The plotted area within the picture."""


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        label: what it shows.
        low: value at its beginning.
        high: value at its end.
        ticks: labelled values, with their labels.
    """

    label: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Line:
    """One curve.

    Attributes:
        label: its words in the legend, as HTML.
        style: class name of the style sheet, for colour and dash.
        x: [n].
        y: [n].
        marker: a letter on the curve; may be empty.
    """

    label: str
    style: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    marker: str = ""


def line_chart(title: str, description: str, x_axis: Axis, y_axis: Axis, lines: Sequence[Line]) -> str:
    """A chart and its legend.

    Args:
        title: for those who listen, as HTML.
        description: what the curves say, as HTML.
        x_axis: to the right.
        y_axis: upwards.
        lines: the first is drawn last, above the others.
    """
    places = np.linspace(0.1, 0.9, len(lines) + 2)[1:-1].tolist()
    drawn = zip(reversed(lines), reversed(places), strict=True)
    curves = "".join(_curve(line, x_axis, y_axis, place) for line, place in drawn)
    picture = (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">\n<title>{title}</title>\n'
        f"<desc>{description}</desc>\n{_frame(x_axis, y_axis)}{curves}</svg>\n"
    )
    items = "".join(
        f'<li><svg class="swatch" viewBox="0 0 34 12" aria-hidden="true"><path class="curve {line.style}" d="M1 6h32"/>'
        f"</svg><span>{line.label}</span></li>\n"
        for line in lines
    )
    return f'{picture}<ul class="legend">\n{items}</ul>\n'


def _across(axis: Axis, values: NDArray[np.float64]) -> NDArray[np.float64]:
    return LEFT + (values - axis.low) / (axis.high - axis.low) * (RIGHT - LEFT)


def _up(axis: Axis, values: NDArray[np.float64]) -> NDArray[np.float64]:
    return BOTTOM - (values - axis.low) / (axis.high - axis.low) * (BOTTOM - TOP)


def _curve(line: Line, x_axis: Axis, y_axis: Axis, place: float) -> str:
    """A curve with its letter at `place`, a share of its points."""
    points = list(zip(_across(x_axis, line.x).tolist(), _up(y_axis, line.y).tolist(), strict=True))
    course = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    x, y = points[int(place * (len(points) - 1))]
    letter = f'<text class="letter" x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{line.marker}</text>'
    return f'<g><path class="curve {line.style}" d="M{course}"/>{letter if line.marker else ""}</g>\n'


def _frame(x_axis: Axis, y_axis: Axis) -> str:
    columns = _across(x_axis, np.array([value for value, _ in x_axis.ticks])).tolist()
    rows = _up(y_axis, np.array([value for value, _ in y_axis.ticks])).tolist()
    grid = "".join(f"M{x:.1f} {TOP}V{BOTTOM}" for x in columns) + "".join(f"M{LEFT} {y:.1f}H{RIGHT}" for y in rows)
    below = "".join(
        f'<text x="{x:.1f}" y="{BOTTOM + 18}" text-anchor="middle">{label}</text>'
        for x, (_, label) in zip(columns, x_axis.ticks, strict=True)
    )
    beside = "".join(
        f'<text x="{LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
        for y, (_, label) in zip(rows, y_axis.ticks, strict=True)
    )
    return (
        f'<path class="grid" d="{grid}"/>\n<path class="axis" d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}"/>\n'
        f'<g class="ticks">{below}{beside}</g>\n'
        f'<text class="label" x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{x_axis.label}</text>\n'
        f'<text class="label" transform="translate(13 {(TOP + BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
        f"{y_axis.label}</text>\n"
    )
