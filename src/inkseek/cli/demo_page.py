"""The demo's page: drawings and the photos they found side by side, in one HTML file that needs no other host."""

import base64
import io
from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path

from PIL import Image

from inkseek.cli.demo_results import SHOWN, DemoResult, DrawingResult, FoundPhoto, figures, hits_at
from inkseek.errors import PictureError
from inkseek.pictures.decode import open_picture
from inkseek.sketch.model import Drawing

THUMBNAIL_SIDE = 256
"""Longest side of a photo in the page, pixels."""

_QUALITY = 82
_UNITS = 100.0
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_LOGO = (
    '<svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round"><circle cx="10" cy="10" r="6.5"/>'
    '<path d="M15 15l6 6M6.5 11c1.5-3 2.6-3 3.4-1s1.7 2 3.4-1.500"/></svg>'
)
_MARK = '<svg class="mark" viewBox="0 0 16 16" aria-hidden="true"><path d="M3 8.5l3.3 3.2L13 4.7"/></svg>'


def demo_page(result: DemoResult, commands: Sequence[str]) -> str:
    """The page as HTML text.

    Drawings are inline SVG, photos are inline JPEG thumbnails; the page's own policy forbids any other source.

    Args:
        result: what the demo found.
        commands: what to type next, one command a line.
    """
    style = resources.files("inkseek").joinpath("assets", "demo", "page.css").read_text(encoding="utf-8")
    groups = (
        ("Never trained on as a sketch", [drawing for drawing in result.drawings if not drawing.seen]),
        ("Trained on as a sketch", [drawing for drawing in result.drawings if drawing.seen]),
    )
    body = "".join(_group(result, title, drawings) for title, drawings in groups if drawings)
    kind = "" if result.credit else " class=own"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>inkseek: draw it, find it</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main{kind}>\n"
        f"{_header(result)}{body}{_next(commands)}</main>\n{_footer(result)}</body>\n</html>\n"
    )


def thumbnail(path: Path) -> str:
    """A photo as a small JPEG in a data URI, transparent parts on white; empty where it can no longer be read."""
    try:
        picture = open_picture(path, target=THUMBNAIL_SIDE)
    except PictureError:
        return ""
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def drawing_svg(drawing: Drawing, label: str) -> str:
    """Strokes as inline SVG that takes the colour of the text around it."""
    lines = (
        " ".join(f"{x * _UNITS:.1f},{y * _UNITS:.1f}" for x, y in stroke.points.tolist()) for stroke in drawing.strokes
    )
    shapes = "".join(f'<polyline points="{points}"/>' for points in lines)
    return f'<svg viewBox="-2 -2 104 104" role="img" aria-label="{escape(label)}">{shapes}</svg>'


def percent(share: float) -> str:
    """A share of 1 as text: 4.8 %, 62 %."""
    return f"{100 * share:.1f} %" if 0 < share < 0.1 else f"{100 * share:.0f} %"


def _header(result: DemoResult) -> str:
    count = len(result.drawings)
    lead = (
        f"{count} drawings made by hand, searched in {result.photos} photos. "
        "No word, tag or caption takes part: strokes are compared with pixels."
    )
    tiles = [("photos in the gallery", f"{result.photos:,}"), ("median time a query", _time(result))]
    if result.judged:
        shares = figures(result.drawings, result.photos)
        tiles = [
            (f"hit@{SHOWN}: a right photo among the first {SHOWN}", percent(shares[f"hit@{SHOWN}"])),
            ("hit@1: the first photo is right", percent(shares["hit@1"])),
            (f"chance@{SHOWN}: the same for {SHOWN} random photos", percent(shares[f"chance@{SHOWN}"])),
            *tiles[1:],
        ]
        lead += " What counts as right was written down before the encoder was trained; those photos are framed."
    cells = "".join(
        f"<div{' class=first' if result.judged and not place else ''}><dt>{label}</dt><dd>{value}</dd></div>"
        for place, (label, value) in enumerate(tiles)
    )
    return (
        f'<header>\n<div class="brand">{_LOGO}inkseek</div>\n<h1>Draw it, find it.</h1>\n<p class="lead">{lead}</p>\n'
        f'<dl class="figures">{cells}</dl>\n</header>\n'
    )


def _time(result: DemoResult) -> str:
    return f"{result.median_milliseconds:.0f} ms"


def _group(result: DemoResult, title: str, drawings: Sequence[DrawingResult]) -> str:
    count = len(drawings)
    note = f"{count} drawing{'s' if count > 1 else ''}"
    if result.judged:
        note = f"{hits_at(drawings, SHOWN)} of {note} with a right photo among the first {SHOWN}"
    rows = "".join(_row(result, drawing) for drawing in drawings)
    return f'<section class="group">\n<header><h2>{title}</h2><p>{note}</p></header>\n{rows}</section>\n'


def _row(result: DemoResult, drawing: DrawingResult) -> str:
    notes = [f"{drawing.milliseconds['total']:.0f} ms"]
    if drawing.right is not None:
        notes.insert(0, f"{drawing.right} right in the gallery")
    lines = "".join(f"<p>{note}</p>" for note in notes)
    photos = "".join(_photo(result.folder, photo) for photo in drawing.photos)
    return (
        f'<article class="result">\n<div class="query">{drawing_svg(drawing.drawing, f"drawing of {drawing.name}")}'
        f"<div><h3>{escape(drawing.name)}</h3>{lines}</div></div>\n"
        f'<ol class="photos">\n{photos}</ol>\n</article>\n'
    )


def _photo(folder: Path, photo: FoundPhoto) -> str:
    mark = f'{_MARK}<span class="hidden">right</span>' if photo.right else ""
    caption = escape(photo.caption)
    return (
        f'<li{" class=right" if photo.right else ""}><img src="{thumbnail(folder / photo.path)}" alt="{caption}">{mark}'
        f'<div class="caption" title="{caption}">{caption}</div>'
        f'<div class="score">{photo.rank} · {photo.score:.3f}</div></li>\n'
    )


def _next(commands: Sequence[str]) -> str:
    lines = "".join(f"<code>{escape(command)}</code>" for command in commands)
    return (
        '<section class="next">\n<h2>Type next</h2>\n<p>Search the same photos again, or a folder of your own. '
        f"A sketch may be PNG, JPEG, SVG or stroke JSON.</p>\n<pre>{lines}</pre>\n</section>\n"
    )


def _footer(result: DemoResult) -> str:
    credit = f"<p>Photos: {escape(result.credit)}</p>\n" if result.credit else ""
    return (
        f"<footer>\n{credit}<p>Encoder: {escape(result.model)} on {escape(result.runtime)}, "
        f"fingerprint {escape(result.fingerprint[:12])}. The number under a photo is its rank and score "
        "(cosine; higher is closer).</p>\n</footer>\n"
    )
