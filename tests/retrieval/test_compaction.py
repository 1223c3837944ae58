"""Compaction gives the disk back, refuses beside a writer, hinders no reader, and fails without loss."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from inkseek.errors import GalleryError
from inkseek.retrieval import compaction
from inkseek.retrieval.checking import verify
from inkseek.retrieval.compaction import compact
from inkseek.retrieval.database import DATABASE
from inkseek.retrieval.gallery import Gallery
from tests.retrieval.galleries import filled, full_disk, picture, unit_rows, vectors_of


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    """Ten pictures left of two thousand."""
    with filled(tmp_path / "g", unit_rows(2000, 64)) as opened:
        opened.remove(range(11, 2001))
        opened.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        yield opened


def test_the_disk_is_given_back_and_nothing_else_changes(gallery: Gallery) -> None:
    before = vectors_of(gallery), gallery.generation
    size = (gallery.folder / DATABASE).stat().st_size
    done = compact(gallery)
    assert done.before >= size > 5 * done.after
    assert done.after == (gallery.folder / DATABASE).stat().st_size
    assert not done.readers
    np.testing.assert_array_equal(vectors_of(gallery)[1], before[0][1])
    assert gallery.generation == before[1]
    assert gallery.add([picture("new.jpg", 1)], unit_rows(1, 64)) == [2001], "ids are not given again"
    assert list(verify(gallery.folder)) == []


def test_a_writer_at_work_is_not_disturbed(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "PATIENCE_SECONDS", 0.01)
    with Gallery.open(gallery.folder) as second:
        with second.transaction():
            second.remove([1])
            with pytest.raises(GalleryError, match="another process is writing to this gallery; wait until"):
                compact(gallery)
        assert len(gallery) == 9
    assert gallery.rows("PRAGMA busy_timeout") == [(30_000,)]
    assert compact(gallery).after < compact(gallery).before + 1


def test_a_reader_goes_on_with_its_state(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "PATIENCE_SECONDS", 0.01)
    with Gallery.open(gallery.folder, write=False) as reader, reader.transaction(write=False):
        before = vectors_of(reader)
        done = compact(gallery)
        assert done.readers
        gallery.remove([1])
        after = vectors_of(reader)
        assert after[0].tolist() == before[0].tolist()
        np.testing.assert_array_equal(after[1], before[1])
    assert compact(gallery).after < done.before / 5


def test_no_space_leaves_the_gallery_as_it_was(gallery: Gallery) -> None:
    before = (gallery.folder / DATABASE).read_bytes()
    with full_disk(8192), pytest.raises(GalleryError, match="check the disk and its free space"):
        compact(gallery)
    assert (gallery.folder / DATABASE).read_bytes() == before
    assert list(verify(gallery.folder)) == []
    assert compact(gallery).after < len(before)
