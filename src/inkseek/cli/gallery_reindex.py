"""`inkseek gallery reindex`: every vector anew, with another encoder."""

from pathlib import Path
from typing import Annotated

import typer

from inkseek.cli.output import messages, print_json, progress_bar


def reindex(
    gallery: Annotated[Path, typer.Argument(help="Gallery folder.")],
    model: Annotated[str, typer.Option(help="Model folder, run folder, or `bundled`: the new encoder.")] = "bundled",
    runtime: Annotated[str, typer.Option(help="onnxruntime or openvino.")] = "onnxruntime",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Bring a gallery to another encoder; ids, tags and folders stay, and searches go on until the end."""
    from inkseek.retrieval.encoder import load_encoder
    from inkseek.retrieval.gallery import Gallery
    from inkseek.retrieval.reindex import reindex as reindex_gallery

    encoder = load_encoder(model, runtime)
    encoder.open()
    with Gallery.open(gallery) as opened, progress_bar() as bar:
        task = bar.add_task("re-index", total=None, note="")
        report = reindex_gallery(
            opened, encoder, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    if as_json:
        print_json({"format": 1, "gallery": str(gallery), "model": encoder.config.name, "report": report.to_json()})
        return
    kept = f", {report.kept} were already" if report.kept else ""
    lost = f"; {report.lost} could not be read as they were, index their folder again" if report.lost else ""
    messages().print(
        f"{gallery}: {report.encoded} photos encoded with {encoder.config.name}{kept}{lost}; {report.seconds:.1f} s",
        markup=False,
        soft_wrap=True,
    )
