"""Every metric under every protocol, differences from the first measurement, and means over seeds."""

from collections.abc import Sequence

from inkseek.evaluation.protocols import BEST, EXPECTED, PROTOCOLS, WORST
from inkseek.evaluation.report.comparison import Pair, SeedGroup, compare, same_queries, seed_groups
from inkseek.evaluation.report.html import hidden, scroll_box, section, table, text
from inkseek.evaluation.report.shown import Shown

MEANS = {"micro": "mean over queries", "macro": "mean over classes"}

_SOURCES = {row.name: row.source for row in (*PROTOCOLS.values(), EXPECTED, BEST, WORST)}
_CAPTION = "Every metric under every protocol"
_DIFFERENCE_TITLES = ("metric", "first", "this", "difference", "p", "95 % interval", "")


def metrics_section(runs: Sequence[Shown]) -> str:
    """One block a protocol, one row a measurement and mean."""
    lead = (
        "One ranking, counted as each protocol counts it; 1 is perfect. mAP@k is the mean average precision of the "
        "first k photos, P@k the share of right ones among them, unless the line of a protocol says otherwise."
    )
    if len(runs) > 1:
        lead += " The best of the measurements on the same data is in bold and has a star."
    return section("metrics", "Under every protocol", lead, _metrics(runs))


def differences_section(runs: Sequence[Shown]) -> str:
    """Paired differences of every later measurement from the first; empty where none has the same queries."""
    first, *others = runs
    pairs = [(other, found) for other in others if (found := _pairs(first, other))]
    if not pairs:
        return ""
    widest = max(max(abs(pair.difference.low), abs(pair.difference.high)) for _, found in pairs for pair in found)
    titles = "".join(f'<th scope="col">{title}</th>' for title in _DIFFERENCE_TITLES)
    blocks = "".join(_differences(first, other, found, widest or 1.0) for other, found in pairs)
    caption = "Paired differences from the first measurement"
    return section(
        "differences",
        "Differences, query by query",
        f"Each measurement of the same queries minus {first.label}: difference of the means over queries, 95 % "
        "interval and two-sided p value by paired bootstrap, which draws the queries of every class anew, 10,000 "
        "times. An interval without 0 is a difference that the choice of sketches does not explain; another seed of "
        "the training may.",
        scroll_box(
            caption,
            f"<table>\n<caption>{caption}</caption>\n<thead><tr>{titles}</tr></thead>\n{blocks}</table>\n",
        ),
    )


def seeds_section(runs: Sequence[Shown]) -> str:
    """Mean and interval of repeats; empty where no two measurements differ by their seed alone."""
    measurements = [run.measurement for run in runs]
    rows = [_seeds(group, runs) for metric in _names(runs) for group in seed_groups(measurements, None, metric)]
    if not rows:
        return ""
    return section(
        "seeds",
        "Over seeds",
        "Measurements whose runs have equal settings, pictures, gallery, features, runtime and precision, and other "
        "seeds of the training: mean over the runs, each run’s a mean over queries, and its 95 % interval (Student’s "
        "t), which is the interval for the method, not for one encoder.",
        table("Mean and interval over seeds", ["", "metric", "mean", "95 % interval", "runs"], rows),
    )


def _metrics(runs: Sequence[Shown]) -> str:
    metrics = _names(runs)
    titles = "".join(f'<th scope="col">{text(metric)}</th>' for metric in metrics)
    protocols = dict.fromkeys(name for run in runs for name in run.measurement.evaluation["protocols"])
    blocks = "".join(_protocol(name, metrics, runs) for name in protocols)
    return scroll_box(
        _CAPTION,
        f'<table class="metrics">\n<caption>{_CAPTION}</caption>\n'
        f'<thead><tr><th scope="col">protocol</th>{titles}</tr></thead>\n{blocks}</table>\n',
    )


def _names(runs: Sequence[Shown]) -> list[str]:
    """Metrics of all protocols, each once, in their order."""
    found = (means["micro"] for run in runs for means in run.measurement.evaluation["protocols"].values())
    return list(dict.fromkeys(metric for metrics in found for metric in metrics))


def _protocol(name: str, metrics: Sequence[str], runs: Sequence[Shown]) -> str:
    rows = "".join(_row(name, mean, run, metrics, runs) for mean in MEANS for run in runs if _means(run, name, mean))
    source = f"<span>{text(_SOURCES[name])}</span>" if name in _SOURCES else ""
    return (
        f'<tbody>\n<tr class="protocol"><th scope="rowgroup" colspan="{len(metrics) + 1}">'
        f"<div><b>{text(name)}</b> {source}</div></th></tr>\n{rows}</tbody>\n"
    )


def _row(protocol: str, mean: str, run: Shown, metrics: Sequence[str], runs: Sequence[Shown]) -> str:
    label = f"{run.label} <small>{MEANS[mean]}</small>" if len(runs) > 1 else MEANS[mean]
    rivals = [other for other in runs if other.data == run.data]
    cells = []
    for metric in metrics:
        value = _means(run, protocol, mean).get(metric)
        values = [means[metric] for other in rivals if metric in (means := _means(other, protocol, mean))]
        cells.append(_cell(value, best=bool(values) and value == max(values) > min(values)))
    return f'<tr><th scope="row">{label}</th>{"".join(cells)}</tr>\n'


def _cell(value: float | None, *, best: bool) -> str:
    if value is None:
        return f"<td>{hidden('not measured')}–</td>"
    if best:
        return f'<td class="best">{hidden("best: ")}<b>{value:.3f}</b></td>'
    return f"<td>{value:.3f}</td>"


def _means(run: Shown, protocol: str, mean: str) -> dict[str, float]:
    return run.measurement.evaluation["protocols"].get(protocol, {}).get(mean, {})


def _pairs(first: Shown, other: Shown) -> list[Pair]:
    """Each metric that both have, under the main protocol of either; none where the queries differ or are one."""
    one, two = first.measurement, other.measurement
    if not same_queries(one, two) or len(one.per_query.paths) < 2:
        return []
    shared = _means(other, two.main_protocol, "micro")
    return [compare(one, two, None, metric) for metric in _means(first, one.main_protocol, "micro") if metric in shared]


def _differences(first: Shown, other: Shown, pairs: Sequence[Pair], widest: float) -> str:
    """A block of the table: what is held against what, then a row a metric."""
    gallery = "" if pairs[0].same_gallery else "; other gallery"
    rows = "".join(_difference(pair, widest, other.style) for pair in pairs)
    return (
        f'<tbody>\n<tr class="protocol"><th scope="rowgroup" colspan="{len(_DIFFERENCE_TITLES)}">'
        f"<div>{other.label} minus {first.chip} <span>{text(pairs[0].protocols)}{gallery}</span></div></th></tr>\n"
        f"{rows}</tbody>\n"
    )


def _difference(pair: Pair, widest: float, style: str) -> str:
    found = pair.difference
    clear = found.low > 0 or found.high < 0
    cells = (
        f"{pair.first_mean:.3f}",
        f"{pair.second_mean:.3f}",
        f"<b>{signed(found.mean)}</b>" if clear else signed(found.mean),
        p_value(found.p_value),
        f"{signed(found.low)} to {signed(found.high)}{'' if clear else ', holds 0'}",
        _whisker(found.low / widest, found.mean / widest, found.high / widest, style),
    )
    return f'<tr><th scope="row">{text(pair.metric)}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>\n'


def _whisker(low: float, middle: float, high: float, style: str) -> str:
    """An interval within -1 and 1 as a line with a dot."""
    left, dot, right = (60 + 54 * share for share in (low, middle, high))
    return (
        '<svg class="whisker" viewBox="0 0 120 14" aria-hidden="true"><path class="axis" d="M60 0v14"/>'
        f'<path class="interval {style}" d="M{left:.1f} 7H{right:.1f}M{left:.1f} 4v6M{right:.1f} 4v6"/>'
        f'<path class="interval dot {style}" d="M{dot:.1f} 7h0"/></svg>'
    )


def signed(value: float) -> str:
    """A difference as text with its sign: +0.0123, −0.0123."""
    return f"{value:+.4f}".replace("-", "−")


def p_value(value: float) -> str:
    """A p value as text; a bootstrap cannot tell small ones apart."""
    return "&lt; 0.001" if value < 0.001 else f"{value:.3f}"


def _seeds(group: SeedGroup, runs: Sequence[Shown]) -> list[str]:
    members = [run for run in runs if run.measurement in group.members]
    repeated = [run.chip for run in runs if run.measurement in group.left_out]
    method = text(members[0].measurement.evaluation["model"]["method"])
    notes = [] if group.one_commit else ["trained at different commits"]
    if repeated:
        notes.append(f"without {' '.join(repeated)}, whose seed is there already")
    return [
        f"{method} {' '.join(run.chip for run in members)}" + "".join(f"<br><small>{note}</small>" for note in notes),
        f"{text(group.metric)}, {text(group.protocol)}",
        f"{group.interval.mean:.3f}",
        f"{group.interval.low:.3f} to {group.interval.high:.3f}",
        str(group.interval.runs),
    ]
