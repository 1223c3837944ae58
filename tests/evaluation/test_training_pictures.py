"""Pictures of seen classes, none of which is held out of training."""

from dataclasses import replace
from pathlib import Path

import pytest

from inkseek.data.manifest import Manifest
from inkseek.data.splits import ClassSplit
from inkseek.data.views import held_out, training_view
from inkseek.errors import DataError
from inkseek.evaluation.training_pictures import training_pictures
from tests.evaluation.fakes import TALL, WIDE, write_data


def test_held_out_and_unseen_pictures_are_never_taken(tmp_path: Path) -> None:
    manifest = write_data(tmp_path, {WIDE: 12, TALL: 9}, {WIDE: 7, TALL: 9})

    found = training_pictures(manifest, ["Door", "cup"])

    assert found.class_names == (WIDE,)
    assert (len(found.queries), len(found.gallery)) == (7, 2)
    aside = set(held_out(manifest).rows)
    assert not aside & {*found.queries.rows, *found.gallery.rows}


def test_a_class_gives_so_many_at_most(tmp_path: Path) -> None:
    manifest = write_data(tmp_path, {WIDE: 12, TALL: 9}, {WIDE: 7, TALL: 9})

    found = training_pictures(manifest, [WIDE, TALL], per_class=3)

    assert (len(found.queries), len(found.gallery)) == (6, 5)


def test_data_without_seen_classes_says_what_to_give(tmp_path: Path) -> None:
    manifest = write_data(tmp_path, {WIDE: 6}, {WIDE: 6})

    with pytest.raises(DataError, match="--training-data"):
        training_pictures(manifest, ["cup"])


def test_an_original_that_lies_in_both_folders_counts_once(tmp_path: Path) -> None:
    """Else twins would take two of the five places, and pictures that are held out would be taken."""
    originals = write_data(tmp_path, {WIDE: 9}, {WIDE: 12})
    twins = tuple(
        replace(row, path=row.path.replace("photo", "EXTEND_image_sketchy_ready"))
        for row in originals.select(modality="photo").rows
    )
    archive = Manifest(tmp_path, (*originals.rows, *twins))
    split = ClassSplit((WIDE,), (), (TALL,))

    found = training_pictures(archive, [WIDE])

    kept_back = {row.sha256 for row in training_view([archive], split).held_out.rows}
    assert not kept_back & {row.sha256 for row in (*found.queries.rows, *found.gallery.rows)}
    assert (len(found.queries), len(found.gallery)) == (9 - 5, 12 - 5)
