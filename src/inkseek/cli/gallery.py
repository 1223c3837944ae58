"""`inkseek gallery`: what a gallery holds, and taking pictures out of it."""

from pathlib import Path
from typing import Annotated

import typer

from inkseek.cli.output import messages, print_json, print_line

gallery_app = typer.Typer(help="Look after a gallery: info, remove.", no_args_is_help=True)

GalleryArgument = Annotated[Path, typer.Argument(help="Gallery folder.")]


@gallery_app.command()
def info(
    gallery: GalleryArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a gallery holds: photos, encoder, files that could not be read."""
    from inkseek.retrieval.gallery import Gallery

    with Gallery.open(gallery) as opened:
        description = opened.description
        bad = [{"path": str(entry.path), "fault": entry.fault.value, "detail": entry.detail} for entry in opened.bad()]
        photos = len(opened)
    if as_json:
        print_json(
            {
                "format": 1,
                "gallery": {"path": str(gallery), "photos": photos, "fingerprint": description.fingerprint},
                "model": {"name": description.model, "source": description.source, "dimension": description.dimension},
                "skipped": bad,
            }
        )
        return
    typer.echo(f"photos   {photos}")
    typer.echo(f"encoder  {description.model} ({description.dimension}-d, fingerprint {description.fingerprint[:12]})")
    typer.echo(f"skipped  {len(bad)}")
    for entry in bad:
        print_line(f"  {entry['path']}: {entry['detail']}")


@gallery_app.command()
def remove(
    gallery: GalleryArgument,
    patterns: Annotated[list[str], typer.Argument(help="Paths, folders or quoted globs, as search prints them.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Take pictures out of a gallery; the files themselves stay."""
    from inkseek.retrieval.gallery import Gallery
    from inkseek.retrieval.removal import remove_pictures

    with Gallery.open(gallery) as opened:
        removed = remove_pictures(opened, patterns)
        photos = len(opened)
    if as_json:
        print_json({"format": 1, "gallery": str(gallery), "removed": removed, "photos": photos})
    else:
        messages().print(f"{removed} removed, {photos} photos left", markup=False)
