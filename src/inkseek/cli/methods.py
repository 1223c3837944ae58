"""`inkseek methods`: what can be trained, from each method file's own `Paper`."""

from dataclasses import asdict
from typing import Annotated

import typer

from inkseek.cli.output import print_json


def methods(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the methods that can be trained."""
    from inkseek.cli.extras import needs_train

    needs_train()
    from inkseek.registry import method_class, method_names

    papers = [method_class(name).paper for name in method_names()]
    if as_json:
        print_json({"format": 1, "methods": [asdict(paper) for paper in papers]})
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("method", "what it does", "source")
    for paper in papers:
        table.add_row(paper.method, paper.summary, f"{paper.authors}, {paper.venue} {paper.year}")
    Console().print(table)
