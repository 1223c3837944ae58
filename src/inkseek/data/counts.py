"""Pictures of each class of a data set beside the published counts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from inkseek.data.classes import ClassNames
from inkseek.data.datasets import DATA_SETS, ClassCounts, data_set_aliases, published_counts
from inkseek.data.galleries import is_extended
from inkseek.data.manifest import Manifest, Modality

PhotoFolders = Literal["both", "originals", "extended"]
"""Which of Sketchy's photos are there; "both" for every other data set."""

_ROUND = 1000


@dataclass(frozen=True)
class ClassPictures:
    """Pictures of one class.

    Attributes:
        name: class name.
        sketches: sketches found.
        photos: photos found.
        published_sketches: published number; None where there is none.
        published_photos: published number of the photo folders that are there; None where there is none.
    """

    name: str
    sketches: int
    photos: int
    published_sketches: int | None
    published_photos: int | None


@dataclass(frozen=True)
class Total:
    """Pictures of one modality.

    Attributes:
        found: number found.
        published: published number; None where there is none.
        by_class: the published number is the sum of those of the classes, so that these tell what is missing.
    """

    found: int
    published: int | None
    by_class: bool

    @property
    def differs(self) -> bool:
        """Whether more or fewer are there than published; a number in whole thousands counts as rounded."""
        if self.published is None:
            return False
        rounding = _ROUND // 2 if self.published % _ROUND == 0 and not self.by_class else 0
        return abs(self.found - self.published) > rounding


@dataclass(frozen=True)
class Counts:
    """A data set in numbers.

    Attributes:
        classes: every class found or published, in alphabetical order.
        missing: published classes without a picture.
        extra: classes that are not published.
        sketches: all sketches of published classes; of every class where the data set is not a published one.
        photos: all photos of the same.
        photo_folders: what the published numbers of photos count.
    """

    classes: tuple[ClassPictures, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    sketches: Total
    photos: Total
    photo_folders: PhotoFolders


def count_pictures(manifest: Manifest, name: str | None) -> Counts:
    """Count the pictures of each class, and set them beside those of a published data set.

    Args:
        manifest: the data set.
        name: key of `DATA_SETS`; None counts alone.

    Raises:
        DataError: there is no such data set.
    """
    if name is None:
        return _own_counts(manifest)
    published = published_counts(name)
    found = _found(manifest, ClassNames(None, data_set_aliases(name), DATA_SETS[name].class_names))
    folders = _photo_folders(manifest, published) if name == "sketchy" else "both"
    classes = []
    for class_name in sorted({*published, *found}):
        here, there = found.get(class_name, Counter[Modality]()), published.get(class_name)
        photos = None if there is None else _photos(there, folders)
        sketches = None if there is None else there.sketches
        classes.append(ClassPictures(class_name, here["sketch"], here["photo"], sketches, photos))
    known = [pictures for pictures in classes if pictures.name in published]
    return Counts(
        tuple(classes),
        missing=tuple(name for name in sorted(published) if name not in found),
        extra=tuple(name for name in sorted(found) if name not in published),
        sketches=_total(
            [(pictures.sketches, pictures.published_sketches) for pictures in known], DATA_SETS[name].sketches
        ),
        photos=_total([(pictures.photos, pictures.published_photos) for pictures in known], DATA_SETS[name].photos),
        photo_folders=folders,
    )


def _own_counts(manifest: Manifest) -> Counts:
    found = _found(manifest, ClassNames(manifest.class_names))
    classes = tuple(
        ClassPictures(name, here["sketch"], here["photo"], None, None) for name, here in sorted(found.items())
    )
    sides: tuple[Modality, Modality] = ("sketch", "photo")
    sketches, photos = (sum(here[side] for here in found.values()) for side in sides)
    return Counts(classes, (), (), Total(sketches, None, False), Total(photos, None, False), "both")


def _found(manifest: Manifest, names: ClassNames) -> dict[str, Counter[Modality]]:
    found: dict[str, Counter[Modality]] = {}
    for row in manifest.rows:
        found.setdefault(names.find(row.class_name) or row.class_name, Counter())[row.modality] += 1
    return found


def _photo_folders(manifest: Manifest, published: Mapping[str, ClassCounts]) -> PhotoFolders:
    """Which of Sketchy's photos are there; one folder that holds more than the originals has those of both once."""
    photos = (row for row in manifest.rows if row.modality == "photo" and row.class_name in published)
    extended = Counter(map(is_extended, photos))
    if extended[True] and not extended[False]:
        return "extended"
    if extended[True] or not extended[False]:
        return "both"
    originals = sum(_photos(counts, "originals") or 0 for counts in published.values())
    return "originals" if extended[False] <= originals else "extended"


def _photos(counts: ClassCounts, folders: PhotoFolders) -> int | None:
    if folders == "both" or counts.photos is None or counts.extended_photos is None:
        return counts.photos
    return counts.extended_photos if folders == "extended" else counts.photos - counts.extended_photos


def _total(pairs: list[tuple[int, int | None]], published: int) -> Total:
    """Sum over the classes, beside the sum of their published numbers, or the published whole where one is unknown."""
    known = [there for _, there in pairs if there is not None]
    by_class = len(known) == len(pairs)
    return Total(sum(here for here, _ in pairs), sum(known) if by_class else published, by_class)
