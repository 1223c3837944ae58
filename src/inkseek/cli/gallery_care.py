"""`inkseek gallery verify` and `compact`: is a gallery whole, and no larger than it must be."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from inkseek.cli.output import messages, print_json, print_line, progress_bar


def verify(
    gallery: Annotated[Path, typer.Argument(help="Gallery folder.")],
    files: Annotated[bool, typer.Option("--files", help="Read every photo on disk too and compare it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look for damage, and say what to do about it. Exit code 0: none; 1: found; 2: no gallery to look at."""
    from inkseek.retrieval.checking import verify as find_damage

    with progress_bar() as bar:
        task = bar.add_task("verify", total=None, note="")
        found = list(
            find_damage(
                gallery, files=files, progress=lambda done, total: bar.update(task, completed=done, total=total)
            )
        )
    if as_json:
        tree = {
            "format": 1,
            "gallery": str(gallery),
            "files": files,
            "findings": [asdict(finding) for finding in found],
        }
        print_json(tree)
    else:
        for finding in found:
            print_line(f"{finding.subject}: {finding.fault}; {finding.remedy}")
        count = f"findings: {len(found)}" if found else "no damage found"
        messages().print(f"{gallery}: {count}", markup=False, soft_wrap=True)
    if found:
        raise typer.Exit(1)


def compact(
    gallery: Annotated[Path, typer.Argument(help="Gallery folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Give the disk back what removed pictures took; searches go on meanwhile."""
    from inkseek.retrieval.compaction import compact as compact_gallery
    from inkseek.retrieval.gallery import Gallery

    with Gallery.open(gallery) as opened:
        done = compact_gallery(opened)
    if as_json:
        print_json({"format": 1, "gallery": str(gallery), **asdict(done)})
        return
    later = "; the file shrinks when those who read it now have finished" if done.readers else ""
    messages().print(f"{gallery}: {done.before} bytes before, {done.after} after{later}", markup=False, soft_wrap=True)
