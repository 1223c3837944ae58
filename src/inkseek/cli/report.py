"""`inkseek report`: saved measurements in, one HTML page out."""

from pathlib import Path
from typing import Annotated

import typer

from inkseek.cli.output import messages, print_json, progress_bar


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Run folders, or folders that `evaluate --out` wrote; the first is the yardstick."),
    ],
    out: Annotated[Path, typer.Option(help="HTML file to write; an older report there is replaced.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the page's place, size and measurements as JSON.")
    ] = False,
) -> None:
    """Write one HTML page about one or more measurements; it needs no network and no other file."""
    from inkseek.evaluation.report.kept import open_measurements
    from inkseek.evaluation.report.page import check_target, report_page, write_report

    check_target(out)
    measurements = open_measurements(runs)
    with progress_bar() as bar:
        task = bar.add_task("report", total=None, note="")
        page = report_page(measurements, step=lambda part: bar.update(task, description=f"report: {part}"))
    write_report(page, out)
    if as_json:
        names = [measurement.name for measurement in measurements]
        print_json({"format": 1, "report": str(out), "bytes": out.stat().st_size, "measurements": names})
    else:
        messages().print(f"report: {out}", markup=False, soft_wrap=True)
