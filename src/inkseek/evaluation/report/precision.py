"""Precision over recall, one curve a measurement."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkseek.evaluation.curves import precision_recall
from inkseek.evaluation.report.chart import Axis, Line, line_chart
from inkseek.evaluation.report.html import details, figure, table
from inkseek.evaluation.report.shown import FIGURE_QUERIES, Shown

POINTS = 101

_TITLE = "Precision over recall"
_SHARES = tuple((share, f"{100 * share:.0f}") for share in (0.0, 0.25, 0.5, 0.75, 1.0))
_AXES = (
    Axis("recall: right photos found, %", 0.0, 1.0, _SHARES),
    Axis("precision: right among found, %", 0.0, 1.0, _SHARES),
)


def precision_figure(runs: Sequence[Shown]) -> str:
    """Mean interpolated precision at every recall."""
    recall = np.linspace(0.0, 1.0, POINTS)
    lines = [Line(run.label, run.style, recall, _precision(run), run.letter) for run in runs]
    tenths = range(0, POINTS, POINTS // 10)
    rows = [[f"{place} %", *(f"{line.y[place]:.3f}" for line in lines)] for place in tenths]
    halves = "; ".join(f"{run.words}: {line.y[POINTS // 2]:.2f}" for run, line in zip(runs, lines, strict=True))
    chart = line_chart(_TITLE, f"Precision at half of recall, {halves}", *_AXES, lines)
    note = (
        "Further down the ranking lie more of the right photos, and more wrong ones. At each recall stands the highest "
        "precision at this recall or a later one, mean over queries."
    )
    if any(len(run.measurement.per_query.paths) > FIGURE_QUERIES for run in runs):
        note += f" Drawn from {FIGURE_QUERIES:,} queries at even distances."
    data = table("Precision at every tenth of recall", ["recall", *(run.label for run in runs)], rows)
    return figure(_TITLE, chart + details("The figures", data), note=note)


def _precision(run: Shown) -> NDArray[np.float64]:
    labels = run.measurement.saved.gallery.labels
    return precision_recall(run.query_features, run.gallery_features, run.query_labels, labels, points=POINTS)
