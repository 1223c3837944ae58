import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inkseek.errors import FingerprintMismatch, GalleryError, PictureFault
from inkseek.retrieval.database import APPLICATION_ID, DATABASE, PARTIAL
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.records import BadPicture
from tests.retrieval.galleries import description, filled, known_as, picture, unit_rows, vectors_of


def test_pictures_and_vectors_survive_closing(tmp_path: Path) -> None:
    features = unit_rows(3, 8)
    with filled(tmp_path / "g", features) as gallery:
        assert len(gallery) == 3
    with Gallery.open(tmp_path / "g", "f" * 64) as gallery:
        ids, vectors = vectors_of(gallery)
        assert ids.tolist() == [1, 2, 3]
        assert vectors.dtype == np.float16
        np.testing.assert_array_equal(vectors, features.astype(np.float16))
        assert gallery.description == description()
        assert known_as(gallery, Path("/photos/000001.jpg")) == (100, 1_000)
        assert known_as(gallery, Path("/photos/other.jpg")) is None
        found = gallery.pictures([2, 1, 99])
        assert [(one.id, one.path.name, one.width, one.height) for one in found] == [
            (2, "000001.jpg", 640, 480),
            (1, "000000.jpg", 640, 480),
        ]


def test_an_empty_gallery_has_no_vectors(tmp_path: Path) -> None:
    with Gallery.create(tmp_path / "g", description()) as gallery:
        ids, vectors = vectors_of(gallery)
        assert len(gallery) == 0
        assert ids.shape == (0,)
        assert vectors.shape == (0, 8)


def test_ids_are_never_reused(tmp_path: Path) -> None:
    with filled(tmp_path / "g", unit_rows(3, 8)) as gallery:
        assert gallery.remove([2, 3]) == 2
    with Gallery.open(tmp_path / "g") as gallery:
        assert gallery.add([picture("new.jpg")], unit_rows(1, 8)) == [4]
        assert gallery.remove([4]) == 1
        assert gallery.add([picture("new.jpg")], unit_rows(1, 8)) == [5]
        assert vectors_of(gallery)[0].tolist() == [1, 5]


def test_a_known_path_keeps_its_id_and_takes_the_new_content(tmp_path: Path) -> None:
    features = unit_rows(2, 8)
    with filled(tmp_path / "g", features[:1]) as gallery:
        assert gallery.add([picture("000000.jpg", 7)], features[1:]) == [1]
        np.testing.assert_array_equal(vectors_of(gallery)[1], features[1:].astype(np.float16))


def test_a_bad_picture_loses_its_vector_and_gets_it_back_when_good(tmp_path: Path) -> None:
    bad = BadPicture(Path("/photos/000000.jpg"), 5, 6, PictureFault.CORRUPT, "broken")
    with filled(tmp_path / "g", unit_rows(2, 8)) as gallery:
        gallery.add([], np.empty((0, 8)), [bad])
        assert len(gallery) == 1
        assert list(gallery.bad()) == [bad]
        assert vectors_of(gallery)[0].tolist() == [2]
        assert gallery.pictures([1]) == []
        assert gallery.add([picture("000000.jpg")], unit_rows(1, 8)) == [1]
        assert list(gallery.bad()) == []
        assert len(gallery) == 2


def test_renaming_keeps_id_and_vector(tmp_path: Path) -> None:
    with filled(tmp_path / "g", unit_rows(1, 8)) as gallery:
        before = gallery.generation
        gallery.rename(1, Path("/photos/moved.jpg"), 77)
        assert known_as(gallery, Path("/photos/moved.jpg")) == (100, 77)
        assert vectors_of(gallery)[0].tolist() == [1]
        assert gallery.generation == before


def test_every_change_of_vectors_changes_the_generation(tmp_path: Path) -> None:
    with filled(tmp_path / "g", unit_rows(1, 8)) as gallery:
        first = gallery.generation
        gallery.add([picture("b.jpg")], unit_rows(1, 8))
        second = gallery.generation
        gallery.remove([1])
        assert len({first, second, gallery.generation}) == 3


def remove_and_fail(gallery: Gallery) -> None:
    with gallery.transaction():
        gallery.remove([1])
        gallery.add([picture("new.jpg")], unit_rows(2, 8))


def test_a_failure_inside_a_transaction_takes_everything_back(tmp_path: Path) -> None:
    with filled(tmp_path / "g", unit_rows(2, 8)) as gallery:
        generation = gallery.generation
        with pytest.raises(ValueError, match="must be"):
            remove_and_fail(gallery)
        assert vectors_of(gallery)[0].tolist() == [1, 2]
        assert gallery.generation == generation


def test_a_path_that_is_no_utf_8_is_kept(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    with Gallery.create(tmp_path / "g", description()) as gallery:
        gallery.add([picture(name)], unit_rows(1, 8))
        assert gallery.pictures([1])[0].path.name == name


def test_no_space_keeps_the_last_commit(tmp_path: Path) -> None:
    with filled(tmp_path / "g", unit_rows(3, 8)) as gallery:
        (pages,) = gallery.connection.execute("PRAGMA page_count").fetchone()
        gallery.connection.execute(f"PRAGMA max_page_count = {pages}")
        many = [picture(f"long-name-{'x' * 100}-{i}.jpg", i) for i in range(500)]
        with pytest.raises(GalleryError, match=r"no space left.*free some space and run the command again"):
            gallery.add(many, unit_rows(500, 8))
        assert len(gallery) == 3
    with Gallery.open(tmp_path / "g") as gallery:
        assert vectors_of(gallery)[0].tolist() == [1, 2, 3]
        assert len(gallery.add(many, unit_rows(500, 8))) == 500


def test_another_encoder_is_refused_and_the_sentence_says_how_to_index_again(tmp_path: Path) -> None:
    filled(tmp_path / "g", unit_rows(1, 8)).close()
    with pytest.raises(FingerprintMismatch, match=r"made up .ffffffffffff.*re-index: inkseek gallery reindex"):
        Gallery.open(tmp_path / "g", "0" * 64)


def test_no_gallery_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="no gallery here; make one with: inkseek index"):
        Gallery.open(tmp_path / "nothing")


@pytest.mark.parametrize("content", [b"", b"this is text, not a database" * 100])
def test_a_file_that_is_no_gallery_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / DATABASE).write_bytes(content)
    with pytest.raises(GalleryError, match="no inkseek gallery"):
        Gallery.open(tmp_path)
    assert (tmp_path / DATABASE).read_bytes() == content


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / DATABASE)
    connection.execute("CREATE TABLE meta (key, value)")
    connection.commit()
    connection.close()
    with pytest.raises(GalleryError, match="no inkseek gallery"):
        Gallery.open(tmp_path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    filled(tmp_path / "g", unit_rows(1, 8)).close()
    connection = sqlite3.connect(tmp_path / "g" / DATABASE)
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    with pytest.raises(GalleryError, match="format 3, but this inkseek reads format 2 and older"):
        Gallery.open(tmp_path / "g")


def test_a_damaged_database_is_one_sentence(tmp_path: Path) -> None:
    filled(tmp_path / "g", unit_rows(500, 8)).close()
    path = tmp_path / "g" / DATABASE
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    path.write_bytes(data)
    with Gallery.open(tmp_path / "g") as gallery:
        for read in (lambda: vectors_of(gallery), lambda: gallery.pictures([400]), lambda: list(gallery.paths())):
            with pytest.raises(GalleryError, match="the database is damaged; restore"):
                read()


def test_a_vector_of_wrong_length_is_refused(tmp_path: Path) -> None:
    with filled(tmp_path / "g", unit_rows(2, 8)) as gallery:
        gallery.connection.execute("UPDATE vectors SET feature = x'00' WHERE picture = 2")
        with pytest.raises(GalleryError, match="another length than 8"):
            vectors_of(gallery)


def test_a_folder_with_other_files_does_not_become_a_gallery(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(GalleryError, match=r"holds holiday.jpg and is no gallery"):
        Gallery.create(tmp_path, description())
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_file_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "g").write_bytes(b"x")
    with pytest.raises(GalleryError, match="cannot hold a gallery"):
        Gallery.create(tmp_path / "g", description())


def test_an_interrupted_creation_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / PARTIAL).write_bytes(b"half a database")
    (tmp_path / f"{PARTIAL}-journal").write_bytes(b"half a journal")
    with Gallery.create(tmp_path, description()) as gallery:
        assert len(gallery) == 0


def test_a_second_writer_is_told_to_wait(tmp_path: Path) -> None:
    with filled(tmp_path / "g", unit_rows(1, 8)) as gallery, Gallery.open(tmp_path / "g") as second:
        second.connection.execute("PRAGMA busy_timeout = 10")
        with gallery.transaction(), pytest.raises(GalleryError, match="another process is writing"):
            second.remove([1])
        assert second.remove([1]) == 1


def test_features_of_another_shape_are_refused(tmp_path: Path) -> None:
    with (
        Gallery.create(tmp_path / "g", description()) as gallery,
        pytest.raises(ValueError, match=r"must be \[1, 8\]"),
    ):
        gallery.add([picture("a.jpg")], unit_rows(1, 4))


def test_a_killed_writer_loses_only_what_was_not_committed(tmp_path: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from tests.retrieval.galleries import filled, picture, unit_rows
gallery = filled(Path(sys.argv[1]), unit_rows(3, 8))
with gallery.transaction():
    gallery.add([picture("late.jpg")], unit_rows(1, 8))
    os.kill(os.getpid(), 9)
"""
    killed = subprocess.run([sys.executable, "-c", script, tmp_path / "g"], check=False, cwd=Path(__file__).parents[2])
    assert killed.returncode == -9
    with Gallery.open(tmp_path / "g") as gallery:
        assert vectors_of(gallery)[0].tolist() == [1, 2, 3]


def test_the_file_carries_our_mark(tmp_path: Path) -> None:
    filled(tmp_path / "g", unit_rows(1, 8)).close()
    assert (tmp_path / "g" / DATABASE).read_bytes()[68:72] == APPLICATION_ID.to_bytes(4, "big")
