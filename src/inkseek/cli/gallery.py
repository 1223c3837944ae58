"""`inkseek gallery`: what a gallery holds, taking pictures out of it, and keeping it in order."""

from pathlib import Path
from typing import Annotated

import typer

from inkseek.cli.gallery_care import compact, verify
from inkseek.cli.gallery_export import export
from inkseek.cli.gallery_info import info
from inkseek.cli.gallery_reindex import reindex
from inkseek.cli.output import messages, print_json

gallery_app = typer.Typer(
    help="Look after a gallery: info, remove, tag, untag, verify, compact, export, reindex.", no_args_is_help=True
)

GalleryArgument = Annotated[Path, typer.Argument(help="Gallery folder.")]
PatternsArgument = Annotated[list[str], typer.Argument(help="Paths, folders or quoted globs, as search prints them.")]
TagArgument = Annotated[str, typer.Argument(help="A word or a line.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@gallery_app.command()
def remove(gallery: GalleryArgument, patterns: PatternsArgument, as_json: JsonOption = False) -> None:
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


@gallery_app.command()
def tag(gallery: GalleryArgument, tag: TagArgument, patterns: PatternsArgument, as_json: JsonOption = False) -> None:
    """Give pictures a tag, by which searches can be narrowed."""
    from inkseek.retrieval.gallery import Gallery
    from inkseek.retrieval.tags import tag_pictures

    with Gallery.open(gallery) as opened:
        tagged = tag_pictures(opened, tag, patterns)
    if as_json:
        print_json({"format": 1, "gallery": str(gallery), "tag": tag.strip(), "tagged": tagged})
    else:
        messages().print(f"{tagged} tagged {tag.strip()}", markup=False)


@gallery_app.command()
def untag(gallery: GalleryArgument, tag: TagArgument, patterns: PatternsArgument, as_json: JsonOption = False) -> None:
    """Take a tag from pictures."""
    from inkseek.retrieval.gallery import Gallery
    from inkseek.retrieval.tags import untag_pictures

    with Gallery.open(gallery) as opened:
        untagged = untag_pictures(opened, tag, patterns)
    if as_json:
        print_json({"format": 1, "gallery": str(gallery), "tag": tag.strip(), "untagged": untagged})
    else:
        messages().print(f"{untagged} no longer tagged {tag.strip()}", markup=False)


gallery_app.command()(info)
gallery_app.command()(verify)
gallery_app.command()(compact)
gallery_app.command()(export)
gallery_app.command()(reindex)
