"""Pictures of seen classes, none of which is held out of training."""

from pathlib import Path

import pytest

from inkseek.data.views import held_out
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
