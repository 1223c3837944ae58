"""`inkseek index`: a folder of photos into a gallery."""

from pathlib import Path
from typing import Annotated

import typer

from inkseek.cli.output import messages, print_json, progress_bar


def index(
    folder: Annotated[Path, typer.Argument(help="Folder of photos; folders inside it are searched too.")],
    gallery: Annotated[Path, typer.Option(help="Gallery folder; made if it does not exist.")],
    exclude: Annotated[
        list[str] | None, typer.Option(help="Glob of files or folders to leave out. Repeatable.")
    ] = None,
    model: Annotated[str, typer.Option(help="Model folder, run folder, or `bundled`.")] = "bundled",
    runtime: Annotated[str, typer.Option(help="onnxruntime or openvino.")] = "onnxruntime",
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Add a folder of photos to a gallery; later calls read only what changed."""
    from inkseek.retrieval.embedding import index_folder, open_or_create_gallery
    from inkseek.retrieval.encoder import load_encoder
    from inkseek.retrieval.scan import Scan

    Scan(folder)  # a missing folder is refused before a gallery is made
    encoder = load_encoder(model, runtime=runtime)
    encoder.open()
    with open_or_create_gallery(gallery, encoder) as opened:
        with progress_bar() as bar:
            task = bar.add_task("index", total=None, note="")
            report = index_folder(
                opened,
                folder,
                encoder,
                exclude=exclude or [],
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        photos = len(opened)
        bad = [(entry.path, entry.detail) for entry in opened.bad()]
    say = messages()
    for path, detail in bad:
        say.print(f"skipped {path}: {detail}", markup=False, soft_wrap=True)
    if as_json:
        print_json({"format": 1, "gallery": str(gallery), "photos": photos, "report": report.to_json()})
        return
    say.print(
        f"{gallery}: {photos} photos; {report.added} added, {report.changed} changed, {report.renamed} renamed, "
        f"{report.removed} removed, {report.unchanged} unchanged, {len(bad)} skipped; {report.seconds:.1f} s",
        markup=False,
        soft_wrap=True,
    )
