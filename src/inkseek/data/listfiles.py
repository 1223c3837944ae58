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
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inkseek.data.classes import ClassNames
from inkseek.data.datasets import DATA_SETS, data_set_aliases, known_data_set
from inkseek.data.layouts.folders import subfolders
from inkseek.data.layouts.listed import Entry, read_entries
from inkseek.data.manifest import Manifest, Modality
from inkseek.data.report import LISTED_TWICE, ReadReport
from inkseek.data.splits import SPLITS, find_split, split_data_set
from inkseek.data.views import EvaluationData
from inkseek.errors import ManifestError, SplitError

_STARTS: Mapping[Modality, tuple[str, ...]] = {
    "sketch": ("sketch_tx_000000000000_ready_filelist", "png_ready_filelist", "sketch"),
    "photo": ("all_photo_filelist", "ImageResized_ready_filelist", "all_photo"),
}


@dataclass(frozen=True)
class ListedSplit:
    """Unseen pictures as the list files of a split name them; one that is listed twice has two rows.

    Attributes:
        unseen: unseen classes in the order of their ids.
        queries: unseen sketches.
        gallery: unseen photos.
        report: listed pictures that cannot be read, and those that stand in their list more than once.
    """

    unseen: tuple[str, ...]
    queries: Manifest
    gallery: Manifest
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


@dataclass(frozen=True)
class _Named:
    """A line of a file, and the class that it names."""

    file: Path
    item: _Item
    class_name: str


def read_lists(root: Path, lists: Path, split: str | None = None) -> ListedSplit:
    """Read the unseen pictures that list files name; lists of seen pictures are held against them.

    Args:
        root: folder of the data set, or the folder above it.
        lists: folder of the list files.
        split: a published split's name or one's own JSON file, which they should be; None takes the lists as they are.

    Raises:
        ManifestError: a list is missing, a line is no path below the data set and id, a picture stands in two lists, an
            id has two classes or a class two ids, or unseen pictures are missing.
        SplitError: a class is seen and unseen, there is no such split, or the classes are not its.
    """
    unseen_lists = [_read(lists, "sketch", "zero"), _read(lists, "photo", "zero")]
    for found in unseen_lists:
        if not found.items:
            raise ManifestError(f"{found.file}: no list of unseen pictures; name a folder with all lists of a split")
    seen_lists = [_read(lists, "sketch", "train"), _read(lists, "photo", "train"), _read(lists, "sketch", "test")]
    names = _names([*unseen_lists, *seen_lists], split)
    seen_names = _named(lists / "cname_cid.txt", seen_lists, names)
    unseen_names = _named(lists / "cname_cid_zero.txt", unseen_lists, names)
    _check_sides(lists, seen_names, unseen_names)
    _check_pictures([*unseen_lists, *seen_lists])
    seen, unseen = _classes(seen_names), _classes(unseen_names)
    if split is not None:
        _check_split(lists, seen, unseen, split, names)
    home = _home(root, unseen_lists[0].items[0].text)
    report = ReadReport()
    queries, gallery = (_manifest(home, found, names, report) for found in unseen_lists)
    report.read = len(queries) + len(gallery)
    return ListedSplit(unseen, queries, gallery, report)


def _read(lists: Path, modality: Modality, part: str) -> _List:
    names = [f"{start}_{part}{suffix}" for start in _STARTS[modality] for suffix in (".txt", ".txt.gz")]
    file = next((lists / name for name in names if (lists / name).is_file()), None)
    if file is None:
        return _List(lists / names[0], modality)
    items = tuple(_items(file))
    for item in items:
        parts = item.text.split("/")
        if len(parts) == 1:
            raise ManifestError(f"{file}:{item.number}: {item.text!r} has no class folder; expected <class>/<picture>")
        if {"", ".", ".."} & set(parts):
            raise ManifestError(
                f"{file}:{item.number}: {item.text!r} is no plain path relative to the data set; "
                "write it without a leading /, // , . and .."
            )
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


def _names(lists: Iterable[_List], split: str | None) -> ClassNames:
    folders = {_folder(item) for found in lists for item in found.items}
    data_set = split_data_set(split) if split in SPLITS else known_data_set(folders)
    return ClassNames(None, data_set_aliases(data_set), DATA_SETS[data_set].class_names if data_set else None)


def _named(name_file: Path, lists: Iterable[_List], names: ClassNames) -> list[_Named]:
    """Every line of a side with the class that it names, those of the list of class names first."""
    named = _items(name_file) if name_file.is_file() else ()
    listed = [(found.file, item, _folder(item)) for found in lists for item in found.items]
    everything = [*((name_file, item, item.text) for item in named), *listed]
    return [_Named(file, item, names.name_of(name)) for file, item, name in everything]


def _check_sides(lists: Path, seen: Iterable[_Named], unseen: Iterable[_Named]) -> None:
    both = sorted({line.class_name for line in seen} & {line.class_name for line in unseen})
    if both:
        raise SplitError(
            f"{lists}: {', '.join(both)} stands in the lists of seen and of unseen classes; get them again"
        )


def _check_pictures(lists: Iterable[_List]) -> None:
    """No picture is a sketch and a photo, or held out and trained on."""
    lists_of: dict[str, Path] = {}
    for found in lists:
        for item in found.items:
            other = lists_of.setdefault(item.text, found.file)
            if other != found.file:
                raise ManifestError(
                    f"{found.file}:{item.number}: {item.text} stands in {other.name} too, and a picture belongs to one "
                    "list; get them again"
                )


def _classes(lines: Iterable[_Named]) -> tuple[str, ...]:
    """Classes in the order of their ids; in every list one id has one class, and one class one id."""
    class_of: dict[int, str] = {}
    id_of: dict[str, int] = {}
    for line in lines:
        class_name, class_id = line.class_name, line.item.class_id
        class_of.setdefault(class_id, class_name)
        id_of.setdefault(class_name, class_id)
        if class_of[class_id] != class_name or id_of[class_name] != class_id:
            raise ManifestError(
                f"{line.file}:{line.item.number}: {class_name} has the class id {class_id} here; before, that is "
                f"{class_of[class_id]} and {class_name} has {id_of[class_name]}; the lists are of two repositories"
            )
    return tuple(class_of[class_id] for class_id in sorted(class_of))


def _check_split(lists: Path, seen: Iterable[str], unseen: Iterable[str], split: str, names: ClassNames) -> None:
    expected = find_split(split)
    its_unseen = {names.name_of(name) for name in expected.unseen}
    its_seen = {names.name_of(name) for name in (*expected.seen, *expected.validation)}
    foreign = sorted({*unseen} ^ its_unseen | {*seen} - its_seen)
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
    for path, count in Counter(item.text for item in found.items).items():
        if count > 1:
            report.add(home / path, LISTED_TWICE, f"{count} lines of {found.file.name} name it, and it counts as often")
    return Manifest(home, tuple(read_entries(home, entries, home.absolute().name, report, found.file)))
