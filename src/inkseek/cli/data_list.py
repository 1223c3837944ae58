"""The published data sets and splits, as a table and as JSON."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from inkseek.data.datasets import DATA_SETS
from inkseek.data.sizes import split_size
from inkseek.data.splits import named_split

if TYPE_CHECKING:
    from rich.table import Column

_PARTS = {
    "sketchy": ("sketchy",),
    "tuberlin": ("tuberlin --out DIR", "tuberlin-photos"),
    "quickdraw": ("quickdraw-extended", "quickdraw --split quickdraw --out DIR (strokes)"),
}
"""What `inkseek data get` is asked for."""

_SIZES = (
    "queries, gallery: published sketches and photos of the unseen classes. The lists of Sketchy name its 12,500 "
    "original photos twice; its extended folder alone holds every photo once."
)


def list_tree() -> dict[str, Any]:
    """Data sets with their splits: format 1."""
    return {
        "format": 1,
        "data_sets": [
            {
                "name": facts.name,
                "title": facts.title,
                "classes": len(facts.class_names),
                "sketches": facts.sketches,
                "photos": facts.photos,
                "source": facts.source,
                "obtain": facts.obtain,
                "splits": [_split_tree(split) for split in facts.splits],
            }
            for facts in DATA_SETS.values()
        ],
    }


def _split_tree(name: str) -> dict[str, Any]:
    split = named_split(name)
    return {"name": name, "seen": len(split.seen), "unseen": len(split.unseen), **asdict(split_size(name))}


def print_list() -> None:
    """Print each data set with its source, and a table of the splits."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from inkseek.cli.data_summary import indented

    console = Console(highlight=False)
    splits = Table("split", *map(_right, ("classes seen", "unseen", "queries", "gallery", "extended only")))
    for facts in DATA_SETS.values():
        numbers = f"{len(facts.class_names)} classes, {facts.sketches:,} sketches, {facts.photos:,} photos"
        console.print(Text(f"{facts.name}: {facts.title}, {numbers}", style="bold"))
        for line in (facts.source, *(f"inkseek data get {part}" for part in _PARTS[facts.name])):
            console.print(Text(indented(line, console.width, 4)))
        console.print()
        for name in facts.splits:
            tree = _split_tree(name)
            sizes = (tree[key] for key in ("seen", "unseen", "queries", "gallery", "extended_gallery"))
            splits.add_row(name, *("-" if size is None else f"{size:,}" for size in sizes))
    console.print(splits)
    console.print(Text(indented(_SIZES, console.width, 0)))


def _right(heading: str) -> "Column":
    from rich.table import Column

    return Column(heading, justify="right")
