"""Where a verb's words go: results to stdout, everything else to stderr."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


def print_json(tree: Mapping[str, Any]) -> None:
    """The one thing on stdout under `--json`."""
    typer.echo(json.dumps(tree, indent=2, ensure_ascii=False, allow_nan=False))


def messages() -> "Console":
    """A console on stderr."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def progress_bar() -> "Progress":
    """A bar on stderr with count, time spent and time left; gone when done."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=messages(),
        transient=True,
    )
