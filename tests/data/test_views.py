import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkseek.data.galleries import GalleryMode, gallery_photos
from inkseek.data.layouts import probe, read_class_folders, read_folders
from inkseek.data.manifest import Manifest, Modality, Row
from inkseek.data.report import LISTED_TWICE, NOT_SEEN, SET_ASIDE
from inkseek.data.splits import ClassSplit
from inkseek.data.views import (
    TrainingData,
    evaluation_view,
    generalized_view,
    held_out,
    held_out_view,
    training_view,
    validation_view,
)
from inkseek.errors import DataError, SplitError
from tests.data.conftest import write_data_set, write_photo

SPLIT = ClassSplit(("cat", "dog"), ("door",), ("bat",))
CLASSES = (*SPLIT.class_names, "zebra")
ROOT = Path("/data")
SIDES: tuple[Modality, ...] = ("sketch", "photo")
NUMBERED = [(name, number) for name in ("cat", "bat") for number in range(9)]


@st.composite
def _rows(draw: st.DrawFn, source: str) -> list[Row]:
    # few hashes, so that equal contents under different classes and sources are the rule
    contents = st.tuples(st.sampled_from(("sketch", "photo")), st.sampled_from(CLASSES), st.integers(0, 30))
    found: list[tuple[Modality, str, int]] = draw(st.lists(contents, min_size=1, max_size=60))  # type: ignore[arg-type]
    return [
        Row(modality, name, source, f"{source}/{name}/{number}", f"{content:064x}")
        for number, (modality, name, content) in enumerate(found)
    ]


@given(benchmark=_rows("benchmark"), more=_rows("more"))
def test_no_unseen_picture_can_reach_training(benchmark: list[Row], more: list[Row]) -> None:
    manifests = [Manifest(ROOT, tuple(benchmark)), Manifest(ROOT, tuple(more))]
    try:
        data = training_view(manifests, SPLIT, held_out_per_class=2)
    except DataError:
        return
    everything = [*benchmark, *more]
    unseen = [row for row in everything if row.class_name in {"door", "bat"}]
    forbidden = {row.sha256 for row in [*unseen, *data.held_out.rows]}
    assert {row.class_name for row in data.manifest.rows} <= set(SPLIT.seen)
    assert not {row.sha256 for row in data.manifest.rows} & forbidden
    assert not set(data.manifest.rows) & set(data.held_out.rows)
    # and nothing else was lost
    allowed = {row for row in everything if row.class_name in SPLIT.seen and row.sha256 not in forbidden}
    assert set(data.manifest.rows) == allowed
    reported = data.report.counts.get(SET_ASIDE, 0)
    seen = [row for row in everything if row.class_name in SPLIT.seen]
    assert len(seen) == len(data.manifest) + len(data.held_out) + reported


@pytest.mark.parametrize(
    "row",
    [
        Row("photo", "bat", "s", "p", "new"),
        Row("photo", "door", "s", "p", "new"),
        Row("photo", "zebra", "s", "p", "new"),
        Row("photo", "cat", "s", "p", "aside"),
        Row("photo", "cat", "s", "p", "held"),
    ],
)
def test_training_data_cannot_be_made_with_a_picture_that_is_set_aside(row: Row) -> None:
    kept_back = Manifest(ROOT, (Row("photo", "cat", "s", "q", "held"),))
    with pytest.raises(SplitError, match="must not reach"):
        TrainingData(Manifest(ROOT, (row,)), SPLIT, kept_back, frozenset({"aside"}))


@given(rows=_rows("s").flatmap(st.permutations))
def test_held_out_pictures_do_not_depend_on_the_order_of_files(rows: list[Row]) -> None:
    ordered = sorted(rows, key=lambda row: row.path)
    for manifest in (Manifest(ROOT, tuple(rows)), Manifest(ROOT, tuple(ordered))):
        assert held_out(manifest, 3) == held_out(Manifest(ROOT, tuple(reversed(ordered))), 3)


def test_held_out_pictures_do_not_depend_on_names(two_folders: Path) -> None:
    before = {row.sha256 for row in held_out(read_folders(two_folders)[0]).rows}
    for number, file in enumerate(sorted(two_folders.glob("*/*/*"), key=lambda file: file.stat().st_size)):
        file.rename(file.with_stem(f"renamed-{number}"))
    after, _ = read_folders(two_folders)
    assert {row.sha256 for row in held_out(after).rows} == before


def test_five_of_each_modality_and_class_of_the_first_source_are_held_out(tmp_path: Path, two_folders: Path) -> None:
    write_data_set(tmp_path / "sk", tmp_path / "more", ("cat", "dog", "bat"), 7, first_seed=500)
    manifests = [read_folders(two_folders)[0], read_class_folders(tmp_path / "more", "photo")[0]]
    data = training_view(manifests, SPLIT)
    groups = [(modality, name) for modality in ("sketch", "photo") for name in SPLIT.seen]
    for modality, name in groups:
        assert len(data.held_out.select(modality=modality, classes=[name])) == 5  # type: ignore[arg-type]
    assert {row.source for row in data.held_out.rows} == {"set"}
    assert len(data.manifest.select(modality="photo")) == 2 * (2 + 7)
    assert data.manifest.root == data.held_out.root
    assert all(data.held_out.file(row).is_file() for row in data.held_out.rows)
    assert data.class_names == ("cat", "dog")
    assert data.report.counts == {NOT_SEEN: 3}


def test_a_copy_of_an_unseen_or_held_out_picture_is_left_out_and_reported(tmp_path: Path, two_folders: Path) -> None:
    benchmark, _ = read_folders(two_folders)
    more = tmp_path / "more" / "cat"
    write_photo(more / "good.jpg", 900)
    unseen = benchmark.select(modality="photo", classes=["bat"]).rows[0]
    kept_back = held_out(benchmark).select(modality="photo", classes=["dog"]).rows[0]
    for number, row in enumerate((unseen, kept_back)):
        shutil.copy(benchmark.file(row), more / f"copy-{number}.jpg")
    data = training_view([benchmark, read_class_folders(tmp_path / "more", "photo")[0]], SPLIT)
    assert data.report.counts[SET_ASIDE] == 2
    assert [entry.path for entry in data.report.skipped if entry.fault == SET_ASIDE] == [
        "more/cat/copy-0.jpg",
        "more/cat/copy-1.jpg",
    ]
    assert [row.path for row in data.manifest.rows if row.source == "more"] == ["more/cat/good.jpg"]


def test_a_photo_of_both_folders_is_trained_on_or_held_out_once(tmp_path: Path) -> None:
    base, extended = tmp_path / "256x256", tmp_path / "EXTEND_image_sketchy"
    write_data_set(base / "sketch/tx_000000000000", base / "photo/tx_000000000000", ("cat", "bat"), 7)
    for number in range(7):
        write_photo(extended / "cat" / f"{number}.jpg", 600 + number)  # other bytes, the same picture
        write_photo(extended / "cat" / f"ext_{number}.jpg", 700 + number)
    manifest = probe(tmp_path).manifest
    assert len(manifest.select(modality="photo", classes=["cat"])) == 21
    data = training_view([manifest], ClassSplit(("cat",), (), ("bat",)))
    photos = [*data.manifest.select(modality="photo").rows, *data.held_out.select(modality="photo").rows]
    assert sorted(Path(row.path).name for row in photos) == sorted(
        f"{start}{number}.jpg" for start in ("", "ext_") for number in range(7)
    )
    copies = [entry for entry in data.report.skipped if entry.fault == LISTED_TWICE]
    assert [(entry.path, entry.detail[:8]) for entry in copies] == [(f"{tmp_path.name}/cat", "7 photos")]
    pseudo = ClassSplit(("bat",), ("cat",), ())
    assert len(validation_view(manifest, pseudo).gallery) == 14
    assert len(evaluation_view(manifest, ["cat"]).gallery) == 21


def test_an_original_that_the_extended_folder_holds_is_never_held_out() -> None:
    folders = (("256x256/photo", "0"), ("extended_photo", "f"))  # the originals have the smallest hashes
    photos = tuple(
        Row("photo", "cat", "s", f"{folder}/cat/{number}.jpg", f"{start}{number}")
        for folder, start in folders
        for number in range(8)
    )
    data = training_view([Manifest(ROOT, photos)], ClassSplit(("cat",), (), ()))
    assert {row.path.split("/")[0] for row in (*data.held_out.rows, *data.manifest.rows)} == {"extended_photo"}


def test_nothing_left_to_train_on(two_folders: Path) -> None:
    manifest, _ = read_folders(two_folders)
    with pytest.raises(DataError, match="no picture of a seen class"):
        training_view([manifest], SPLIT, held_out_per_class=7)


def test_evaluation_views(two_folders: Path) -> None:
    manifest, _ = read_folders(two_folders)
    data = evaluation_view(manifest, ("bat", "unicorn", "cat"))
    assert (len(data.queries), len(data.gallery)) == (14, 14)
    assert (data.class_names, data.absent) == (("bat", "cat"), ("unicorn",))
    assert validation_view(manifest, SPLIT).class_names == ("door",)
    held = held_out_view(training_view([manifest], SPLIT))
    assert (len(held.queries), len(held.gallery), held.class_names) == (10, 10, ("cat", "dog"))


def test_a_measurement_needs_both_modalities(two_folders: Path) -> None:
    manifest, _ = read_folders(two_folders)
    for part in (manifest.select(modality="sketch"), manifest.select(modality="photo"), manifest.select(classes=[])):
        with pytest.raises(DataError, match="needs both"):
            evaluation_view(part, ("cat",))


# Generalized zero-shot retrieval


@pytest.fixture
def sketchy_like() -> Manifest:
    """20 sketches, 30 originals and 40 extended photos a class; every original has a namesake among the extended."""
    kinds: tuple[tuple[Modality, str, int], ...] = (
        ("sketch", "256x256/sketch/tx_000000000000", 20),
        ("photo", "256x256/photo/tx_000000000000", 30),
        ("photo", "EXTEND_image_sketchy", 40),
    )
    return Manifest(
        ROOT,
        tuple(
            Row(modality, name, "s", (path := f"{folder}/{name}/{number}.jpg"), sha256(path.encode()).hexdigest())
            for modality, folder, count in kinds
            for name in ("cat", "dog", "bat", "door")
            for number in range(count)
        ),
    )


GENERALIZED = ClassSplit(("cat", "dog", "door"), (), ("bat",))


@pytest.mark.parametrize(("gallery", "unseen"), [("as_listed", 70), ("extended_only", 40), ("distinct", 40)])
def test_held_out_photos_of_seen_classes_join_the_gallery(
    sketchy_like: Manifest, gallery: GalleryMode, unseen: int
) -> None:
    data = generalized_view(sketchy_like, GENERALIZED, "held_out", gallery=gallery)
    assert (data.generalized, data.gallery_mode) == ("held_out", gallery)
    assert data.queries == evaluation_view(sketchy_like, ["bat"]).queries
    joined = data.gallery.select(classes=GENERALIZED.seen)
    assert len(data.gallery) == unseen + len(joined)
    training = training_view([sketchy_like], GENERALIZED)
    assert joined == training.held_out.select(modality="photo")  # exactly those that training leaves alone
    assert len(joined) == 3 * 5
    assert data.class_names == ("bat", "cat", "dog", "door")


@pytest.mark.parametrize(("gallery", "unseen"), [("as_listed", 70), ("extended_only", 40)])
def test_a_fifth_of_seen_pictures_joins_queries_and_gallery(
    sketchy_like: Manifest, gallery: GalleryMode, unseen: int
) -> None:
    data = generalized_view(sketchy_like, GENERALIZED, "sempcyc", gallery=gallery)
    sides = (
        (data.queries, sketchy_like.select(modality="sketch"), 20),
        (data.gallery, gallery_photos(sketchy_like.select(modality="photo"), gallery), unseen),
    )
    generator = np.random.RandomState(0)
    for found, pool, count in sides:
        assert found.select(classes=["bat"]) == pool.select(classes=["bat"])
        seen = [row for row in pool.rows if row.class_name != "bat"]
        drawn = generator.choice(len(seen), count // 5, replace=False)
        assert set(found.select(classes=GENERALIZED.seen).rows) == {seen[position] for position in drawn}
        assert len(found) == count + count // 5
    assert data.generalized == "sempcyc"


def test_shares_are_rounded_down() -> None:
    rows = [Row(side, name, "s", f"{side}/{name}/{n}", f"{side}{name}{n}") for side in SIDES for name, n in NUMBERED]
    data = generalized_view(Manifest(ROOT, tuple(rows)), ClassSplit(("cat",), (), ("bat",)), "sempcyc")
    assert (len(data.queries), len(data.gallery)) == (9 + 1, 9 + 1)


def test_too_few_seen_pictures_to_draw_from(sketchy_like: Manifest) -> None:
    few = Manifest(
        ROOT, tuple(row for row in sketchy_like.rows if row.class_name == "bat" or row.path.endswith("/0.jpg"))
    )
    with pytest.raises(DataError, match="3 pictures of seen classes, where 4 are to join 20 unseen ones"):
        generalized_view(few, GENERALIZED, "sempcyc")
