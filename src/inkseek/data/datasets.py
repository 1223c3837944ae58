"""The published data sets of the field: what each is, how much it holds, and where it is to be had."""

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from inkseek.data.classes import class_key, class_list, packaged_list, tuberlin_aliases
from inkseek.data.splits import SPLITS, split_data_set
from inkseek.errors import DataError

_TELLING = 20
"""Classes that a folder must have before their names alone say which data set it is."""


@dataclass(frozen=True)
class DataSetFacts:
    """A published data set.

    Attributes:
        name: key of `DATA_SETS`.
        title: name in papers.
        classes: list of its class names, for `class_list`.
        splits: names of its splits, for `named_split`.
        sketches: published number of sketches.
        photos: published number of photos; Sketchy's 12,500 originals are counted once.
        source: papers.
        obtain: how to get it and how it should lie, in sentences.
    """

    name: str
    title: str
    classes: str
    splits: tuple[str, ...]
    sketches: int
    photos: int
    source: str
    obtain: str

    @property
    def class_names(self) -> tuple[str, ...]:
        """Its class names, in alphabetical order."""
        return class_list(self.classes)


@dataclass(frozen=True)
class ClassCounts:
    """Pictures of one class; None where no count is published.

    Attributes:
        sketches: sketches.
        photos: photos as the published lists name them: in Sketchy those of both photo folders, originals twice.
        extended_photos: photos of Sketchy's extended folder alone.
    """

    sketches: int | None
    photos: int | None
    extended_photos: int | None


def _facts(name: str, title: str, sketches: int, photos: int, source: str, obtain: str) -> DataSetFacts:
    splits = tuple(split for split in SPLITS if split_data_set(split) == name)
    return DataSetFacts(name, title, name, splits, sketches, photos, source, obtain)


DATA_SETS: Mapping[str, DataSetFacts] = MappingProxyType(
    {
        facts.name: facts
        for facts in (
            _facts(
                "sketchy",
                "Sketchy Extended",
                75_481,
                73_002,
                "Sangkloy, Burnell, Ham, Hays, The Sketchy Database, SIGGRAPH 2016; extended photos: Liu, Shen, Shen, "
                "Liu, Shao, Deep Sketch Hashing, CVPR 2017",
                "The Sketchy database (https://sketchy.eye.gatech.edu) gives rendered_256x256.7z with the folder "
                "256x256/; unpack it. The extended photos, EXTEND_image_sketchy (made by the authors of Deep Sketch "
                "Hashing), are linked from https://github.com/AnjanDutta/sem-pcyc and "
                "https://github.com/sounakdey/doodle2search; unpack them beside 256x256/.",
            ),
            _facts(
                "tuberlin",
                "TU-Berlin Extended",
                20_000,
                204_489,
                "Eitz, Hays, Alexa, How Do Humans Sketch Objects?, SIGGRAPH 2012; photos: Zhang, Liu, Zhang, Ren, "
                "Wang, Cao, SketchNet, CVPR 2016",
                "The sketches, sketches_png.zip with the folder png/, come from "
                "https://cybertron.cg.tu-berlin.de/eitz/projects/classifysketch/; unpack them. The photos, the folder "
                "ImageResized/, are linked from https://github.com/AnjanDutta/sem-pcyc and "
                "https://github.com/qliu24/SAKE; unpack them beside png/.",
            ),
            _facts(
                "quickdraw",
                "QuickDraw Extended",
                330_000,
                204_000,
                "Dey, Riba, Dutta, Llados, Song, Doodle to Search, CVPR 2019",
                "The folders QuickDraw_sketches_final/ and QuickDraw_images_final/ are linked from "
                "https://github.com/sounakdey/doodle2search; unpack both into one folder.",
            ),
        )
    }
)


@cache
def published_counts(name: str) -> Mapping[str, ClassCounts]:
    """Pictures of each class as the published file lists count them; `lists/SOURCES.md` names the lists.

    Args:
        name: key of `DATA_SETS`.

    Raises:
        DataError: there is no such data set.
    """
    if name not in DATA_SETS:
        raise DataError(f"no data set is named {name!r}; choose one of {', '.join(DATA_SETS)}")
    rows = csv.reader(packaged_list(f"{name}_counts.tsv").splitlines()[1:], delimiter="\t")
    return MappingProxyType({class_name: ClassCounts(*map(_count, counts)) for class_name, *counts in rows})


def _count(text: str) -> int | None:
    return None if text == "-" else int(text)


def data_set_aliases(name: str | None) -> Mapping[str, str]:
    """Folder names that a data set has for its classes besides their own: folder key -> class name."""
    return tuberlin_aliases() if name == "tuberlin" else {}


def data_set_of(folders: Collection[str], among: Collection[str] = tuple(DATA_SETS)) -> str | None:
    """The data set that knows the most of these class folders, if one knows more of them than every other.

    One folder in ten may be foreign to it; where more are, and where two know as many, there is no answer. Misspelt
    folders tell a data set where there are twenty folders; among fewer, only its own class names do.
    """
    keys = {class_key(folder) for folder in folders}
    known = {name: len(keys & _known(name, aliases=len(keys) >= _TELLING)) for name in among}
    best = max(known.values(), default=0)
    winners = [name for name, count in known.items() if count == best]
    return winners[0] if len(winners) == 1 and best * 10 >= len(keys) * 9 else None


def known_data_set(class_names: Collection[str]) -> str | None:
    """The data set that these are classes of, where they are enough to tell: any data set has a cat and a dog."""
    return data_set_of(class_names) if len(class_names) >= _TELLING else None


def _known(name: str, *, aliases: bool) -> frozenset[str]:
    own = map(class_key, class_list(DATA_SETS[name].classes))
    return frozenset({*own, *(data_set_aliases(name) if aliases else ())})
