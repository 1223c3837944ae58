"""Some queries with their first photos, right and wrong told apart by sign and line, not by colour alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkseek.evaluation.report.comparison import same_queries
from inkseek.evaluation.report.html import hidden, plural, section, text
from inkseek.evaluation.report.shown import DRAWN, Shown, at_the_top, best_first, main_protocols, spaced
from inkseek.evaluation.report.thumbnails import Thumbnails

STRIPS = 24
"""Rows of photos on the page at most, which bounds its size: about 4 kB a photo."""

BESIDE = 3
"""Measurements of the same queries that are shown one below the other."""

CLASSES = 8
"""Classes that a query is taken from at most, beside the best and the worst query."""

_TICK = '<svg class="sign" viewBox="0 0 16 16" aria-hidden="true"><path d="M3 8.500l3.300 3.200L13 4.700"/></svg>'
_CROSS = '<svg class="sign" viewBox="0 0 16 16" aria-hidden="true"><path d="M4 4l8 8M12 4l-8 8"/></svg>'


@dataclass(frozen=True)
class Choice:
    """A query of the grid: position in the sample, and why it was taken."""

    position: int
    reason: str


def grid_section(runs: Sequence[Shown]) -> str:
    """Queries with their first photos, for measurements of the same queries one below the other."""
    groups = list(_groups(runs[:DRAWN]))
    lead = (
        "For classes spread evenly from the best to the worst, the query whose average precision is the median of its "
        "class; and a query that does best of all and one that does worst. "
        f'<span class="key right">{_TICK}</span> solid frame: right, a photo of the query’s class. '
        f'<span class="key wrong">{_CROSS}</span> dashed frame: wrong. AP is the average precision over the whole '
        f"gallery ({main_protocols(runs[:DRAWN])})."
    )
    content = "".join(_group(group, max(1, STRIPS // len(groups))) for group in groups)
    return section("found", "What was found", lead, content)


def choose(average_precision: NDArray[np.float64], labels: NDArray[np.int64], classes: int) -> list[Choice]:
    """Queries to show: the best, medians of classes spread evenly over the order by mean, the worst.

    Args:
        average_precision: [f] of each query.
        labels: [f].
        classes: number of classes to take a query from, at least 1.
    """
    order = np.argsort(-average_precision, kind="stable")
    found = best_first(average_precision, labels)
    spread = found[spaced(len(found), classes)]
    # The lower of the two middle queries of an even number.
    own = (order[labels[order] == label] for label in spread)
    medians = [Choice(int(queries[len(queries) // 2]), "median of its class") for queries in own]
    best = Choice(int(order[0]), _rank("best", average_precision))
    worst = Choice(int(order[-1]), _rank("worst", -average_precision))
    chosen = {choice.position: choice for choice in (*medians, worst, best)}
    return sorted(chosen.values(), key=lambda choice: -float(average_precision[choice.position]))


def _rank(word: str, values: NDArray[np.float64]) -> str:
    """Whether the query with the largest value is alone at the top."""
    return f"{word} of all" if len(at_the_top(values)) == 1 else f"one of the {word}"


def _groups(runs: Sequence[Shown]) -> Iterator[list[Shown]]:
    """Measurements of the same queries together."""
    waiting = list(runs)
    while waiting:
        first = waiting[0]
        group = [run for run in waiting if run is first or same_queries(first.measurement, run.measurement)]
        waiting = [run for run in waiting if run not in group]
        yield group


def _group(group: Sequence[Shown], strips: int) -> str:
    beside = group[:BESIDE]
    first = beside[0]
    thumbnails = [Thumbnails(run.measurement.saved.root) for run in beside]
    classes = min(CLASSES, max(1, strips // len(beside) - 2))
    rows = "".join(
        _query(choice, beside, thumbnails) for choice in choose(first.average_precision, first.query_labels, classes)
    )
    notes = []
    if len(group) > 1:
        notes.append(f"Queries chosen by {first.label}.")
    if len(group) > len(beside):
        notes.append(f"The first {len(beside)} of {len(group)} measurements of these queries are shown.")
    if lost := sum(thumbnail.lost for thumbnail in thumbnails):
        notes.append(
            f"{plural(lost, 'picture')} could not be read from where the data lay; a crossed-out frame stands for each."
        )
    note = f'<p class="about">{" ".join(notes)}</p>\n' if notes else ""
    return f"{note}{rows}"


def _query(choice: Choice, runs: Sequence[Shown], thumbnails: Sequence[Thumbnails]) -> str:
    first = runs[0]
    saved = first.measurement.saved
    place = int(first.rows[choice.position])
    name = saved.class_names[saved.queries.labels[place]]
    sketch = thumbnails[0].sketch(saved.queries.paths[place], f"query, a sketch: {name}")
    strips = "".join(_strip(run, choice.position, thumbnail) for run, thumbnail in zip(runs, thumbnails, strict=True))
    return (
        f'<article class="card result">\n<div class="query">{sketch}</div>\n'
        f"<h3>{text(name)} <small>{choice.reason}</small></h3>\n<div>\n{strips}</div>\n</article>\n"
    )


def _strip(run: Shown, position: int, thumbnails: Thumbnails) -> str:
    saved = run.measurement.saved
    photos = "".join(
        _photo(rank, saved.gallery.paths[photo], saved.class_names[saved.gallery.labels[photo]], right, thumbnails)
        for rank, (photo, right) in enumerate(
            zip(run.nearest[position].tolist(), run.right[position].tolist(), strict=True), start=1
        )
    )
    most, first = int(run.attainable[position]), run.nearest.shape[1]
    count = f"{int(run.right[position].sum())} of {first} right{f' (at most {most})' if most < first else ''}"
    label = f"{run.label}: " if run.letter else ""
    return (
        f'<p class="strip">{label}{count}, AP {run.average_precision[position]:.3f}</p>\n'
        f'<ol class="photos">\n{photos}</ol>\n'
    )


def _photo(rank: int, path: str, name: str, right: bool, thumbnails: Thumbnails) -> str:
    verdict = "right" if right else "wrong"
    image = thumbnails.photo(path, f"photo {rank}, {verdict}: {name}")
    return (
        f'<li class="{verdict}" title="{text(name)}: {text(path.rpartition("/")[2])}">{image}'
        f"{_TICK if right else _CROSS}{hidden(verdict)}<span>{text(name)}</span></li>\n"
    )
