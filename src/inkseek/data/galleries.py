"""Which photos are in a gallery: Sketchy's file lists name its 12,500 original photos twice, and papers differ in that.

The originals lie in Sketchy's own photo folder and again, under the same names, among the extended photos.
"""

from dataclasses import replace
from typing import Literal, get_args

from inkseek.data.layouts.table import EXTENDED
from inkseek.data.manifest import Manifest, Row
from inkseek.errors import DataError

GalleryMode = Literal["as_listed", "extended_only", "distinct"]

GALLERY_MODES: tuple[GalleryMode, ...] = get_args(GalleryMode)

RENAMED = {("camel", "c.jpg"): "n02437136_5405.jpg"}
"""Extended photos under another name than the original that they copy: class and name -> name of the original.

The extended folder's 73,002 files are 60,502 `ext_<number>.jpg`, which is the published number of added photos, and
12,500 others, which is that of the originals: 12,499 have an original's name, and the last is this one, in the class of
the one original without a namesake.
"""


_EXTENDED = frozenset(EXTENDED)


def gallery_photos(photos: Manifest, mode: GalleryMode) -> Manifest:
    """The photos of a gallery.

    "as_listed": every file, Sketchy's originals twice, as the lists of SAKE, DSN, TCN, MATHM and ZSE-SBIR have them.
    "extended_only": files of the extended folder alone, as SEM-PCYC and MA-ZS-SBIR read it.
    "distinct": every picture once; an original is left out where the extended folder of its class holds it under the
    same name, or under the one name in `RENAMED`. Where that folder is whole, these are its pictures.

    Raises:
        DataError: "extended_only" of a data set without an extended folder.
    """
    if mode == "distinct":
        return distinct(photos)
    if mode == "extended_only":
        rows = tuple(row for row in photos.rows if is_extended(row))
        if not rows:
            raise DataError(
                f"{photos.root}: no photo lies in a folder of extended photos ({', '.join(EXTENDED)}); "
                "choose the gallery as_listed"
            )
        return replace(photos, rows=rows)
    return photos


def distinct(manifest: Manifest) -> Manifest:
    """The manifest less the rows of `listed_twice`."""
    copies = frozenset(listed_twice(manifest))
    return replace(manifest, rows=tuple(row for row in manifest.rows if row not in copies)) if copies else manifest


def listed_twice(manifest: Manifest) -> tuple[Row, ...]:
    """Original photos that the extended folder of their class holds too, under their name or that of `RENAMED`."""
    extended = {(row.class_name, _original_name(row)) for row in manifest.rows if is_extended(row)}
    return tuple(
        row
        for row in manifest.rows
        if row.modality == "photo" and not is_extended(row) and (row.class_name, _name(row)) in extended
    )


def is_extended(row: Row) -> bool:
    """Whether a picture lies in a folder of Sketchy's extended photos."""
    return not _EXTENDED.isdisjoint(row.path.split("/"))


def _name(row: Row) -> str:
    return row.path.rsplit("/", 1)[-1]


def _original_name(row: Row) -> str:
    return RENAMED.get((row.class_name, _name(row)), _name(row))
