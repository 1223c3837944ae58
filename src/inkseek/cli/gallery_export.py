"""`inkseek gallery export`: vectors and facts as plain files."""

from pathlib import Path
from typing import Annotated

import typer

from inkseek.cli.output import messages, print_json


def export(
    gallery: Annotated[Path, typer.Argument(help="Gallery folder.")],
    target: Annotated[Path, typer.Argument(help="New folder for features.npy, pictures.jsonl and gallery.json.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write vectors and facts to a folder: row i of features.npy is line i of pictures.jsonl."""
    from inkseek.retrieval.exporting import export_gallery
    from inkseek.retrieval.gallery import Gallery

    with Gallery.open(gallery, write=False) as opened:
        photos = export_gallery(opened, target)
    if as_json:
        print_json({"format": 1, "gallery": str(gallery), "folder": str(target), "photos": photos})
    else:
        messages().print(f"{target}: {photos} photos", markup=False, soft_wrap=True)
