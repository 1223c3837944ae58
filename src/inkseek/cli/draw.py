"""`inkseek draw`: a folder of photos, and the page to draw on, in one go."""

from pathlib import Path
from typing import Annotated

import typer

from inkseek.cli.serve import (
    PORT,
    HostOption,
    PortOption,
    RuntimeOption,
    WatchOption,
    access,
    open_service,
    run_service,
)


def draw(
    folder: Annotated[Path, typer.Argument(help="Folder of photos; folders inside it are searched too.")],
    gallery: Annotated[
        Path | None, typer.Option(help="Gallery folder; default: FOLDER.gallery beside the folder.")
    ] = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = PORT,
    model: Annotated[
        str | None, typer.Option(help="Model folder, run folder, or `bundled`; default: the one that made the gallery.")
    ] = None,
    runtime: RuntimeOption = "onnxruntime",
    watch: WatchOption = True,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
) -> None:
    """Draw over a folder of photos: open the page at once, and bring the gallery up to date behind it."""
    from inkseek.retrieval.encoder import load_encoder
    from inkseek.retrieval.gallery import Gallery
    from inkseek.retrieval.scan import Scan
    from inkseek.service.server import open_socket

    root = Scan(folder).root
    allowed = access(host)
    place = gallery or root.with_name(f"{root.name}.gallery")
    if model is not None and Gallery.exists(place):
        Gallery.open(place, load_encoder(model, runtime).fingerprint, write=False).close()
    with open_socket(host, port) as listening:
        service = open_service([place], [root], model=model or "bundled", runtime=runtime, threads=None)
        served = service.gallery(None)
        service.start_index(served, served.allowed.index(root))
        run_service(service, listening, host, allowed, watch=watch, open_page=browser)
