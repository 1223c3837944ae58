"""A gallery as plain files: vectors for NumPy, facts for anything that reads JSON.

`features.npy`   float16 [n, d], unit rows, by rising id; no pickle
`pictures.jsonl` n lines of JSON in the same order: id, path, folder, size, mtime_ns, taken, width, height, sha256
                 (hexadecimal), class, tags; ASCII, and a byte of a path that is no UTF-8 is a lone surrogate
`gallery.json`   format of the export, count, and the encoder whose vectors they are
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from inkseek.atomic import replacing
from inkseek.errors import GalleryError
from inkseek.retrieval.gallery import VECTOR, Gallery
from inkseek.retrieval.records import PictureRecord

FEATURES = "features.npy"
PICTURES = "pictures.jsonl"
DESCRIPTION = "gallery.json"
FORMAT = 1


def export_gallery(gallery: Gallery, target: Path) -> int:
    """Write one state of a gallery to a new folder, whole or not at all; memory does not depend on its size.

    Args:
        gallery: an open gallery.
        target: folder that does not exist.

    Returns:
        Number of pictures.

    Raises:
        GalleryError: the folder exists, or cannot be written.
    """
    if target.exists():
        raise GalleryError(f"{target}: exists already; give the name of a new folder")
    try:
        with replacing(target) as folder, gallery.transaction(write=False):
            return _write(gallery, folder)
    except OSError as error:
        raise GalleryError(
            f"{target}: cannot be written ({error.strerror}); free some space or choose another"
        ) from None


def _write(gallery: Gallery, folder: Path) -> int:
    count, dimension = len(gallery), gallery.description.dimension
    shape = (count, dimension)
    with (folder / FEATURES).open("wb") as features, (folder / PICTURES).open("w", encoding="ascii") as pictures:
        header = {"descr": VECTOR.str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(features, header)
        for ids, vectors in gallery.blocks():
            features.write(vectors.tobytes())
            pictures.writelines(_lines(gallery.pictures(ids)))
    description = {"format": FORMAT, "photos": count, "encoder": asdict(gallery.description)}
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=2) + "\n", encoding="ascii")
    return count


def _lines(pictures: list[PictureRecord]) -> Iterator[str]:
    for picture in pictures:
        yield json.dumps(_facts(picture)) + "\n"


def _facts(picture: PictureRecord) -> dict[str, Any]:
    return {
        "id": picture.id,
        "path": str(picture.path),
        "folder": picture.folder,
        "size": picture.size,
        "mtime_ns": picture.mtime_ns,
        "taken": picture.taken,
        "width": picture.width,
        "height": picture.height,
        "sha256": picture.sha256.hex(),
        "class": picture.class_name,
        "tags": picture.tags,
    }
