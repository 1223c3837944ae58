"""The layouts of folders in which the field's repositories keep its data sets, and which of them a folder has.

Every layout ends in `<class>/<picture>`. The other `tx_` folders of Sketchy hold the same drawings placed otherwise and
are not read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import isdir
from pathlib import Path

from inkseek.data.datasets import data_set_of
from inkseek.data.layouts.folders import subfolders
from inkseek.data.manifest import Modality
from inkseek.errors import DataError

EXTENDED = ("EXTEND_image_sketchy_ready", "EXTEND_image_sketchy", "extended_photo")
"""Names of the folder of Sketchy's extended photos: in SAKE's family, in the archive, in SEM-PCYC's family."""

_PLACEMENT = "tx_000000000000"
"""Sketchy's folder of the drawings as they were drawn; the class folders lie in it."""

Place = tuple[str, ...]
"""Alternative names of one folder, the first that is there counts."""


@dataclass(frozen=True)
class Layout:
    """One layout.

    Attributes:
        name: short name.
        data_set: key of `DATA_SETS` that lies so; None where any may.
        sketches: folders of sketches, relative to where the data set begins.
        photos: folders of photos.
        mark: folder without pictures that tells the layout from a like one; "" where none is needed.
    """

    name: str
    data_set: str | None
    sketches: tuple[Place, ...]
    photos: tuple[Place, ...]
    mark: str = ""

    @property
    def shape(self) -> str:
        """The layout in one line."""
        sketches, photos = ("|".join(place[0] for place in side) for side in (self.sketches, self.photos))
        return f"{sketches}/<class>/ and {photos}/<class>/"


LAYOUTS = (
    # SAKE, DSN, TCN, MATHM, ZSE-SBIR, DRCPL, CMCA
    Layout(
        "sake",
        "sketchy",
        (("256x256/sketch/tx_000000000000_ready", "sketch/tx_000000000000_ready"),),
        (("256x256/photo/tx_000000000000_ready", "photo/tx_000000000000_ready"), EXTENDED),
    ),
    Layout("sake", "tuberlin", (("png_ready",),), (("ImageResized_ready",),)),
    Layout("sake", "quickdraw", (("sketches",),), (("images",),)),
    # Doodle2Search; its test loader names QuickDraw's folders otherwise
    Layout(
        "doodle2search",
        "sketchy",
        (("Sketchy/sketch/tx_000000000000", "sketch/tx_000000000000"),),
        (("EXTEND_image_sketchy",),),
    ),
    Layout(
        "doodle2search",
        "quickdraw",
        (("QuickDraw_sketches_final", "QuickDraw_sketches"),),
        (("QuickDraw_images_final", "EXTEND_image_quickdraw"),),
    ),
    # SEM-PCYC, PCMSN, PDFD, IIAE
    Layout(
        "sempcyc",
        "sketchy",
        (("sketch/tx_000000000000",),),
        (("photo/tx_000000000000",), EXTENDED),
    ),
    Layout("sempcyc", "tuberlin", (("sketches",),), (("images",),)),
    # the public archives as they unpack
    Layout(
        "sketchy",
        "sketchy",
        (("256x256/sketch/tx_000000000000",),),
        (("256x256/photo/tx_000000000000",), EXTENDED),
    ),
    Layout("tuberlin", "tuberlin", (("png",),), (("ImageResized",),)),
    # TVT, PSKD
    Layout("tvt", None, (("sketch",),), (("photo",),), mark="split"),
    # ACNet, ClipPrompt; MA-ZS-SBIR's copy of TU-Berlin says test for val
    Layout(
        "acnet",
        None,
        (("train/sketch",), ("val/sketch", "test/sketch")),
        (("train/photo",), ("val/photo", "test/photo")),
    ),
    # Sketch_LVM, and anybody's own pictures
    Layout("folders", None, (("sketch",),), (("photo",),)),
)


@dataclass(frozen=True)
class Match:
    """A layout that a folder has, whole or in part.

    Attributes:
        layout: the layout.
        home: where it begins.
        folders: those of its folders that are there.
    """

    layout: Layout
    home: Path
    folders: tuple[tuple[Modality, Path], ...]

    @property
    def complete(self) -> bool:
        """Whether sketches and photos both have a folder."""
        return len({modality for modality, _ in self.folders}) == 2


def find_layouts(root: Path, layouts: Sequence[Layout] = LAYOUTS) -> list[Match]:
    """Layouts that say how the one data set under a folder lies: the best, then those that read the same folders.

    A data set begins at the folder or one level below it. A whole layout goes before a part of one, the folder before
    those below it, more folders before fewer, and then the order of the table counts. None is found where none is.
    A part of one published data set beside another data set counts as a second one where its class folders tell it.

    Raises:
        DataError: the folder is missing, holds several data sets, or has classes at different depths.
    """
    if not isdir(root):
        raise DataError(f"{root}: no such folder; give the folder of a data set")
    matches = all_matches(root, layouts)
    whole = [match for match in matches if match.complete]
    # below the folder, one `photo` or `sketch` of nobody in particular is no half of a data set
    parts = [match for match in matches if match.home == root or match.layout.data_set]
    chosen = whole or parts
    if not chosen:
        return []
    told = [match for match in parts if not match.complete and _holds_its_classes(match)] if whole else []
    rivals = [match for match in (*chosen[1:], *told) if not _tops(match, root) & _tops(chosen[0], root)]
    part = next((match for match in rivals if match.layout.data_set == chosen[0].layout.data_set is not None), None)
    if part and part in told:
        raise DataError(
            f"{root}: {' and '.join(sorted(_tops(part, root)))}/ belongs to the data set in {chosen[0].home}; "
            "move or link it in there"
        )
    if rivals:
        raise DataError(_several([chosen[0], *rivals], root))
    _refuse_mixed(chosen[0])
    return [match for match in chosen if match.folders == chosen[0].folders]


def all_matches(root: Path, layouts: Sequence[Layout] = LAYOUTS) -> list[Match]:
    """Every layout that a folder, or a folder in it, has in whole or in part."""
    return [match for home in (root, *subfolders(root)) for match in _matches(home, layouts)]


def _matches(home: Path, layouts: Sequence[Layout]) -> list[Match]:
    found = []
    for layout in layouts:
        sides: tuple[tuple[Modality, tuple[Place, ...]], ...] = (("sketch", layout.sketches), ("photo", layout.photos))
        folders = tuple(
            (modality, folder)
            for modality, side in sides
            for place in side
            if (folder := next((home / name for name in place if isdir(home / name)), None))
        )
        if folders and (not layout.mark or isdir(home / layout.mark)):
            found.append(Match(layout, home, folders))
    return sorted(found, key=lambda match: -len(match.folders))


def _refuse_mixed(match: Match) -> None:
    """Raise where one side has its classes in Sketchy's folder and the other side has them directly."""
    placed = {folder: _placement(folder) for _, folder in match.folders}
    deep = next((place for place in placed.values() if place), None)
    flat = next((folder for folder, place in placed.items() if place is None), None)
    if deep and flat:
        place = f"{deep.parent.name}/{deep.name}/"
        raise DataError(
            f"{match.home}: {deep.parent.name}/ has its classes in {place}, {flat.name}/ directly; make them alike: "
            f"move the class folders of {place} one folder up"
        )


def _placement(folder: Path) -> Path | None:
    return next((entry for entry in subfolders(folder) if entry.name.startswith(_PLACEMENT)), None)


def _holds_its_classes(match: Match) -> bool:
    """Whether nine in ten class folders are of the one data set that lies so."""
    folders = {entry.name for _, folder in match.folders for entry in subfolders(folder)}
    return match.layout.data_set is not None and bool(folders) and bool(data_set_of(folders, [match.layout.data_set]))


def _tops(match: Match, root: Path) -> set[str]:
    return {folder.relative_to(root).parts[0] for _, folder in match.folders}


def _several(matches: Sequence[Match], root: Path) -> str:
    tops = {frozenset(_tops(match, root)): match for match in reversed(matches)}
    places = [" and ".join(f"{top}/" for top in sorted(group)) for group in tops]
    remedy = (
        f"give the folder of one, for example {root / places[-1]}"
        if all(len(group) == 1 for group in tops)
        else "give each a folder of its own (links will do) and name one"
    )
    return f"{root}: {len(places)} data sets lie here ({'; '.join(sorted(places))}); {remedy}"
