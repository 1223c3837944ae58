"""Foreign galleries and full disks: one sentence, and the gallery is as of its last commit."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inkseek.retrieval import opening
from tests.cli.calling import inkseek, inkseek_process, refusal
from tests.cli.conftest import World, still_answers, write_picture
from tests.tiny_model import write_tiny_model_folder


def test_the_gallery_of_another_encoder(world: World, tmp_path: Path) -> None:
    other = write_tiny_model_folder(tmp_path / "other", seed=1)
    for call in (
        ("search", world.gallery, world.query, "--model", other, "--json"),
        ("index", world.photos, "--gallery", world.gallery, "--model", other),
    ):
        sentence = refusal(inkseek(*call))
        assert sentence.startswith(f"{world.gallery}: holds vectors of the encoder tiny (")
        assert sentence.endswith("--model MODEL")
    still_answers(world)


def test_the_database_of_another_program(world: World, tmp_path: Path) -> None:
    (tmp_path / "foreign").mkdir()
    with closing(sqlite3.connect(tmp_path / "foreign/gallery.sqlite")) as connection:
        connection.execute("CREATE TABLE pictures (id INTEGER)")
        connection.commit()
    (tmp_path / "text").mkdir()
    (tmp_path / "text/gallery.sqlite").write_text("dear diary, " * 100)
    for folder in (tmp_path / "foreign", tmp_path / "text"):
        before = (folder / "gallery.sqlite").read_bytes()
        for call in (
            ("search", folder, world.query),
            ("index", world.photos, "--gallery", folder, "--model", world.model),
            ("gallery", "remove", folder, "*"),
        ):
            sentence = refusal(inkseek(*call))
            assert sentence == f"{folder}: this is no inkseek gallery; choose another folder for the gallery"
        assert (folder / "gallery.sqlite").read_bytes() == before


def test_a_folder_of_something_else_does_not_become_a_gallery(world: World) -> None:
    sentence = refusal(inkseek("index", world.photos, "--gallery", world.photos, "--model", world.model))
    assert sentence.endswith("and is no gallery; choose a new or empty folder")


def test_removing_what_is_not_there_removes_nothing(world: World) -> None:
    sentence = refusal(inkseek("gallery", "remove", world.gallery, world.photos / "0.png", world.photos / "9.png"))
    assert "holds no picture that matches" in sentence
    still_answers(world)


# No space


def _grow(own: World, count: int) -> None:
    for number in range(count):
        write_picture(own.photos / "more" / f"{number:03}.png", 100 + number, 8)


def _recovers(own: World, model: Path, count: int) -> None:
    held = inkseek("gallery", "info", own.gallery, "--json").json()["gallery"]["photos"]
    assert 3 < held < 3 + count
    first = inkseek("search", own.gallery, own.photos / "1.png", "--photo", "-k", "1", "--json").json()["results"][0]
    assert (first["id"], Path(first["path"])) == (2, own.photos / "1.png")
    report = inkseek("index", own.photos, "--gallery", own.gallery, "--model", model, "--json").json()
    assert report["photos"] == 3 + count
    assert report["report"]["added"] == 3 + count - held


@pytest.mark.slow
def test_a_disk_that_takes_no_more_keeps_the_last_commit(own: World, tmp_path: Path) -> None:
    """The process may write no file beyond 300 kB: one commit of 128 vectors of 1 kB fits, three do not."""
    model = write_tiny_model_folder(tmp_path / "wide", dimension=512)
    shutil.rmtree(own.gallery)
    call = ("index", own.photos, "--gallery", own.gallery, "--model", model)
    assert inkseek(*call).code == 0
    _grow(own, 400)
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))"
    sentence = refusal(inkseek_process(*call, before=limit))
    assert sentence.startswith(f"{own.gallery}: ")
    assert "check the disk and its free space, then run the command again" in sentence
    _recovers(own, model, 400)


def test_a_full_database_keeps_the_last_commit(own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite itself says that there is no space: 20 pages hold one commit of 128 photos, not three."""
    _grow(own, 400)
    original = opening.open_database

    def nearly_full(folder: Path, *, write: bool) -> sqlite3.Connection:
        connection = original(folder, write=write)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")
        return connection

    with monkeypatch.context() as patch:
        patch.setattr("inkseek.retrieval.gallery.open_database", nearly_full)
        sentence = refusal(inkseek("index", own.photos, "--gallery", own.gallery, "--model", own.model))
    assert sentence == (
        f"{own.gallery}: no space left; nothing committed before is lost: free some space and run the command again"
    )
    _recovers(own, own.model, 400)
