"""`inkseek data`: what published data sets there are, how to get them, and whether a folder holds one."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from inkseek.cli.data_get import get
from inkseek.cli.output import messages, print_json, progress_bar

data_app = typer.Typer(help="Look after data sets: list, get, verify, convert.", no_args_is_help=True)

DataArgument = Annotated[Path, typer.Argument(help="Folder of a data set in any layout, CSV file or manifest.")]


class Against(StrEnum):
    """Published data sets, and none."""

    SKETCHY = "sketchy"
    TUBERLIN = "tuberlin"
    QUICKDRAW = "quickdraw"
    OWN = "own"


@data_app.command("list")
def list_data_sets(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the published data sets and their splits: classes, sizes, sources, how to get them."""
    from inkseek.cli.data_list import list_tree, print_list

    if as_json:
        print_json(list_tree())
    else:
        print_list()


data_app.command()(get)


@data_app.command()
def verify(
    data: DataArgument,
    against: Annotated[
        Against | None, typer.Option("--as", help="Compare with this data set; `own`: with none. Default: recognised.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Look at the headers of pictures, decode none.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write the report to this file, as JSON.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Say what is in a data set, compare it with the published one, and read every file; exit code 2 for faults."""
    from inkseek.cli.data_summary import print_verification
    from inkseek.data.verify import check_report, read_data_set
    from inkseek.data.verify import verify as check

    if report is not None:
        check_report(report)
    with progress_bar() as bar:
        task = bar.add_task("reading", total=None, note="")
        data_set = read_data_set(data)
        bar.update(task, description="checking", total=len(data_set.manifest))
        verification = check(
            data_set,
            against=against.value if against else None,
            quick=quick,
            progress=lambda done, _: bar.update(task, completed=done),
        )
    if report is not None:
        _write(report, verification.to_json())
    if as_json:
        print_json(verification.to_tree())
    else:
        print_verification(verification)
    if not verification.ok:
        raise typer.Exit(2)


@data_app.command()
def convert(
    data: DataArgument,
    out: Annotated[Path, typer.Option(help="Manifest file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write one manifest file of a data set, for `evaluate --data` and for training."""
    from inkseek.data.convert import write_manifest
    from inkseek.data.verify import read_data_set

    with progress_bar() as bar:
        bar.add_task("reading", total=None, note="")
        data_set = read_data_set(data)
    manifest, say = data_set.manifest, messages()
    if data_set.report.skipped:
        say.print(data_set.report.table())
    write_manifest(manifest, out, replace=force)
    if as_json:
        tree = {"manifest": str(out), "root": str(manifest.root), "rows": len(manifest), "hash": manifest.hash}
        print_json({"format": 1, **tree, "layout": data_set.layout, "data_set": data_set.name})
    else:
        text = f"{out}: {len(manifest):,} pictures of {len(manifest.class_names):,} classes below {manifest.root}"
        say.print(text, markup=False, soft_wrap=True)


def _write(file: Path, text: str) -> None:
    from inkseek.atomic import write_file
    from inkseek.errors import DataError

    try:
        write_file(file, text)
    except OSError as error:
        raise DataError(f"{file}: cannot be written ({error.strerror}); give another file with --report") from None
