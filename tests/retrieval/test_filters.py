"""Which pictures pass filters, what can be filtered by, and how folders are named."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkseek.errors import GalleryError, PictureFault
from inkseek.retrieval.facets import Facet, facets
from inkseek.retrieval.filters import Filters, condition
from inkseek.retrieval.folders import folder_at, indexed_folders, shown_folder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.noted_folders import note_folder
from inkseek.retrieval.records import BadPicture, PictureFile
from inkseek.retrieval.tags import tag_pictures
from tests.retrieval.galleries import description, picture, unit_rows

ROOT = Path("/photos")


def seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC).timestamp())


def photo(
    name: str, class_name: str | None = None, taken: date | None = None, modified: date | None = None
) -> PictureFile:
    mtime_ns = seconds(modified or date(2001, 1, 1)) * 10**9
    return PictureFile(
        ROOT / name, 100, mtime_ns, bytes(32), 640, 480, class_name, None if taken is None else seconds(taken)
    )


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    opened = Gallery.create(tmp_path / "g", description())
    photos = [
        photo("a.jpg", "cat", date(2020, 5, 1)),
        photo("trip/b.jpg", "dog", date(2020, 5, 2)),
        photo("trip/rome/c.jpg", "dog", modified=date(2021, 7, 1)),
        photo("trip-2/d.jpg"),
    ]
    bad = BadPicture(ROOT / "trip/bad.jpg", 0, 0, PictureFault.EMPTY, "has 0 bytes")
    opened.add(photos, unit_rows(4, 8), [bad])
    note_folder(opened, ROOT, [])
    tag_pictures(opened, "red", ["/photos/trip"])
    tag_pictures(opened, "blue", ["/photos/trip/rome/c.jpg", "/photos/a.jpg"])
    return opened


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (Filters(), [1, 2, 3, 4]),
        (Filters(folder=""), [1, 2, 3, 4]),
        (Filters(folder="trip"), [2, 3]),
        (Filters(folder="trip/rome"), [3]),
        (Filters(folder="/photos/trip/"), [2, 3]),
        (Filters(folder="/photos/trip/../trip-2"), [4]),
        (Filters(folder="nowhere"), []),
        (Filters(folder="/elsewhere"), []),
        (Filters(classes=("dog",)), [2, 3]),
        (Filters(classes=("dog", "cat")), [1, 2, 3]),
        (Filters(tags=("red",)), [2, 3]),
        (Filters(tags=("red", "blue")), [3]),
        (Filters(since=date(2020, 5, 2)), [2, 3]),
        (Filters(until=date(2020, 5, 1)), [1, 4]),
        (Filters(since=date(2020, 5, 1), until=date(2020, 5, 1)), [1]),
        (Filters(since=date(2021, 7, 1), until=date.max), [3]),
        (Filters(until=date.min), []),
        (Filters(folder="trip", classes=("dog",), tags=("blue",), since=date(2021, 1, 1)), [3]),
        (Filters(classes=("'; DROP TABLE pictures; --",)), []),
    ],
)
def test_filters(gallery: Gallery, filters: Filters, ids: list[int]) -> None:
    assert gallery.select(filters).tolist() == ids
    assert gallery.select(filters).dtype == np.int64


def test_filters_know_whether_they_are_empty() -> None:
    assert not Filters()
    assert Filters(folder="").is_empty
    for some in (Filters(folder="a"), Filters(classes=("a",)), Filters(tags=("a",)), Filters(since=date.min)):
        assert some


def test_an_index_serves_every_filter(gallery: Gallery) -> None:
    for filters in (
        Filters(folder="trip"),
        Filters(classes=("dog",)),
        Filters(tags=("red",)),
        Filters(since=date(2020, 1, 1)),
        Filters(until=date(2020, 1, 1)),
    ):
        where, values = condition(filters, gallery.folders())
        query = f"SELECT id FROM pictures WHERE state = 'ready' AND {where}"  # noqa: S608 - placeholders
        plan = gallery.rows(f"EXPLAIN QUERY PLAN {query}", *values)
        assert any("SEARCH pictures USING" in row[3] for row in plan), plan


CLASSES, TAGS = ("cat", "dog"), ("red", "blue")
NAMES = st.lists(st.sampled_from(["a", "b", "a-"]), min_size=1, max_size=3).map("/".join)
DAYS = st.none() | st.integers(0, 4).map(lambda day: date(2020, 1, 1) + timedelta(days=day))


@st.composite
def pictures(draw: st.DrawFn) -> tuple[PictureFile, frozenset[str]]:
    taken = draw(DAYS)
    modified = draw(DAYS.filter(lambda day: day is not None))
    found = photo(draw(NAMES) + ".jpg", draw(st.none() | st.sampled_from(CLASSES)), taken, modified)
    return found, draw(st.frozensets(st.sampled_from(TAGS)))


FILTERS = st.builds(
    Filters,
    folder=st.none() | NAMES,
    classes=st.lists(st.sampled_from(CLASSES)).map(tuple),
    tags=st.lists(st.sampled_from(TAGS)).map(tuple),
    since=DAYS,
    until=DAYS,
)


@settings(max_examples=25)
@given(st.lists(pictures(), max_size=12, unique_by=lambda one: one[0].path), st.lists(FILTERS, min_size=1, max_size=8))
def test_select_is_what_the_filters_say(rows: list[tuple[PictureFile, frozenset[str]]], asked: list[Filters]) -> None:
    def passes(file: PictureFile, tags: frozenset[str], filters: Filters) -> bool:
        stamp = file.mtime_ns // 10**9 if file.taken is None else file.taken
        day = datetime.fromtimestamp(stamp, UTC).date()
        return (
            (not filters.folder or (ROOT / filters.folder) in file.path.parents)
            and (not filters.classes or file.class_name in filters.classes)
            and set(filters.tags) <= tags
            and (filters.since or date.min) <= day <= (filters.until or date.max)
        )

    with TemporaryDirectory() as folder, Gallery.create(Path(folder) / "g", description()) as gallery:
        ids = gallery.add([file for file, _ in rows], unit_rows(len(rows), 8))
        note_folder(gallery, ROOT, [])
        for file, tags in rows:
            for tag in tags:
                tag_pictures(gallery, tag, [file.path])
        for filters in asked:
            expected = [i for i, (file, tags) in zip(ids, rows, strict=True) if passes(file, tags, filters)]
            assert gallery.select(filters).tolist() == expected


def test_facets(gallery: Gallery) -> None:
    found = facets(gallery)
    assert found.classes == (Facet("dog", 2), Facet("cat", 1))
    assert found.tags == (Facet("blue", 2), Facet("red", 2))
    assert found.folders == (Facet("trip", 2), Facet("trip-2", 1), Facet("trip/rome", 1))
    assert (found.first, found.last) == (date(2001, 1, 1), date(2021, 7, 1))
    few = facets(gallery, most=1)
    assert (few.classes, few.folders) == (found.classes[:1], found.folders[:1])


def test_every_facet_counts_what_its_filter_passes(gallery: Gallery) -> None:
    found = facets(gallery)
    for facet in found.classes:
        assert len(gallery.select(Filters(classes=(facet.name,)))) == facet.photos
    for facet in found.tags:
        assert len(gallery.select(Filters(tags=(facet.name,)))) == facet.photos
    for facet in found.folders:
        assert len(gallery.select(Filters(folder=facet.name))) == facet.photos
    assert len(gallery.select(Filters(since=found.first, until=found.last))) == len(gallery)


def test_facets_of_an_empty_gallery(tmp_path: Path) -> None:
    with Gallery.create(tmp_path / "g", description()) as gallery:
        found = facets(gallery)
    assert (found.classes, found.tags, found.folders, found.first, found.last) == ((), (), (), None, None)


def test_a_time_beyond_all_days_is_the_last_day(tmp_path: Path) -> None:
    with Gallery.create(tmp_path / "g", description()) as gallery:
        gallery.add([PictureFile(ROOT / "a.jpg", 1, 2**62, bytes(32), 1, 1, None, 2**40)], unit_rows(1, 8))
        assert facets(gallery).last == date.max


def test_records_say_all_that_is_known(gallery: Gallery) -> None:
    record = gallery.picture(3)
    assert record is not None
    assert (record.path, record.root, record.folder) == (ROOT / "trip/rome/c.jpg", ROOT, "trip/rome")
    assert (record.inside, record.tags, record.class_name) == (Path("trip/rome/c.jpg"), ("blue", "red"), "dog")
    assert (record.taken, record.date) == (None, seconds(date(2021, 7, 1)))
    assert (record.size, record.width, record.height, record.sha256) == (100, 640, 480, bytes(32))
    assert [one.id for one in gallery.pictures([4, 99, 1])] == [4, 1]
    assert [one.folder for one in gallery.pictures([1, 2])] == ["", "trip"]
    assert gallery.picture(5) is None, "a bad picture cannot be found"


def test_a_picture_outside_the_indexed_folders_has_no_folder(gallery: Gallery) -> None:
    (picture_id,) = gallery.add([PictureFile(Path("/other/x.jpg"), 1, 1, bytes(32), 1, 1)], unit_rows(1, 8))
    record = gallery.picture(picture_id)
    assert record is not None
    assert (record.root, record.folder, record.inside) == (None, None, Path("/other/x.jpg"))
    assert all("other" not in facet.name for facet in facets(gallery).folders)


def test_vectors_come_in_the_order_of_their_ids(gallery: Gallery) -> None:
    features = unit_rows(4, 8).astype(np.float16)
    np.testing.assert_array_equal(gallery.vectors_of([3, 1, 3]), features[[2, 0, 2]])
    assert gallery.vectors_of([]).shape == (0, 8)
    assert gallery.vectors_of(np.array([2])).dtype == np.float16
    with pytest.raises(GalleryError, match="holds no picture with the id 99"):
        gallery.vectors_of([1, 99])


def test_several_roots_are_told_apart_by_name() -> None:
    roots = indexed_folders(
        [(b"/a/photos", "[]"), (b"/b/photos", '["raw"]'), (b"/b/photos (2)", "[]"), (b"/", "[]")][:3]
    )
    assert [(root.name, root.exclude) for root in roots] == [
        ("photos", ()),
        ("photos (2)", ("raw",)),
        ("photos (2) (2)", ()),
    ]
    assert shown_folder(Path("/b/photos/trip"), roots) == "photos (2)/trip"
    assert folder_at("photos (2)/trip", roots) == Path("/b/photos/trip")
    assert folder_at("photos", roots) == Path("/a/photos")
    assert folder_at("trip", roots) is None
    assert shown_folder(Path("/c"), roots) is None


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), NAMES)
def test_a_shown_name_leads_back_to_its_folder(names: list[str], inside: str) -> None:
    roots = indexed_folders([(f"/{i}/{name}".encode(), "[]") for i, name in enumerate(names)])
    for root in roots:
        shown = shown_folder(root.path / inside, roots)
        assert shown is not None
        assert folder_at(shown, roots) == root.path / inside


def test_facets_of_two_roots_lead_to_their_pictures(gallery: Gallery) -> None:
    gallery.add([PictureFile(Path("/more/photos/trip/x.jpg"), 1, 1, bytes(32), 1, 1)], unit_rows(1, 8))
    note_folder(gallery, Path("/more/photos"), [])
    found = {facet.name: facet.photos for facet in facets(gallery).folders}
    assert found == {
        "photos": 4,
        "photos/trip": 2,
        "photos/trip-2": 1,
        "photos/trip/rome": 1,
        "photos (2)": 1,
        "photos (2)/trip": 1,
    }
    for name, photos in found.items():
        assert len(gallery.select(Filters(folder=name))) == photos


def test_a_picture_of_a_changed_file_keeps_its_tags(gallery: Gallery) -> None:
    gallery.add([photo("a.jpg", "cat")], unit_rows(1, 8))
    gallery.remove([3])
    assert gallery.select(Filters(tags=("blue",))).tolist() == [1]
    assert gallery.rows("SELECT count(*) FROM tags WHERE picture = 3") == [(0,)]
    assert picture("x").taken is None
