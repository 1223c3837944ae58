"""Contents that occur more than once in a data set."""

from collections import defaultdict
from dataclasses import dataclass

from inkseek.data.galleries import distinct, listed_twice
from inkseek.data.manifest import Manifest, Row


@dataclass(frozen=True)
class Duplicates:
    """Pictures that are there more than once, by the hash of their content.

    Attributes:
        originals: Sketchy's original photos that its extended folder holds too; the published lists name both. They
            count as neither of the following.
        same_class: groups of equal sketches, or of equal photos, of one class.
        across: groups of equal pictures of several classes, or of both modalities.
    """

    originals: tuple[Row, ...]
    same_class: tuple[tuple[Row, ...], ...]
    across: tuple[tuple[Row, ...], ...]


def find_duplicates(manifest: Manifest) -> Duplicates:
    """Every content that several rows have."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in distinct(manifest).rows:
        groups[row.sha256].append(row)
    alike = [tuple(rows) for rows in groups.values() if len(rows) > 1]
    return Duplicates(
        originals=listed_twice(manifest),
        same_class=tuple(rows for rows in alike if len(_places(rows)) == 1),
        across=tuple(rows for rows in alike if len(_places(rows)) > 1),
    )


def _places(rows: tuple[Row, ...]) -> set[tuple[str, str]]:
    return {(row.modality, row.class_name) for row in rows}
