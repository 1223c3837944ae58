"""The list files of SAKE's family (SAKE, DSN, TCN, MATHM, ZSE-SBIR, DRCPL, CMCA): pictures of a split, one a line.

A line is a path relative to the data set and a class id behind the last space; paths may hold spaces. Ids of seen and
of unseen classes are separate, both from 0. One folder, `zeroshot*/`, holds one split::

    <sketches>_train.txt  seen sketches to train on          <photos>_train.txt  seen photos to train on
    <sketches>_test.txt   seen sketches that are held out
    <sketches>_zero.txt   unseen sketches, the queries       <photos>_zero.txt   unseen photos, the gallery
    cname_cid.txt, cname_cid_zero.txt                        class name and id, where present

Every list may be compressed (`.txt.gz`). Lists of two repositories never mix: ids and held-out sketches differ.
"""

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inkseek.data.classes import ClassNames
from inkseek.data.datasets import DATA_SETS, data_set_aliases, known_data_set
from inkseek.data.layouts.folders import subfolders
from inkseek.data.layouts.listed import Entry, read_entries
from inkseek.data.manifest import Manifest, Modality
from inkseek.data.report import ReadReport
from inkseek.data.splits import named_split, overlap, split_data_set
from inkseek.data.views import EvaluationData
from inkseek.errors import ManifestError, SplitError

_STARTS: Mapping[Modality, tuple[str, ...]] = {
    "sketch": ("sketch_tx_000000000000_ready_filelist", "png_ready_filelist", "sketch"),
    "photo": ("all_photo_filelist", "ImageResized_ready_filelist", "all_photo"),
}


@dataclass(frozen=True)
class ListedSplit:
    """Pictures of a split as its list files name them; one that is listed twice has two rows.

    Attributes:
        lists: folder of the list files.
        data_set: key of `DATA_SETS`; None where the class names do not tell.
        seen: seen classes in the order of their ids; empty where there is no list of them.
        unseen: unseen classes in the order of their ids.
        queries: unseen sketches.
        gallery: unseen photos.
        training_sketches: seen sketches to train on.
        training_photos: seen photos to train on.
        held_out_sketches: seen sketches that are not trained on.
        report: listed pictures that cannot be read.
    """

    lists: Path
    data_set: str | None
    seen: tuple[str, ...]
    unseen: tuple[str, ...]
    queries: Manifest
    gallery: Manifest
    training_sketches: Manifest
    training_photos: Manifest
    held_out_sketches: Manifest
    report: ReadReport = field(default_factory=ReadReport)

    def evaluation_data(self) -> EvaluationData:
        """Queries and gallery, as listed."""
        present = {*self.queries.class_names, *self.gallery.class_names}
        absent = tuple(sorted(set(self.unseen) - present))
        return EvaluationData(self.queries, self.gallery, tuple(sorted(present)), absent)


@dataclass(frozen=True)
class _Item:
    """One line of a list: a class's name or a picture's path, and the class id."""

    text: str
    class_id: int
    number: int


@dataclass(frozen=True)
class _List:
    """A list file; without items where it is not there."""

    file: Path
    modality: Modality
    items: tuple[_Item, ...] = ()


def find_lists(root: Path) -> Path:
    """The one folder `zeroshot*` of a data set, or of the one data set below a folder.

    Raises:
        ManifestError: there is none, or there are several.
    """
    found = [
        folder
        for home in (root, *subfolders(root))
        for folder in subfolders(home)
        if folder.name.startswith("zeroshot") and _read(folder, "sketch", "zero").items
    ]
    if len(found) != 1:
        there = f"{len(found)} folders of list files ({', '.join(map(str, found))})" if found else "no list files"
        raise ManifestError(f"{root}: {there}; name the folder of the lists")
    return found[0]


def read_lists(root: Path, lists: Path | None = None, split: str | None = None) -> ListedSplit:
    """Read the pictures that list files name.

    Args:
        root: folder of the data set, or the folder above it.
        lists: folder of the list files; None looks for `zeroshot*/`.
        split: name of the published split that they should be; None takes the split from the lists.

    Raises:
        ManifestError: a list is missing, a line is no path and id, an id has two classes or a class two ids, or
            pictures are missing.
        SplitError: a class is seen and unseen, or the classes are not those of `split`.
    """
    lists = find_lists(root) if lists is None else lists
    unseen_lists = [_read(lists, "sketch", "zero"), _read(lists, "photo", "zero")]
    for found in unseen_lists:
        if not found.items:
            raise ManifestError(f"{found.file}: no list of unseen pictures; name a folder with all lists of a split")
    seen_lists = [_read(lists, "sketch", "train"), _read(lists, "photo", "train"), _read(lists, "sketch", "test")]
    everything = [*unseen_lists, *seen_lists]
    data_set, names = _names(everything, split)
    seen = _classes(lists / "cname_cid.txt", seen_lists, names)
    unseen = _classes(lists / "cname_cid_zero.txt", unseen_lists, names)
    _check_split(lists, seen, unseen, split)
    home = _home(root, unseen_lists[0].items[0].text)
    report = ReadReport()
    queries, gallery, *training = (_manifest(home, found, names, report) for found in everything)
    report.read = sum(map(len, (queries, gallery, *training)))
    sketches, photos, held_out = training
    return ListedSplit(lists, data_set, seen, unseen, queries, gallery, sketches, photos, held_out, report)


def _read(lists: Path, modality: Modality, part: str) -> _List:
    names = [f"{start}_{part}{suffix}" for start in _STARTS[modality] for suffix in (".txt", ".txt.gz")]
    file = next((lists / name for name in names if (lists / name).is_file()), None)
    if file is None:
        return _List(lists / names[0], modality)
    items = tuple(_items(file))
    for item in items:
        if "/" not in item.text:
            raise ManifestError(f"{file}:{item.number}: {item.text!r} has no class folder; expected <class>/<picture>")
    return _List(file, modality, items)


def _items(file: Path) -> Iterator[_Item]:
    try:
        content = file.read_bytes()
        text = (gzip.decompress(content) if file.suffix == ".gz" else content).decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ManifestError(f"{file}: cannot be read as a list ({error}); get it again") from None
    for number, line in enumerate(text.splitlines(), start=1):
        words, space, class_id = line.rstrip().rpartition(" ")
        if space and class_id.isdecimal():
            yield _Item(words, int(class_id), number)
        elif line.strip():
            raise ManifestError(f"{file}:{number}: {line!r} does not end in a space and a class id")


def _folder(item: _Item) -> str:
    return item.text.split("/")[-2]


def _names(lists: Iterable[_List], split: str | None) -> tuple[str | None, ClassNames]:
    folders = {_folder(item) for found in lists for item in found.items}
    data_set = split_data_set(split) if split else known_data_set(folders)
    return data_set, ClassNames(None, data_set_aliases(data_set), DATA_SETS[data_set].class_names if data_set else None)


def _classes(name_file: Path, lists: Iterable[_List], names: ClassNames) -> tuple[str, ...]:
    """Classes in the order of their ids; in every list one id has one class, and one class one id."""
    class_of: dict[int, str] = {}
    id_of: dict[str, int] = {}
    named = _items(name_file) if name_file.is_file() else ()
    listed = [(found.file, item, _folder(item)) for found in lists for item in found.items]
    for file, item, name in [*((name_file, item, item.text) for item in named), *listed]:
        class_name = names.name_of(name)
        class_of.setdefault(item.class_id, class_name)
        id_of.setdefault(class_name, item.class_id)
        if class_of[item.class_id] != class_name or id_of[class_name] != item.class_id:
            raise ManifestError(
                f"{file}:{item.number}: {class_name} has the class id {item.class_id} here; before, that is "
                f"{class_of[item.class_id]} and {class_name} has {id_of[class_name]}; the lists are of two repositories"
            )
    return tuple(class_of[class_id] for class_id in sorted(class_of))


def _check_split(lists: Path, seen: tuple[str, ...], unseen: tuple[str, ...], split: str | None) -> None:
    both = overlap(seen, unseen)
    if both:
        raise SplitError(
            f"{lists}: {', '.join(both)} stands in the lists of seen and of unseen classes; get them again"
        )
    if split is None:
        return
    named = named_split(split)
    foreign = sorted({*unseen} ^ {*named.unseen} | {*seen} - {*named.seen})
    if foreign:
        raise SplitError(
            f"{lists}: not the lists of {split}; {len(foreign)} classes differ, {foreign[0]} first; "
            "name other lists or another split"
        )


def _home(root: Path, path: str) -> Path:
    """Folder that the listed paths are relative to: the data set, at the root or one level below it."""
    first = path.partition("/")[0]
    return next((home for home in (root, *subfolders(root)) if (home / first).is_dir()), root)


def _manifest(home: Path, found: _List, names: ClassNames, report: ReadReport) -> Manifest:
    entries = [Entry(found.modality, names.name_of(_folder(item)), item.text) for item in found.items]
    return Manifest(home, tuple(read_entries(home, entries, home.absolute().name, report, found.file)))
