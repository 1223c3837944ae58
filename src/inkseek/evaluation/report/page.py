"""The report: one page in one file that needs no other host and no script."""

from collections.abc import Callable, Iterator, Sequence
from importlib import resources
from pathlib import Path

from inkseek.atomic import write_file
from inkseek.errors import ConfigError
from inkseek.evaluation.report.class_bars import classes_section
from inkseek.evaluation.report.confusion import confusion_section
from inkseek.evaluation.report.facts import facts_section, head
from inkseek.evaluation.report.grid import grid_section
from inkseek.evaluation.report.html import section, text
from inkseek.evaluation.report.kept import KeptMeasurement
from inkseek.evaluation.report.metric_tables import differences_section, metrics_section, seeds_section
from inkseek.evaluation.report.precision import precision_figure
from inkseek.evaluation.report.projection import needs_report_extra, projection_section
from inkseek.evaluation.report.shown import DRAWN, Shown, shown
from inkseek.evaluation.report.spectra import spectra_figure

GENERATOR = '<meta name="generator" content="inkseek report">'
"""Mark of a page that a later report may take the place of."""

SIZE_LIMIT = 5_000_000
"""Bytes that a page stays below: pictures are few and small, maps have few points, long tables are cut."""

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_MARK_WITHIN = 1024
_TIES = (
    "Binary codes put many photos at one distance, and the order of those means nothing: where one figure stands for "
    "codes, it is the mean over all such orders (<code>expected</code>). Pictures, confusions and curves keep the "
    "order of the gallery."
)

Part = Callable[[Sequence[Shown]], str]


def report_page(measurements: Sequence[KeptMeasurement], step: Callable[[str], None] = lambda part: None) -> str:
    """The page as HTML text. Its own policy forbids every source but itself, scripts among them.

    Args:
        measurements: at least one; the first is the one that others are compared with.
        step: called with the name of each part before it is made.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    needs_report_extra()
    runs = shown(measurements)
    style = resources.files("inkseek").joinpath("evaluation", "report", "style.css").read_text(encoding="utf-8")
    body = "".join(_parts(runs, step))
    names = ", ".join(measurement.name for measurement in measurements)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'{GENERATOR}\n<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>inkseek report: {text(names)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<main>\n{body}</main>\n{_footer()}</body>\n</html>\n"
    )


def check_target(out: Path) -> None:
    """Refuse a place that a report may not be written to; nothing is written.

    Raises:
        ConfigError: `out` is a folder, or a file that is no report.
    """
    if out.is_dir():
        raise ConfigError(f"{out}: is a folder; give the name of a file, such as {out / 'report.html'}")
    if out.exists():
        with out.open("rb") as file:
            if GENERATOR.encode() not in file.read(_MARK_WITHIN):
                raise ConfigError(f"{out}: exists and is no report of inkseek's; choose another --out")


def write_report(page: str, out: Path) -> None:
    """Write a page, whole or not at all; an older report may be there.

    Raises:
        ConfigError: as `check_target`, or the place cannot be written to.
    """
    check_target(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_file(out, page)
    except OSError as error:
        raise ConfigError(f"{out}: cannot be written ({error.strerror}); choose another --out") from None


def _parts(runs: Sequence[Shown], step: Callable[[str], None]) -> Iterator[str]:
    parts: tuple[tuple[str, Part], ...] = (
        ("first photos", head),
        ("contents", _contents),
        ("metrics", metrics_section),
        ("differences", differences_section),
        ("seeds", seeds_section),
        ("pictures", grid_section),
        ("classes", classes_section),
        ("confusion", confusion_section),
        ("curves", _curves),
        ("map", projection_section),
        ("facts", facts_section),
    )
    for name, part in parts:
        step(name)
        yield part(runs)


def _contents(runs: Sequence[Shown]) -> str:
    """Links to the parts, and a word on what has no figures."""
    links = {
        "metrics": "Figures", "found": "Pictures", "classes": "Classes", "confusion": "Confusion",
        "curves": "Curves", "map": "Map", "measured": "What was measured",
    }  # fmt: skip
    items = "".join(f'<li><a href="#{anchor}">{words}</a></li>' for anchor, words in links.items())
    page = f'<nav aria-label="Parts of this page"><ul>{items}</ul></nav>\n'
    if len(runs) > DRAWN:
        page += f'<p class="about">Tables hold all {len(runs)} measurements, figures the first {DRAWN} of them.</p>\n'
    if any(run.measurement.evaluation["feature"]["kind"] == "binary" for run in runs):
        page += f'<p class="about">{_TIES}</p>\n'
    return page


def _curves(runs: Sequence[Shown]) -> str:
    drawn = runs[:DRAWN]
    content = precision_figure(drawn) + "".join(spectra_figure(run, explained=run is drawn[0]) for run in drawn)
    lead = "How pure a ranking stays on its way down, and how many directions the features use."
    return section("curves", "Curves", lead, f'<div class="pair">\n{content}</div>\n')


def _footer() -> str:
    return (
        "<footer>\n<p>Made by <b>inkseek report</b>. This file is whole: it loads nothing and runs no script. The "
        "pictures belong to the data set that was measured and stand under its terms.</p>\n</footer>\n"
    )
