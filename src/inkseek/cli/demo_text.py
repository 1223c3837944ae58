"""The demo's results as lines for a terminal, and as the tree that `--json` prints."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from inkseek.cli.demo_results import SHOWN, DemoResult, DrawingResult, FoundPhoto, figures

_CAPTION_WIDTH = 64


def result_lines(result: DemoResult) -> Iterator[str]:
    """Every drawing with its photos, then the figures of all of them."""
    for drawing in result.drawings:
        yield _title(drawing)
        yield from map(_photo_line, drawing.photos)
        yield ""
    if result.judged:
        yield from _figure_lines(result)
    yield f"median time a query: {result.median_milliseconds:.1f} ms, drawing to ranking, over {result.photos} photos"


def result_tree(result: DemoResult, page: Path) -> dict[str, Any]:
    """Everything that was found as plain values, format 1."""
    return {
        "format": 1,
        "model": {"name": result.model, "fingerprint": result.fingerprint, "runtime": result.runtime},
        "gallery": {"path": str(result.gallery), "folder": str(result.folder), "photos": result.photos},
        "page": str(page),
        "figures": figures(result.drawings, result.photos) if result.judged else None,
        "median_milliseconds": result.median_milliseconds,
        "drawings": [_drawing_tree(drawing) for drawing in result.drawings],
    }


def _title(drawing: DrawingResult) -> str:
    trained = "trained on as a sketch" if drawing.seen else "never trained on as a sketch"
    return f"{typer.style(drawing.name, bold=True)} · {trained} · {drawing.milliseconds['total']:.1f} ms"


def _photo_line(photo: FoundPhoto) -> str:
    caption = textwrap.shorten(photo.caption, _CAPTION_WIDTH, placeholder=" …")
    if photo.right:
        return f"  {photo.rank}  {photo.score:.3f}  " + typer.style(f"✓ {caption}", fg=typer.colors.GREEN)
    return f"  {photo.rank}  {photo.score:.3f}    {caption}"


def _figure_lines(result: DemoResult) -> Iterator[str]:
    shares = figures(result.drawings, result.photos)
    times = shares[f"hit@{SHOWN}"] / shares[f"chance@{SHOWN}"] if shares[f"chance@{SHOWN}"] else 0.0
    yield _shares_line(shares) + f"  ({len(result.drawings)} drawings; hit@{SHOWN} is {times:.1f} times chance)"
    unseen = [drawing for drawing in result.drawings if not drawing.seen]
    if 0 < len(unseen) < len(result.drawings):
        yield _shares_line(figures(unseen, result.photos)) + f"  ({len(unseen)} never trained on as a sketch)"


def _shares_line(shares: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.3f}" for name, value in shares.items())


def _drawing_tree(drawing: DrawingResult) -> dict[str, Any]:
    return {
        "name": drawing.name,
        "class": drawing.class_name,
        "seen_in_training": drawing.seen,
        "right_in_gallery": drawing.right,
        "milliseconds": drawing.milliseconds,
        "results": [
            {
                "rank": photo.rank,
                "id": photo.id,
                "path": photo.path,
                "caption": photo.caption,
                "score": photo.score,
                "right": photo.right,
            }
            for photo in drawing.photos
        ],
    }
