"""Bars of every class: a table whose cells are as long as their figures."""

from collections.abc import Mapping, Sequence

import numpy as np

from inkseek.evaluation.report.html import details, figure, section, table, text
from inkseek.evaluation.report.shown import DRAWN, Shown, main_protocols

_SCALE = '<div class="scale" aria-hidden="true"><i>0</i><i>.25</i><i>.5</i><i>.75</i><i>1</i></div>'

MOST = 40
"""Classes that show without asking; of more, the best and the worst halves of so many."""


def classes_section(runs: Sequence[Shown]) -> str:
    """mAP@all of every class, best first by the mean over the measurements."""
    drawn = runs[:DRAWN]
    values = [run.class_means for run in drawn]
    names = sorted(set().union(*values), key=lambda name: (-float(np.mean(_of(name, values))), name))
    protocols = main_protocols(drawn)
    lead = f"mAP@all of every class ({protocols}; mean over the queries of the class), best first{_order(drawn)}"
    if len(names) <= MOST:
        content = _bars("All classes", names, values, drawn)
    else:
        half = MOST // 2
        content = (
            _bars(f"The best {half} of {len(names)} classes", names[:half], values, drawn)
            + _bars(f"The worst {half}", names[-half:], values, drawn)
            + details(f"All {len(names)} classes", _table("All classes", names, values, drawn))
        )
    return section("classes", "Class by class", lead, content)


def _order(runs: Sequence[Shown]) -> str:
    if len(runs) == 1:
        return "."
    return f" by the mean over the measurements. Bars from top to bottom: {', '.join(run.label for run in runs)}."


def _of(name: str, values: Sequence[Mapping[str, float]]) -> list[float]:
    return [value[name] for value in values if name in value]


def _bars(title: str, names: Sequence[str], values: Sequence[Mapping[str, float]], runs: Sequence[Shown]) -> str:
    return figure(title, _table(title, names, values, runs))


def _table(title: str, names: Sequence[str], values: Sequence[Mapping[str, float]], runs: Sequence[Shown]) -> str:
    heads = [run.chip if run.letter else "mAP@all" for run in runs]
    rows = [[text(name), _bar(name, values, runs), *(_figure(name, value) for value in values)] for name in names]
    return table(f"{title}: mAP@all", ["class", _SCALE, *heads], rows, kind="bars")


def _bar(name: str, values: Sequence[Mapping[str, float]], runs: Sequence[Shown]) -> str:
    bars = "".join(
        f'<i class="{run.style}" style="--v:{value.get(name, 0.0):.3f}"></i>'
        for run, value in zip(runs, values, strict=True)
    )
    return f'<div class="track" aria-hidden="true">{bars}</div>'


def _figure(name: str, value: Mapping[str, float]) -> str:
    return f"{value[name]:.3f}" if name in value else "–"
