"""What was found in a data set, in words: what it is, where, and what to do about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from inkseek.data.counts import ClassPictures, Counts
from inkseek.data.duplicates import Duplicates
from inkseek.data.manifest import Row
from inkseek.data.readable import BadFile
from inkseek.data.report import LISTED_TWICE, NESTED, NO_PICTURES, STRAY, Skipped
from inkseek.errors import PictureFault


@dataclass(frozen=True)
class Finding:
    """One thing that is to be known about a data set.

    Attributes:
        kind: key, stable over versions.
        fault: something is missing or cannot be used; else a note.
        title: what was found, with its number.
        items: every single case: classes, files or groups of files.
        remedy: what to do about it.
    """

    kind: str
    fault: bool
    title: str
    items: tuple[str, ...]
    remedy: str


def number_of(count: int, one: str, many: str) -> str:
    """A count with its noun: `1 class`, `1,234 classes`."""
    return f"{count:,} {one if count == 1 else many}"


def count_findings(counts: Counts) -> Iterator[Finding]:
    """What the numbers of pictures tell: classes and whole sides that are missing, and differences to the published."""
    yield from _missing_classes(counts)
    yield from _half_unpacked(counts)
    yield from _differences(counts)
    yield from _totals(counts)
    if counts.photo_folders == "originals":
        yield Finding(
            "extended_photos",
            True,
            "the extended photos are missing; the original ones alone are here",
            (),
            "put EXTEND_image_sketchy beside the other folders, `inkseek data get sketchy` says where it comes from; "
            "where none is wanted, give --as own",
        )
    if counts.extra:
        yield Finding(
            "extra_classes",
            False,
            f"{number_of(len(counts.extra), 'class', 'classes')} that the published data set does not have",
            counts.extra,
            "nothing, where you added them; they are in no published split. A misspelt class folder: rename it",
        )


def _missing_classes(counts: Counts) -> Iterator[Finding]:
    if counts.missing:
        published = len(counts.classes) - len(counts.extra)
        yield Finding(
            "missing_classes",
            True,
            f"{len(counts.missing)} of {published} classes {'is' if len(counts.missing) == 1 else 'are'} missing",
            counts.missing,
            "unpack the archives again; `inkseek data list` says how to get them",
        )


def _half_unpacked(counts: Counts) -> Iterator[Finding]:
    """Classes, or the whole data set, with sketches alone or with photos alone; extra classes are passed over."""
    present = [pictures for pictures in counts.classes if pictures.sketches or pictures.photos]
    present = [pictures for pictures in present if pictures.name not in counts.extra]
    without_photos = [pictures.name for pictures in present if not pictures.photos]
    without_sketches = [pictures.name for pictures in present if not pictures.sketches]
    for side, lacking in (("photos", without_photos), ("sketches", without_sketches)):
        if lacking:
            everywhere = len(lacking) == len(present)
            some = f"{number_of(len(lacking), 'class has', 'classes have')} no {side}"
            title, items = (f"there are no {side} at all", ()) if everywhere else (some, lacking)
            remedy = (
                f"the archive of the {side} is not unpacked, or only half; unpack it again, whole, beside the other"
            )
            yield Finding("half_unpacked", True, title, tuple(items), remedy)


def _differences(counts: Counts) -> Iterator[Finding]:
    fewer = [text for pictures in counts.classes if (text := _difference(pictures, -1))]
    more = [text for pictures in counts.classes if (text := _difference(pictures, 1))]
    if fewer:
        yield Finding(
            "fewer_pictures",
            True,
            f"{number_of(len(fewer), 'class has', 'classes have')} fewer pictures than published",
            tuple(fewer),
            "unpack the archives again, or fetch another revision of them; for a part that was chosen on purpose, "
            "give --as own, and do not set its figures beside published ones",
        )
    if more:
        yield Finding(
            "more_pictures",
            True,
            f"{number_of(len(more), 'class has', 'classes have')} more pictures than published",
            tuple(more),
            "take away what you added: figures on a larger gallery are not those of the published one",
        )


def _totals(counts: Counts) -> Iterator[Finding]:
    """Differences that no class tells; where a class lacks a side altogether, that has been said."""
    published = [pictures for pictures in counts.classes if pictures.name not in counts.extra]
    sides = (
        ("sketches", counts.sketches, [pictures.sketches for pictures in published]),
        ("photos", counts.photos, [pictures.photos for pictures in published]),
    )
    for side, total, numbers in sides:
        if total.differs and not total.by_class and all(numbers):
            yield Finding(
                "total",
                True,
                f"{total.found:,} {side} in place of the {total.published:,} published",
                (),
                "unpack the archive again; no counts of its classes are published, so nothing tells which differ",
            )


def _difference(pictures: ClassPictures, sign: int) -> str | None:
    """Sides of a class that have fewer (-1) or more (1) pictures than published; none at all is another finding."""
    sides = (
        ("sketches", pictures.sketches, pictures.published_sketches),
        ("photos", pictures.photos, pictures.published_photos),
    )
    found = [
        f"{here:,} of {there:,} {side}" if sign < 0 else f"{here:,} {side} for {there:,}"
        for side, here, there in sides
        if here and there is not None and (here - there) * sign > 0
    ]
    return f"{pictures.name}: {', '.join(found)}" if found else None


def file_findings(skipped: Sequence[Skipped], bad: Sequence[BadFile]) -> Iterator[Finding]:
    """Files that cannot be used.

    Args:
        skipped: what was left out when the data set was read, with paths relative to it.
        bad: what could not be decoded.
    """
    faults = {str(fault) for fault in PictureFault} - {PictureFault.EMPTY, PictureFault.NO_INK}
    empty = [entry.path for entry in skipped if entry.fault == PictureFault.EMPTY]
    broken = [f"{entry.path}: {entry.detail}" for entry in skipped if entry.fault in faults]
    broken += [f"{entry.path}: {entry.detail}" for entry in bad if entry.fault != PictureFault.NO_INK]
    blank = [entry.path for entry in bad if entry.fault == PictureFault.NO_INK]
    again = "unpack the archive again, or copy again what is named here"
    if empty:
        title = f"{number_of(len(empty), 'file is', 'files are')} empty"
        yield Finding("empty", True, title, tuple(empty), again)
    if broken:
        title = f"{number_of(len(broken), 'file', 'files')} cannot be read"
        yield Finding(
            "unreadable", True, title, tuple(broken), "unpack the archive again, or copy again what is named here"
        )
    if blank:
        title = f"{number_of(len(blank), 'sketch shows', 'sketches show')} nothing"
        remedy = "nothing, where the archive has them so: they are left out of training and measuring"
        yield Finding("blank", False, title, tuple(blank), remedy)


def folder_findings(skipped: Sequence[Skipped]) -> Iterator[Finding]:
    """Class folders that give nothing, or not all that lies in them."""
    bare = tuple(entry.path for entry in skipped if entry.fault == NO_PICTURES)
    nested = tuple(f"{entry.path}: {entry.detail}" for entry in skipped if entry.fault == NESTED)
    if bare:
        title = f"{number_of(len(bare), 'class folder holds', 'class folders hold')} no picture"
        remedy = "unpack or copy the pictures again; remove a folder that is no class"
        yield Finding("empty_classes", True, title, bare, remedy)
    if nested:
        title = f"{number_of(len(nested), 'folder', 'folders')} with pictures inside class folders"
        yield Finding("nested", True, title, nested, "move their pictures one folder up")


def changed_findings(changed: Sequence[Row]) -> Iterator[Finding]:
    """Files whose content is another one than the manifest states."""
    if changed:
        yield Finding(
            "changed",
            True,
            f"{number_of(len(changed), 'file is not the one', 'files are not the ones')} the manifest was made of",
            tuple(row.path for row in changed),
            "`inkseek data convert` the folder again, or put back the files as they were",
        )


def name_findings(repairs: Mapping[str, str]) -> Iterator[Finding]:
    """Class folders that were read as another name."""
    if repairs:
        yield Finding(
            "repairs",
            False,
            f"{number_of(len(repairs), 'class folder was', 'class folders were')} read under the class's own name",
            tuple(f"{folder} as {name}" for folder, name in sorted(repairs.items())),
            "nothing: these spellings of the archives are known",
        )


def duplicate_findings(duplicates: Duplicates, skipped: Sequence[Skipped]) -> Iterator[Finding]:
    """Pictures that are there more than once."""
    if duplicates.originals:
        count = number_of(len(duplicates.originals), "original photo lies", "original photos lie")
        yield Finding(
            "listed_twice",
            False,
            f"{count} in both photo folders",
            tuple(row.path for row in duplicates.originals),
            "nothing: SAKE's lists and those made after them name each twice, and so does the gallery `as_listed`; "
            "`extended_only` and `distinct` hold each once",
        )
    repeated = [_group(rows) for rows in duplicates.same_class]
    repeated += [f"{entry.path}: {entry.detail}" for entry in skipped if entry.fault == LISTED_TWICE]
    if repeated:
        yield Finding(
            "duplicates",
            False,
            f"{number_of(len(repeated), 'picture is', 'pictures are')} there more than once in its class",
            tuple(repeated),
            "nothing, where the archive has them so; copies of your own: remove them, they weigh a figure",
        )
    if duplicates.across:
        count = number_of(len(duplicates.across), "picture is", "pictures are")
        yield Finding(
            "several_classes",
            False,
            f"{count} in several classes, or both sketch and photo",
            tuple(map(_group, duplicates.across)),
            "look at them: a picture can be relevant to one class only, and one seen in training must not be measured",
        )


def stray_findings(skipped: Sequence[Skipped]) -> Iterator[Finding]:
    """Entries that are no part of the data set."""
    strays = [f"{entry.path}: {entry.detail}" for entry in skipped if entry.fault == STRAY]
    if strays:
        title = f"{number_of(len(strays), 'entry is', 'entries are')} no part of the data set"
        yield Finding("strays", False, title, tuple(strays), "nothing: they are passed over")


def _group(rows: Sequence[Row]) -> str:
    return " = ".join(row.path for row in rows)
