"""HTML in small pieces. Words of users, names of files and classes, pass `text`; figures and our own words need not."""

from collections.abc import Sequence
from html import escape


def text(words: str) -> str:
    """Words of a user as HTML; what a file name holds beside UTF-8 becomes a question mark."""
    return escape(words.encode("utf-8", "replace").decode("utf-8"))


def percent(share: float) -> str:
    """A share of 1 as text: 4.8 %, 62 %."""
    return f"{100 * share:.1f} %" if 0 < share < 0.1 else f"{100 * share:.0f} %"


def plural(count: int, word: str, words: str = "") -> str:
    """A number with its noun: 1 class, 1,250 classes."""
    return f"{count:,} {word if count == 1 else words or word + 's'}"


def hidden(words: str) -> str:
    """Words for those who listen to the page."""
    return f'<span class="hidden">{words}</span>'


def section(anchor: str, title: str, lead: str, content: str) -> str:
    """A part of the page under a heading; `lead` says what is in it."""
    return (
        f'<section id="{anchor}" aria-labelledby="{anchor}-title">\n<h2 id="{anchor}-title">{title}</h2>\n'
        f'<p class="about">{lead}</p>\n{content}</section>\n'
    )


def figure(title: str, content: str, *, note: str = "", kind: str = "") -> str:
    """A card with a picture or a table of something."""
    about = f"<p>{note}</p>" if note else ""
    return f'<figure class="card {kind}">\n<figcaption><h3>{title}</h3>{about}</figcaption>\n{content}</figure>\n'


def details(summary: str, content: str) -> str:
    """Something that opens on demand; it works without a script."""
    return f"<details>\n<summary>{summary}</summary>\n{content}</details>\n"


def scroll_box(label: str, content: str) -> str:
    """A box that scrolls sideways on its own, by keyboard too, so that the page never does."""
    return f'<div class="scroll" role="region" aria-label="{label}" tabindex="0">\n{content}</div>\n'


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, kind: str = "") -> str:
    """A table in a box of its own; the first cell of a row is the row's heading, the others are figures.

    Args:
        caption: what it shows, as plain HTML without a quotation mark.
        head: titles of the columns.
        rows: cells as HTML.
        kind: class names for the style sheet.
    """
    titles = "".join(f'<th scope="col">{title}</th>' for title in head)
    lines = "".join(
        f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\n"
        for first, *cells in rows
    )
    return scroll_box(
        caption,
        f'<table class="{kind}">\n<caption>{caption}</caption>\n<thead><tr>{titles}</tr></thead>\n'
        f"<tbody>\n{lines}</tbody>\n</table>\n",
    )
