"""`inkseek demo`: hand-made drawings against real photos, printed and as a page."""

from pathlib import Path
from typing import Annotated

import typer

from inkseek.cli.output import messages, print_json


def demo(
    photos: Annotated[
        Path | None, typer.Option(help="Search this folder of photos; without it a gallery is fetched once.")
    ] = None,
    model: Annotated[str, typer.Option(help="Model folder, run folder, or `bundled`.")] = "bundled",
    out: Annotated[Path, typer.Option(help="Folder to write the page into.")] = Path("inkseek-demo"),
    as_json: Annotated[bool, typer.Option("--json", help="Print results and figures as JSON.")] = False,
) -> None:
    """Search real photos with the drawings that inkseek carries, and write a page of what was found."""
    from inkseek.cli.demo_run import next_commands, run_demo, write_page
    from inkseek.cli.demo_text import result_lines, result_tree

    result = run_demo(photos, model)
    commands = next_commands(result, model)
    page = write_page(result, out, commands)
    if as_json:
        print_json(result_tree(result, page))
    else:
        for line in result_lines(result):
            typer.echo(line)
    messages().print(f"\npage: {page}\n\ntype next:", markup=False, soft_wrap=True)
    for command in commands:
        messages().print(f"  {command}", markup=False, soft_wrap=True)
