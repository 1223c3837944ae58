"""Which classes are taken for which."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkseek.evaluation.report.html import figure, percent, section, table, text
from inkseek.evaluation.report.nearest import FIRST
from inkseek.evaluation.report.shown import DRAWN, Shown

MOST = 30
"""Classes of a map at most; of more, those with the largest confusions."""

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
    lead = (
        "A row is the class that was drawn, a column the class of what was found: mean share among the first "
        f"{FIRST} photos, in per cent. Shares on the diagonal are right; the others tell what a sketch is taken for."
    )
    return section("confusion", "What is taken for what", lead, "".join(_figure(run) for run in runs[:DRAWN]))


def _figure(run: Shown) -> str:
    saved = run.measurement.saved
    shares = confusion(run.query_labels, saved.gallery.labels[run.nearest], len(saved.class_names))
    drawn = _drawn(shares)
    names = [text(name) for name in saved.class_names]
    note = ""
    if len(drawn) < int((shares.sum(axis=1) > 0).sum()):
        note = f"The {len(drawn)} classes with the largest confusions of {len(names)}."
    title = run.label if run.letter else "Classes"
    content = _map(run.words, shares, drawn, names) + _largest(shares, names)
    return figure(title, f'<div class="beside">\n{content}</div>\n', note=note)


def _confusions(shares: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs of different classes (drawn, found) with a share, largest first."""
    others = shares - np.diag(np.diag(shares))
    order = np.argsort(-others, axis=None, kind="stable")[: np.count_nonzero(others)]
    return [(int(place) // len(shares), int(place) % len(shares)) for place in order]


def _drawn(shares: NDArray[np.float64]) -> list[int]:
    """Classes of the map in alphabetical order: all that take part, or those of the largest confusions."""
    taking_part = np.flatnonzero((shares.sum(axis=0) > 0) | (shares.sum(axis=1) > 0)).tolist()
    if len(taking_part) <= MOST:
        return list(taking_part)
    chosen: dict[int, None] = {}
    for pair in _confusions(shares):
        new = [label for label in dict.fromkeys(pair) if label not in chosen]
        if len(chosen) + len(new) > MOST:
            break
        chosen.update(dict.fromkeys(new))
    return sorted(chosen)


def _largest(shares: NDArray[np.float64], names: Sequence[str]) -> str:
    items = "".join(
        f"<li><b>{names[drawn]}</b> finds <b>{names[found]}</b>: {percent(float(shares[drawn, found]))}</li>\n"
        for drawn, found in _confusions(shares)[:LISTED]
    )
    if not items:
        return "<p>Nothing is taken for anything else.</p>\n"
    return f"<div>\n<h4>Largest confusions</h4>\n<ol>\n{items}</ol>\n</div>\n"


def _map(name: str, shares: NDArray[np.float64], drawn: Sequence[int], names: Sequence[str]) -> str:
    rows = [[names[row], *(_cell(shares, row, column, names) for column in drawn)] for row in drawn]
    heads = ["drawn \\ found", *(f"<span>{names[column]}</span>" for column in drawn)]
    return table(f"Confusion of classes, {name}", heads, rows, kind="heat")


def _cell(shares: NDArray[np.float64], row: int, column: int, names: Sequence[str]) -> str:
    share = float(shares[row, column])
    if share == 0.0:
        return ""
    kind = "right" if row == column else "wrong"
    words = f"{names[row]} finds {names[column]}: {percent(share)}"
    return f'<span class="{kind}" style="--v:{share**0.5:.2f}" title="{words}">{_cent(share)}</span>'


def _cent(share: float) -> str:
    return f"{100 * share:.0f}" if share >= 0.005 else "·"
