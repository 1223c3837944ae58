"""Where a verb's words go: results to stdout, everything else to stderr."""

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


def print_json(tree: Mapping[str, Any]) -> None:
    """The one thing on stdout under `--json`, in UTF-8 whatever the locale."""
    text = json.dumps(tree, indent=2, ensure_ascii=False, allow_nan=False)
    # A file name that is no UTF-8 reaches Python as lone surrogates; their backslash form is JSON's own escape.
    typer.echo(text.encode("utf-8", "backslashreplace"))


def print_line(text: str) -> None:
    """A line on stdout; a path in it keeps the bytes that it has on disk."""
    typer.echo(os.fsencode(text))


def messages() -> "Console":
    """A console on stderr."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def progress_bar() -> "Progress":
    """A bar on stderr with count, rate, time spent and time left; gone when done, and only where someone sees it."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.0f}/s" if task.speed else "")

    console = messages()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        transient=True,
        disable=not console.is_interactive,
    )


class Steps:
    """A bar on a terminal, a line for each step elsewhere."""

    def __init__(self) -> None:
        self.bar = progress_bar()
        self._task = self.bar.add_task("", total=None, note="")
        self._doing = ""

    def __call__(self, doing: str, done: int, total: int | None) -> None:
        """Show how far a step is."""
        if doing != self._doing and not self.bar.console.is_terminal:
            self.bar.console.print(f"{doing} ...", markup=False)
        self._doing = doing
        self.bar.update(self._task, description=doing, completed=done, total=total)
