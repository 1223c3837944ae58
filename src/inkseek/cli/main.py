"""The `inkseek` command. Verbs import what they need when they run, so that help is instant."""

import sys
from pathlib import Path
from typing import Annotated

import typer

import inkseek
from inkseek.cli.compare import compare
from inkseek.cli.data import data_app
from inkseek.cli.demo import demo
from inkseek.cli.draw import draw
from inkseek.cli.evaluate import evaluate
from inkseek.cli.export import export
from inkseek.cli.gallery import gallery_app
from inkseek.cli.index import index
from inkseek.cli.methods import methods
from inkseek.cli.report import report
from inkseek.cli.search import search
from inkseek.cli.serve import serve
from inkseek.cli.soup import soup
from inkseek.cli.train import train
from inkseek.cli.weights import weights_app
from inkseek.errors import InkseekError

CARD = Path(inkseek.__file__).parent / "assets" / "bundled" / "README.md"
"""Terms and figures of the bundled weights."""

TERMS = f"""\
code: Apache-2.0
bundled weights: Apache-2.0, trained on research-only pictures; terms and figures in {CARD}
photos: inkseek ships none; what `demo` fetches (tuxpaint-stamps-default) is GPL-2"""

app = typer.Typer(
    name="inkseek",
    help="Draw it, find it: search photos with a free-hand sketch, also of things never seen in training.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"inkseek {version('inkseek')}\n{TERMS}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Version; terms of weights and data."),
    ] = False,
) -> None:
    """Draw it, find it: search photos with a free-hand sketch, also of things never seen in training."""


app.command()(draw)
app.command()(search)
app.command()(index)
app.command()(serve)
app.add_typer(gallery_app, name="gallery")
app.add_typer(data_app, name="data")
app.command()(demo)
app.command()(train)
app.command()(soup)
app.command()(export)
app.command()(evaluate)
app.command()(report)
app.command()(compare)
app.command()(methods)
app.add_typer(weights_app, name="weights")


def run() -> None:
    """Entry point: one sentence and exit code 2 for what a user can mend, a traceback for anything else."""
    try:
        app()
    except InkseekError as error:
        # One line, though the words of a library in it may be several.
        sentence = " ".join(line.strip() for line in str(error).splitlines())
        typer.echo(f"inkseek: {sentence}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    run()
