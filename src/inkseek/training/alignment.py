"""Which photo a sketch was drawn from, as Sketchy's file names tell.

`n02691156_10151-3.png` is the third sketch of `n02691156_10151.jpg`, in the class folder of the same name.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkseek.data.galleries import RENAMED
from inkseek.data.manifest import Row

_SKETCH = re.compile(r"(n\d{8}_\d+)-\d+\.\w+")


def drawn_from(sketches: Sequence[Row], photos: Sequence[Row]) -> NDArray[np.int64]:
    """Position in `photos` of the photo that each sketch was drawn from, -1 where there is none.

    The two are of one source and one class.
    """
    places = {(row.source, row.class_name, _stem(row)): position for position, row in enumerate(photos)}
    return np.array(
        [
            places.get((row.source, row.class_name, found[1]), -1) if (found := _SKETCH.fullmatch(_name(row))) else -1
            for row in sketches
        ],
        dtype=np.int64,
    )


def _stem(photo: Row) -> str:
    name = _name(photo)
    return RENAMED.get((photo.class_name, name), name).rpartition(".")[0]


def _name(row: Row) -> str:
    return row.path.rpartition("/")[2]
