"""`inkseek search`: a drawing in, photos out."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from inkseek.cli.output import print_json, print_line
from inkseek.cli.terminal_pictures import shown_in, terminal_picture

if TYPE_CHECKING:
    from inkseek.retrieval.gallery import Gallery
    from inkseek.retrieval.search import SearchResult

DAY = ["%Y-%m-%d"]


def search(
    gallery: Annotated[Path, typer.Argument(help="Gallery folder that `inkseek index` made.")],
    query: Annotated[Path, typer.Argument(help="Drawing: PNG, JPEG, SVG, stroke JSON or ndjson.")],
    k: Annotated[int, typer.Option("-k", min=1, max=100_000, help="Photos wanted.")] = 10,
    photo: Annotated[bool, typer.Option("--photo", help="The query is a photo: find similar ones.")] = False,
    paths_only: Annotated[bool, typer.Option("--paths-only", help="Print paths alone, for pipes.")] = False,
    thumbnails: Annotated[
        bool, typer.Option("--thumbnails/--no-thumbnails", help="Show the photos where the terminal can.")
    ] = True,
    folder: Annotated[str | None, typer.Option(help="Only photos in this folder, as `gallery info` names it.")] = None,
    class_name: Annotated[
        list[str] | None, typer.Option("--class", help="Only of this class. Repeatable: any.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only with this tag. Repeatable: all.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=DAY, help="Only from this day on.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=DAY, help="Only up to this day.")] = None,
    model: Annotated[
        str | None, typer.Option(help="Model folder, run folder, or `bundled`; default: the one that made the gallery.")
    ] = None,
    runtime: Annotated[str, typer.Option(help="onnxruntime or openvino.")] = "onnxruntime",
    as_json: Annotated[bool, typer.Option("--json", help="Print results and timings as JSON.")] = False,
) -> None:
    """Find photos that look like a drawing."""
    from inkseek.retrieval.encoder import load_encoder
    from inkseek.retrieval.filters import Filters
    from inkseek.retrieval.gallery import Gallery
    from inkseek.retrieval.search import Searcher

    with Gallery.open(gallery, write=False) as opened:
        encoder = load_encoder(model or opened.description.source, runtime=runtime)
        searcher = Searcher(opened, encoder)
        kind: Literal["sketch", "photo"] = "photo" if photo else "sketch"
        filters = Filters(
            folder, tuple(class_name or ()), tuple(tag or ()), since and since.date(), until and until.date()
        )
        result = searcher.search_file(query, kind, k, opened.select(filters) if filters else None)
        if as_json:
            print_json(_tree(opened, query, kind, k, result))
        elif paths_only:
            for hit in result.hits:
                print_line(str(hit.path))
        else:
            protocol = shown_in() if thumbnails else None
            for hit in result.hits:
                if protocol is not None:
                    typer.echo(terminal_picture(hit.path, protocol))
                print_line(f"{hit.rank:4}  {hit.score:6.3f}  {hit.path}")
            timings = "  ".join(f"{name} {value:.1f}" for name, value in result.milliseconds.items())
            typer.echo(f"{len(opened)} photos, milliseconds: {timings}", err=True)


def _tree(gallery: "Gallery", query: Path, kind: str, k: int, result: "SearchResult") -> dict[str, Any]:
    return {
        "format": 1,
        "gallery": {
            "path": str(gallery.folder),
            "photos": len(gallery),
            "fingerprint": gallery.description.fingerprint,
        },
        "query": {"source": str(query), "kind": kind},
        "k": k,
        "milliseconds": {name: round(value, 3) for name, value in result.milliseconds.items()},
        "results": [
            {"rank": hit.rank, "id": hit.id, "path": str(hit.path), "score": hit.score, "class": hit.class_name}
            for hit in result.hits
        ],
    }
