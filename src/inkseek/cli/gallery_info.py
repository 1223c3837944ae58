"""`inkseek gallery info`: what a gallery holds."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkseek.cli.output import print_json, print_line

if TYPE_CHECKING:
    from inkseek.retrieval.facets import Facet, Facets
    from inkseek.retrieval.gallery import Gallery

SHOWN = 10
"""Classes, tags and folders that are printed; `--json` has more of them."""


def info(
    gallery: Annotated[Path, typer.Argument(help="Gallery folder.")],
    recall: Annotated[
        bool, typer.Option("--recall", help="Measure what the packed index finds of what the exact one finds.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a gallery holds: photos, encoder, folders, classes, tags, days, files that could not be read."""
    from inkseek.retrieval.facets import facets
    from inkseek.retrieval.gallery import Gallery
    from inkseek.retrieval.recall import packed_recall

    with Gallery.open(gallery, write=False) as opened:
        tree = _tree(opened, facets(opened))
        if recall:
            tree["packed_recall_at_10"] = round(packed_recall(opened), 4)
    if as_json:
        print_json(tree)
        return
    _print(tree)


def _tree(gallery: "Gallery", found: "Facets") -> dict[str, Any]:
    from inkseek.retrieval.migrations import format_of

    description = gallery.description
    roots = gallery.folders()
    return {
        "format": 1,
        "gallery": {
            "path": str(gallery.folder),
            "photos": len(gallery),
            "fingerprint": description.fingerprint,
            "format": format_of(gallery.connection),
            "bytes": sum(file.stat().st_size for file in gallery.folder.iterdir() if file.is_file()),
            "index": _index_state(gallery),
        },
        "model": {"name": description.model, "source": description.source, "dimension": description.dimension},
        "indexed": [{"path": str(root.path), "name": root.name, "exclude": root.exclude} for root in roots],
        "folders": _counts(found.folders),
        "classes": _counts(found.classes),
        "tags": _counts(found.tags),
        "days": {"first": found.first and found.first.isoformat(), "last": found.last and found.last.isoformat()},
        "skipped": [
            {"path": str(entry.path), "fault": entry.fault.value, "detail": entry.detail} for entry in gallery.bad()
        ],
    }


def _counts(found: "Sequence[Facet]") -> list[dict[str, Any]]:
    return [{"name": facet.name, "photos": facet.photos} for facet in found]


def _index_state(gallery: "Gallery") -> str:
    from inkseek.retrieval.index_cache import VECTORS, is_fresh

    if is_fresh(gallery):
        return "fresh"
    return "out of date" if (gallery.folder / VECTORS).exists() else "none"


def _print(tree: dict[str, Any]) -> None:
    gallery, model, days = tree["gallery"], tree["model"], tree["days"]
    print_line(f"photos   {gallery['photos']}")
    print_line(f"encoder  {model['name']} ({model['dimension']}-d, fingerprint {gallery['fingerprint'][:12]})")
    print_line(f"on disk  {gallery['bytes'] / 1e6:.1f} MB, format {gallery['format']}, index {gallery['index']}")
    for root in tree["indexed"]:
        exclude = f" without {' '.join(root['exclude'])}" if root["exclude"] else ""
        print_line(f"indexed  {root['path']}{exclude}")
    for kind in ("folders", "classes", "tags"):
        if tree[kind]:
            print_line(f"{kind:8} {_listed(tree[kind])}")
    if days["first"]:
        print_line(f"days     {days['first']} to {days['last']}")
    if "packed_recall_at_10" in tree:
        print_line(f"packed   recall@10 {tree['packed_recall_at_10']:.3f} of the exact index, photos as queries")
    print_line(f"skipped  {len(tree['skipped'])}")
    for entry in tree["skipped"]:
        print_line(f"  {entry['path']}: {entry['detail']}")


def _listed(counts: list[dict[str, Any]]) -> str:
    most = sorted(counts, key=lambda count: -count["photos"])[:SHOWN]
    more = f" and {len(counts) - SHOWN} more" if len(counts) > SHOWN else ""
    return ", ".join(f"{count['name']} ({count['photos']})" for count in most) + more
