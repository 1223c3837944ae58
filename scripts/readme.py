"""Write the generated parts of the README: its method table, and the picture at its head, `docs/picture.svg`.

    python scripts/readme.py

The table comes from each method file's own `Paper`, the picture from the drawings that the package carries. A test
compares both with what is committed.
"""

from html import escape
from pathlib import Path

from inkseek.cli.demo_drawings import drawings_folder
from inkseek.methods._base import Paper
from inkseek.registry import method_class, method_names
from inkseek.sketch.readers import read_drawing

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PICTURE = ROOT / "docs/picture.svg"

BEGIN, END = "<!-- methods -->", "<!-- /methods -->"

QUERY = "giraffe"
OTHERS = ("dolphin", "guitar", "light_bulb", "rhinoceros", "scissors", "mushroom", "ostrich", "key", "saw", "penguin")
TILES = 8
COLUMNS = 4
WIDTH, HEIGHT = 1200, 600

STYLE = """
  svg {
    --paper: #f6f5f1; --card: #ffffff; --line: #dedbd1; --ink: #1b1d22; --soft: #62656d; --accent: #3453d1;
    --sky: #e4e8f3; --hill: #b9c3e0; --back: #cdd5ea; --sun: #ffffff;
    font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  }
  @media (prefers-color-scheme: dark) {
    svg {
      --paper: #101216; --card: #181b21; --line: #2f343e; --ink: #eceef2; --soft: #a0a5b0; --accent: #9db0ff;
      --sky: #232a3d; --hill: #46547f; --back: #35405f; --sun: #5d6c9c;
    }
  }
  .paper { fill: var(--paper); } .card { fill: var(--card); stroke: var(--line); }
  .ink { fill: none; stroke: var(--ink); stroke-linecap: round; stroke-linejoin: round; }
  .title { fill: var(--ink); font-size: 24px; font-weight: 650; } .small { fill: var(--soft); font-size: 15px; }
  .badge { fill: var(--accent); } .rank { fill: var(--paper); font-size: 14px; font-weight: 650; }
  .arrow { fill: none; stroke: var(--accent); stroke-width: 4; stroke-linecap: round; stroke-linejoin: round; }
  .sky { fill: var(--sky); } .hill { fill: var(--hill); } .back { fill: var(--back); } .sun { fill: var(--sun); }
"""


def method_table() -> str:
    """Markdown table of every method, one row a file of `inkseek.methods`."""
    rows = [_row(method_class(name).paper) for name in method_names()]
    return "\n".join(("| method | what it does | source |", "|---|---|---|", *rows))


def _row(paper: Paper) -> str:
    who = ", ".join(dict.fromkeys((paper.authors, paper.venue)))
    page = f"docs/methods/{paper.method}.md"
    name = f"[`{paper.method}`]({page})" if (ROOT / page).is_file() else f"`{paper.method}`"
    return f"| {name} | {paper.summary} | {paper.title}. {who} {paper.year} |"


def with_method_table(readme: str) -> str:
    """The README with the table between its markers written anew."""
    head, _, rest = readme.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{method_table()}\n{END}{tail}"


def picture() -> str:
    """SVG: a drawing on a canvas, an arrow, ranked blank photos, and a strip of other drawings; light and dark."""
    parts = [
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="24"/>',
        _text(40, 58, "Draw it", "title"),
        _card(40, 80, 340, 340),
        _drawing(QUERY, 75, 115, 270, 3.6),
        '<path class="arrow" d="M404 250H446M432 236L446 250L432 264"/>',
        _text(472, 58, "find it", "title"),
        *(_tile(rank) for rank in range(1, TILES + 1)),
        _text(40, 470, "Drawn by hand for this project; no encoder is trained on them.", "small"),
        *(_drawing(name, 40 + 115 * place, 490, 84, 1.7) for place, name in enumerate(OTHERS)),
    ]
    label = "A drawn giraffe, an arrow, and photos ranked by how close they are"
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">\n'
        f"<style>{STYLE}</style>\n{body}\n</svg>\n"
    )


def _text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def _card(x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="card" x="{x}" y="{y}" width="{width}" height="{height}" rx="16"/>'


def _drawing(name: str, x: float, y: float, side: float, width: float) -> str:
    drawing = read_drawing(drawings_folder() / f"{name}.json")
    lines = (
        " ".join(f"{x + side * across:.1f},{y + side * down:.1f}" for across, down in stroke.points.tolist())
        for stroke in drawing.strokes
    )
    return (
        f'<g class="ink" stroke-width="{width}">' + "".join(f'<polyline points="{line}"/>' for line in lines) + "</g>"
    )


def _tile(rank: int) -> str:
    """A blank photo: hills under a sun, paler with every rank; the number, and a camera's kind of name."""
    row, column = divmod(rank - 1, COLUMNS)
    x, y, width, height = 472 + 176 * column, 80 + 176 * row, 160, 130
    crest, peak = y + 62 + 9 * (rank * 5 % 4), x + 38 + 14 * (rank * 3 % 5)
    floor = y + height
    return "".join(
        (
            f'<clipPath id="t{rank}"><rect x="{x}" y="{y}" width="{width}" height="{height}" rx="12"/></clipPath>',
            f'<g clip-path="url(#t{rank})" opacity="{1 - 0.08 * (rank - 1):.2f}">',
            f'<rect class="sky" x="{x}" y="{y}" width="{width}" height="{height}"/>',
            f'<circle class="sun" cx="{x + width - 24 - 9 * (rank % 4)}" cy="{y + 32}" r="13"/>',
            f'<path class="back" d="M{x} {floor}V{crest + 22}L{peak + 62} {crest - 8}L{x + width + 40} {floor}Z"/>',
            f'<path class="hill" d="M{x - 30} {floor}L{peak} {crest}L{peak + 84} {floor}Z"/></g>',
            f'<circle class="badge" cx="{x + 20}" cy="{y + 20}" r="12"/>',
            _text(x + 20, y + 25, str(rank), "rank", "middle"),
            _text(x, floor + 24, f"photo-{rank * rank * 137 % 900 + 100}.jpg", "small"),
        )
    )


def main() -> None:
    """Write both."""
    README.write_text(with_method_table(README.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")


if __name__ == "__main__":
    main()
