"""`inkseek soup`: the mean of several finished runs as one encoder."""

from pathlib import Path
from typing import Annotated

import typer

from inkseek.cli.output import messages, print_json


def soup(
    runs: Annotated[list[Path], typer.Argument(help="Finished run folders of one split and one backbone.")],
    out: Annotated[Path, typer.Option(help="Run folder to write.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="normalisation.ridge=3.0, training.norm_batches=100, data.root=DIR. Repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run's folder and figures as JSON.")] = False,
) -> None:
    """Average the weights of finished runs into one encoder (a model soup)."""
    from inkseek.cli.extras import needs_train

    needs_train()
    from inkseek.cli.train import Bar
    from inkseek.training.folder import last_figures
    from inkseek.training.soup import make_soup

    bar = Bar()
    with bar.progress:
        model = make_soup(runs, settings or [], out, bar)
    if as_json:
        print_json({"format": 1, "run": str(out), "model": str(model), "figures": last_figures(out)})
    else:
        messages().print(
            f"model: {model}\nmeasure it: inkseek evaluate {out} --data DIR --split NAME", markup=False, soft_wrap=True
        )
