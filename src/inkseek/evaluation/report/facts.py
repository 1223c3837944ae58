"""What was measured: the head of the page, and a table of everything that the figures depend on."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath

import numpy as np

from inkseek.evaluation.report.html import plural, section, table, text
from inkseek.evaluation.report.shown import Shown, at_the_top
from inkseek.evaluation.result import Evaluation

GALLERY_MODES: Mapping[str, str] = {
    "as_listed": "all photos as listed",
    "extended_only": "extended photos only",
    "distinct": "each photo once",
}

_SHORT = 12
"""Characters of a hash that tell two apart."""


def head(runs: Sequence[Shown]) -> str:
    """Title, one line in plain words, and the figures that everybody asks for first."""
    rivals = len({run.data for run in runs}) == 1
    best = at_the_top(np.array([_mean(run) for run in runs])) if rivals else [0]
    told = runs[best[0]]
    words = f"{_task(told)} {_result(told)}"
    if len(runs) > 1:
        rank = "the best by mAP@all" if len(best) == 1 else "one of the best by mAP@all"
        words = f"{len(runs)} measurements; {rank if rivals else 'the first'} is {told.label}. {words}"
    tiles = _tiles_of_one(told) if len(runs) == 1 else [_tile_of_many(run, first=run is told) for run in runs]
    return (
        '<header>\n<div class="brand">inkseek</div>\n<h1>What the sketches found</h1>\n'
        f'<p class="lead">{words}</p>\n<dl class="tiles">\n{"".join(tiles)}</dl>\n</header>\n'
    )


def facts_section(runs: Sequence[Shown]) -> str:
    """One column a measurement."""
    rows = [[title, *(describe(run.measurement.evaluation) for run in runs)] for title, describe in _FACTS.items()]
    return section(
        "measured",
        "What was measured",
        "A figure holds for the encoder, the pictures and the way of counting that stand here, and for no others.",
        table("What was measured", ["", *(run.label for run in runs)], rows, kind="facts"),
    )


def _mean(run: Shown) -> float:
    """mAP@all under the main protocol, mean over queries."""
    return run.measurement.evaluation["protocols"][run.measurement.main_protocol]["micro"]["mAP@all"]


def _task(run: Shown) -> str:
    data = run.measurement.evaluation["data"]
    sketches = plural(data["queries"], "sketch", "sketches")
    classes = plural(data["classes"], "class", "classes")
    return (
        f"Each of {sketches} was asked for among {plural(data['gallery'], 'photo')} of {classes}"
        f"{_known(run.measurement.evaluation)}."
    )


def _known(evaluation: Evaluation) -> str:
    seen, classes = len(evaluation["data"]["seen_in_training"]), evaluation["data"]["classes"]
    if evaluation["zero_shot"]:
        return " that the encoder never saw in training"
    return f", {'all' if seen == classes else seen} of which the encoder saw in training"


def _result(run: Shown) -> str:
    first, most = run.nearest.shape[1], _most(run)
    limit = f", of at most {most}, as some classes have fewer than {plural(first, 'photo')}" if most else ""
    return (
        f"Of the first {plural(first, 'photo')}, <strong>{run.expected_right:.1f} are right</strong> on average"
        f"{limit}; in random order it would be {run.chance:.1f}."
    )


def _most(run: Shown) -> str:
    """How many of the first photos could be right, mean over queries; empty where all of them could."""
    most = f"{float(run.attainable.mean()):.1f}"
    return "" if float(most) == run.nearest.shape[1] else most


def _tiles_of_one(run: Shown) -> list[str]:
    evaluation = run.measurement.evaluation
    protocol, most = run.measurement.main_protocol, _most(run)
    limit = f", of at most {most}" if most else ""
    return [
        _tile(f"of the first {run.nearest.shape[1]} photos are right{limit}", f"{run.expected_right:.1f}", first=True),
        _tile(f"mAP@all, {text(protocol)}", f"{_mean(run):.3f}"),
        _tile("queries, sketches", f"{evaluation['data']['queries']:,}"),
        _tile("gallery, photos", f"{evaluation['data']['gallery']:,}"),
    ]


def _tile_of_many(run: Shown, *, first: bool) -> str:
    protocol = run.measurement.main_protocol
    right = f"{run.expected_right:.1f} of the first {run.nearest.shape[1]} right"
    limit = f" (at most {most})" if (most := _most(run)) else ""
    words = f"{run.label}<br>{right}{limit}; mAP@all, {text(protocol)}"
    return _tile(words, f"{_mean(run):.3f}", first=first)


def _tile(words: str, value: str, *, first: bool = False) -> str:
    return f"<div{' class=first' if first else ''}><dt>{words}</dt><dd>{value}</dd></div>\n"


def _feature(evaluation: Evaluation) -> str:
    feature = evaluation["feature"]
    if feature["kind"] == "binary":
        return f"binary code of {feature['dimension']} bits ({text(feature['codes'] or 'codes')}), Hamming distance"
    return f"{feature['dimension']} real values, cosine"


def _gallery(evaluation: Evaluation) -> str:
    mode = evaluation["data"]["gallery_mode"]
    return f"{plural(evaluation['data']['gallery'], 'photo')}, {GALLERY_MODES.get(mode, text(mode))}"


def _zero_shot(evaluation: Evaluation) -> str:
    if evaluation["zero_shot"]:
        return "yes: no test class was trained on"
    return f"no: trained on {text(', '.join(evaluation['data']['seen_in_training']))}"


def _left_out(evaluation: Evaluation) -> str:
    skipped = evaluation["data"]["skipped"]
    return f"{plural(skipped, 'picture')}, unreadable or without a photo of the class" if skipped else "nothing"


def _training(evaluation: Evaluation) -> str:
    run = evaluation["run"]
    if run is None:
        return "not told: the encoder lies outside a run folder"
    return f"seed {run['seed']}, commit {text(', '.join(run['commits']))}"


_FACTS: Mapping[str, Callable[[Evaluation], str]] = {
    "Encoder": lambda found: text(found["model"]["name"]),
    "Method": lambda found: text(found["model"]["method"]),
    "Fingerprint": lambda found: f"<code>{text(found['model']['fingerprint'][:_SHORT])}</code>",
    "Run by": lambda found: text(f"{found['model']['runtime']}, {found['model']['precision']}"),
    "Feature": _feature,
    "Training": _training,
    "Zero-shot": _zero_shot,
    "Split": lambda found: text(PurePath(found["data"]["split"]).name),
    "Classes": lambda found: f"{found['data']['classes']:,}",
    "Queries": lambda found: plural(found["data"]["queries"], "sketch", "sketches"),
    "Gallery": _gallery,
    "Generalized": lambda found: text(found["data"]["generalized"] or "no: test classes only"),
    "Left out": _left_out,
    "Pictures": lambda found: f"manifest <code>{text(found['data']['manifest'][:_SHORT])}</code>",
    "Measured by": lambda found: text(f"inkseek {found['inkseek']}"),
}
