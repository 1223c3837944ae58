"""Which classes are taken for which."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkseek.evaluation.report.html import figure, percent, section, table, text
from inkseek.evaluation.report.nearest import FIRST
from inkseek.evaluation.report.shown import DRAWN, Shown

MOST = 30
"""Rows of a map at most; of more classes that were drawn, those with the largest confusions."""

OTHERS = 10
"""Columns beside those of the rows that there is always room for."""

LISTED = 8
"""Confusions that are told in words."""


def confusion(query_labels: NDArray[np.int64], found_labels: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """Mean share of photos of class `j` among the first `k` of the queries of class `i`.

    Args:
        query_labels: [q].
        found_labels: [q, k] of the first photos.
        classes: number of classes, `c`.

    Returns:
        [c, c]; a row sums to 1, or is 0 throughout where the class has no query.
    """
    counts = np.zeros((classes, classes))
    np.add.at(counts, (query_labels[:, None], found_labels), 1.0)
    total = counts.sum(axis=1, keepdims=True)
    return counts / np.where(total == 0.0, 1.0, total)


def confusion_section(runs: Sequence[Shown]) -> str:
    """A map and the largest confusions of every measurement."""
    drawn = runs[:DRAWN]
    lead = (
        "A row is the class that was drawn, a column the class of what was found: mean share among the first "
        f"{FIRST} photos, in per cent. Shares on the diagonal are right; the others tell what a sketch is taken for."
    )
    if any((run.attainable < run.nearest.shape[1]).any() for run in drawn):
        lead += " A class with fewer photos than that cannot fill its place on the diagonal."
    return section("confusion", "What is taken for what", lead, "".join(_figure(run) for run in drawn))


def _figure(run: Shown) -> str:
    saved = run.measurement.saved
    shares = confusion(run.query_labels, saved.gallery.labels[run.nearest], len(saved.class_names))
    names = [text(name) for name in saved.class_names]
    rows, row_note = _rows(shares)
    columns, column_note = _columns(shares, rows)
    title = run.label if run.letter else "Classes"
    content = _map(run.words, shares, rows, columns, names) + _largest(shares, names)
    note = " ".join(filter(None, (row_note, column_note)))
    return figure(title, f'<div class="beside">\n{content}</div>\n', note=note)


def _confusions(shares: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs of different classes (drawn, found) with a share, largest first."""
    others = shares - np.diag(np.diag(shares))
    order = np.argsort(-others, axis=None, kind="stable")[: np.count_nonzero(others)]
    return [(int(place) // len(shares), int(place) % len(shares)) for place in order]


def _rows(shares: NDArray[np.float64]) -> tuple[list[int], str]:
    """Classes with queries in alphabetical order, and a note if not all have a row."""
    drawn = np.flatnonzero(shares.sum(axis=1) > 0)
    if len(drawn) <= MOST:
        return drawn.tolist(), ""
    wrong = (shares - np.diag(np.diag(shares)))[drawn].max(axis=1)
    chosen = np.sort(drawn[np.argsort(-wrong, kind="stable")[:MOST]])
    return chosen.tolist(), f"Rows: the {MOST} of {len(drawn)} drawn classes with the largest confusions."


def _columns(shares: NDArray[np.float64], rows: Sequence[int]) -> tuple[list[int], str]:
    """The classes of the rows, then others that they find, those found most often where there are many, and a note."""
    found = shares[rows].sum(axis=0)
    found[rows] = 0.0
    others = np.flatnonzero(found)
    room = max(MOST - len(rows), OTHERS)
    if len(others) <= room:
        return [*rows, *others.tolist()], ""
    chosen = np.sort(others[np.argsort(-found[others], kind="stable")[:room]])
    note = f"Columns: the drawn classes, then the {room} of {len(others)} other classes found most often."
    return [*rows, *chosen.tolist()], note


def _largest(shares: NDArray[np.float64], names: Sequence[str]) -> str:
    items = "".join(
        f"<li><b>{names[drawn]}</b> finds <b>{names[found]}</b>: {percent(float(shares[drawn, found]))}</li>\n"
        for drawn, found in _confusions(shares)[:LISTED]
    )
    if not items:
        return "<p>Nothing is taken for anything else.</p>\n"
    return f"<div>\n<h4>Largest confusions</h4>\n<ol>\n{items}</ol>\n</div>\n"


def _map(
    name: str, shares: NDArray[np.float64], rows: Sequence[int], columns: Sequence[int], names: Sequence[str]
) -> str:
    cells = [[names[row], *(_cell(shares, row, column, names) for column in columns)] for row in rows]
    heads = ["drawn \\ found", *(f"<span>{names[column]}</span>" for column in columns)]
    return table(f"Confusion of classes, {name}", heads, cells, kind="heat")


def _cell(shares: NDArray[np.float64], row: int, column: int, names: Sequence[str]) -> str:
    share = float(shares[row, column])
    if share == 0.0:
        return ""
    kind = "right" if row == column else "wrong"
    words = f"{names[row]} finds {names[column]}: {percent(share)}"
    return f'<span class="{kind}" style="--v:{share**0.5:.2f}" title="{words}">{_cent(share)}</span>'


def _cent(share: float) -> str:
    return f"{100 * share:.0f}" if share >= 0.005 else "·"
