"""What `inkseek data verify` found, for a person to read."""

import textwrap

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from inkseek.data.counts import Total
from inkseek.data.datasets import DATA_SETS
from inkseek.data.findings import Finding, number_of
from inkseek.data.verify import Verification

_EXAMPLES = 3
_LONGEST = 200
_INDENT = 7
_PHOTOS = {
    "both": "photos",
    "originals": "photos (original ones)",
    "extended": "photos (extended folder)",
}


def print_verification(verification: Verification) -> None:
    """Print what the data set is, its counts, every finding with the first few cases, and the verdict."""
    console = Console(highlight=False)
    console.print(_text(f"{verification.root}: {_title(verification)}", "bold"), soft_wrap=True)
    console.print(_counts(verification))
    for finding in verification.findings:
        _print_finding(console, finding)
    console.print(_verdict(verification), soft_wrap=True)


def _title(verification: Verification) -> str:
    if verification.strokes:
        return "strokes of Quick, Draw!"
    title = DATA_SETS[verification.name].title if verification.name else "no published data set"
    return f"{title}, layout {verification.layout}"


def _counts(verification: Verification) -> Table:
    counts, compared = verification.counts, verification.against is not None
    table = Table("", Column("found", justify="right"), box=None, pad_edge=False, padding=(0, 2, 0, 0))
    here = sum(bool(pictures.sketches or pictures.photos) for pictures in counts.classes)
    rows = [("classes", Total(here - len(counts.extra), len(counts.classes) - len(counts.extra), True))]
    rows += [("sketches", counts.sketches), (_PHOTOS[counts.photo_folders], counts.photos)]
    if compared:
        table.add_column("published", justify="right")
    for name, total in rows:
        published = [] if not compared else [f"{total.published:,}" if total.published is not None else "-"]
        table.add_row(name, f"{total.found:,}", *published)
    return table


def _print_finding(console: Console, finding: Finding) -> None:
    label, style = ("FAULT", "bold red") if finding.fault else ("note", "yellow")
    console.print()
    console.print(Text.assemble((label.ljust(_INDENT), style), _text(finding.title, "bold")), soft_wrap=True)
    for item in finding.items[:_EXAMPLES]:
        short = item if len(item) <= _LONGEST else f"{item[:_LONGEST]} ..."
        console.print(_text(" " * _INDENT + short), soft_wrap=True)
    if len(finding.items) > _EXAMPLES:
        console.print(_text(f"{' ' * _INDENT}... and {len(finding.items) - _EXAMPLES:,} more"))
    console.print(_text(indented(f"-> {finding.remedy}", console.width), "italic"))


def indented(text: str, width: int, indent: int = _INDENT) -> str:
    """Text in lines of at most `width` columns, each of them indented."""
    margin = " " * indent
    return textwrap.fill(
        text, width, initial_indent=margin, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False
    )


def _verdict(verification: Verification) -> Text:
    faults = sum(finding.fault for finding in verification.findings)
    notes = number_of(len(verification.findings) - faults, "note", "notes")
    looked = "only headers of pictures were looked at" if verification.quick else "every file was read"
    if faults:
        state = f"not as published: {number_of(faults, 'fault', 'faults')}"
        if verification.against is None:
            state = number_of(faults, "fault", "faults")
        return Text.assemble("\n", (state, "bold red"), f", {notes}; {looked}")
    state = "as published" if verification.against else "no fault"
    return Text.assemble("\n", (state, "bold green"), f", {notes}; {looked}")


def _text(words: str, style: str = "") -> Text:
    """Words for a terminal; a file name in them may be no UTF-8."""
    return Text(words.encode("utf-8", "backslashreplace").decode("utf-8"), style)
