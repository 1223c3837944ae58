"""What a class name means, as numbers: its WordNet relation to the 1,000 classes of ImageNet."""

from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkseek.data.classes import class_key

_TABLE = "imagenet_relation_sketchy125.npz"


def imagenet_relation(class_names: Sequence[str]) -> NDArray[np.float32]:
    """Rows `a_y` of the packaged table for Sketchy's 125 classes, float32 [c, 1000] in [0, 1]; zero where unknown.

    1: same synset, or one above the other; 1/3, 1/4: WordNet path similarity; 0: not related. `tables/SOURCES.md`
    states the source.
    """
    positions, relation = _table()
    rows = np.zeros((len(class_names), relation.shape[1]), dtype=np.float32)
    for row, name in zip(rows, class_names, strict=True):
        position = positions.get(class_key(name))
        if position is not None:
            row[:] = relation[position]
    return rows


@cache
def _table() -> tuple[dict[str, int], NDArray[np.float32]]:
    with (
        resources.as_file(resources.files("inkseek.data").joinpath("tables", _TABLE)) as file,
        np.load(file, allow_pickle=False) as table,
    ):
        names = [str(name) for name in table["names"]]
        return {class_key(name): position for position, name in enumerate(names)}, table["relation"]


def save_relation(
    file: Path, class_synsets: dict[str, list[str]], imagenet_synsets: Sequence[str], relation: NDArray[np.float32]
) -> None:
    """Write a relation table: `names`, their `synsets` (joined by spaces), `imagenet` synsets and `relation`."""
    np.savez_compressed(
        file,
        names=np.array(list(class_synsets)),
        synsets=np.array([" ".join(synsets) for synsets in class_synsets.values()]),
        imagenet=np.array(imagenet_synsets),
        relation=relation,
    )
