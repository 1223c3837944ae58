"""Counts of a data set beside the published ones: whole, short by one, in each way that Sketchy's photos may lie."""

from pathlib import Path

import pytest

from inkseek.data.classes import class_list
from inkseek.data.counts import Counts, Total, count_pictures
from inkseek.data.datasets import published_counts
from inkseek.data.findings import Finding, count_findings
from inkseek.data.manifest import Manifest, Modality, Row
from inkseek.data.sizes import LISTED_GALLERIES, split_size
from inkseek.data.splits import SPLITS
from inkseek.errors import DataError

ORIGINALS = "256x256/photo/tx_000000000000"
EXTENDED = "EXTEND_image_sketchy"


def rows(folder: str, class_name: str, count: int) -> list[Row]:
    modality: Modality = "sketch" if "sketch/" in folder else "photo"
    return [Row(modality, class_name, "here", f"{folder}/{class_name}/{n}.png", "") for n in range(count)]


def sketchy(*folders: str) -> list[Row]:
    """Every sketch, and the photos of some folders."""
    found: list[Row] = []
    for name, counts in published_counts("sketchy").items():
        assert None not in {counts.sketches, counts.photos, counts.extended_photos}
        sizes = {EXTENDED: counts.extended_photos or 0}
        sizes[ORIGINALS] = (counts.photos or 0) - sizes[EXTENDED]
        sizes["photo"] = sizes[EXTENDED]  # both folders laid into one
        found += rows("256x256/sketch/tx_000000000000", name, counts.sketches or 0)
        for folder in folders:
            found += rows(folder, name, sizes[folder])
    return found


def kinds(counts: Counts) -> dict[str, Finding]:
    return {finding.kind: finding for finding in count_findings(counts)}


def counted(found: list[Row], name: str | None = "sketchy") -> tuple[Counts, dict[str, Finding]]:
    counts = count_pictures(Manifest(Path("root"), tuple(found)), name)
    return counts, kinds(counts)


@pytest.mark.parametrize(
    ("folders", "which", "published"),
    [
        ((ORIGINALS, EXTENDED), "both", 85_502),
        ((EXTENDED,), "extended", 73_002),
        (("photo",), "extended", 73_002),
        ((ORIGINALS,), "originals", 12_500),
    ],
)
def test_a_whole_sketchy_is_as_published(folders: tuple[str, ...], which: str, published: int) -> None:
    counts, findings = counted(sketchy(*folders))

    assert (counts.photo_folders, counts.photos) == (which, Total(published, published, True))
    assert counts.sketches == Total(75_481, 75_481, True)
    assert len(counts.classes) == 125
    assert not counts.missing
    assert not counts.extra
    # The originals alone are whole in themselves, but no gallery of the field.
    assert list(findings) == (["extended_photos"] if which == "originals" else [])


def test_one_picture_less_and_one_more_are_told_by_class() -> None:
    found = sketchy(EXTENDED)
    gone = next(row for row in found if row.modality == "photo" and row.class_name == "cup")
    more = rows("256x256/sketch/tx_000000000000", "swan", 587)[-1:]

    counts, findings = counted([*(row for row in found if row != gone), *more])

    assert counts.photos.differs
    assert list(findings) == ["fewer_pictures", "more_pictures"]
    assert findings["fewer_pictures"].items == ("cup: 599 of 600 photos",)
    assert findings["more_pictures"].items == ("swan: 587 sketches for 586",)
    assert all(finding.fault for finding in findings.values())


def test_classes_that_are_missing_extra_or_half_there() -> None:
    found = [row for row in sketchy(EXTENDED) if row.class_name not in {"bell", "bat"}]
    found = [row for row in found if row.class_name not in {"cow", "cup"} or row.modality == "sketch"]
    found = [row for row in found if row.class_name != "swan" or row.modality == "photo"]

    counts, findings = counted([*found, *rows("sketch/x", "unicorn", 2)])

    assert counts.missing == ("bat", "bell")
    assert counts.extra == ("unicorn",)
    assert findings["missing_classes"].items == ("bat", "bell")
    assert findings["missing_classes"].title == "2 of 125 classes are missing"
    assert not findings["extra_classes"].fault
    halves = [finding for finding in count_findings(counts) if finding.kind == "half_unpacked"]
    assert [(half.title, half.items) for half in halves] == [
        ("2 classes have no photos", ("cow", "cup")),
        ("1 class has no sketches", ("swan",)),
    ]
    assert "fewer_pictures" not in findings  # what has none at all is told once


def test_photos_of_ones_own_do_not_tell_which_folders_are_there() -> None:
    counts, findings = counted([*sketchy(EXTENDED), *rows("photo", "unicorn", 2), *rows("sketch/x", "unicorn", 2)])

    assert counts.photo_folders == "extended"
    assert list(findings) == ["extra_classes"]


def test_a_side_that_is_not_there_at_all() -> None:
    _, findings = counted(sketchy())

    assert list(findings) == ["half_unpacked"]
    assert findings["half_unpacked"].title == "there are no photos at all"
    assert not findings["half_unpacked"].items


def test_where_classes_have_no_published_number_the_whole_counts() -> None:
    listed = {name: counts.photos for name, counts in published_counts("tuberlin").items()}
    found = [row for name in listed for row in rows("sketch/", name, 80)]
    for name, count in listed.items():
        found += rows("photo", name, 1 if count is None else count)
    found += rows("photo/more", "angel", 204_489 - sum(row.modality == "photo" for row in found))

    whole, nothing = counted(found, "tuberlin")
    _, findings = counted(found[:-1], "tuberlin")
    _, half = counted([row for row in found if row.class_name != "angel" or row.modality == "sketch"], "tuberlin")

    assert whole.photos == Total(204_489, 204_489, False)
    assert not nothing
    assert list(findings) == ["total"]
    assert findings["total"].title == "204,488 photos in place of the 204,489 published"
    assert list(half) == ["half_unpacked"]  # the total tells nothing new


@pytest.mark.parametrize(
    ("total", "differs"),
    [
        (Total(203_885, 204_000, False), False),  # a round number is rounded
        (Total(203_499, 204_000, False), True),
        (Total(20_001, 20_000, True), True),
        (Total(5, None, False), False),
    ],
)
def test_round_totals_are_rounded(total: Total, differs: bool) -> None:
    assert total.differs is differs


def test_photo_folders_may_have_the_misspelt_names_of_the_archive() -> None:
    found = [*rows("sketch/", "trombone", 80), *rows("photo", "tromobone", 401)]

    counts, findings = counted(found, "tuberlin")

    trombone = next(pictures for pictures in counts.classes if pictures.name == "trombone")
    assert (trombone.sketches, trombone.photos, trombone.published_photos) == (80, 401, 401)
    assert "extra_classes" not in findings


def test_a_data_set_of_ones_own_is_counted_alone() -> None:
    counts, findings = counted([*rows("photo", "b", 2), *rows("sketch/", "a", 1), *rows("sketch/", "b", 3)], None)

    assert [(pictures.name, pictures.sketches, pictures.photos) for pictures in counts.classes] == [
        ("a", 1, 0),
        ("b", 3, 2),
    ]
    assert (counts.sketches, counts.photos) == (Total(4, None, False), Total(2, None, False))
    assert list(findings) == ["half_unpacked"]


def test_an_unknown_data_set() -> None:
    with pytest.raises(DataError, match="no data set is named"):
        counted([], "imagenet")


@pytest.mark.parametrize(
    ("split", "queries", "gallery", "extended"),
    [
        ("sketchy1", 15_229, 17_101, 14_601),
        ("sketchy2", 12_694, 12_553, 10_453),
        ("tuberlin", 2_400, 27_989, None),
        ("tuberlin@sempcyc", 2_400, 25_708, None),
        ("quickdraw", 92_291, 54_151, None),
    ],
)
def test_splits_have_their_published_sizes(split: str, queries: int, gallery: int, extended: int | None) -> None:
    size = split_size(split)

    assert (size.queries, size.gallery, size.extended_gallery) == (queries, gallery, extended)


def test_every_split_has_a_size() -> None:
    assert all(split_size(split).queries and split_size(split).gallery for split in SPLITS)
    assert set(LISTED_GALLERIES) < set(SPLITS)
    assert len(class_list("tuberlin")) == 250
