"""A gallery where nothing may be written: read by another user, whose rights the file system checks also for root."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkseek.retrieval.database import DATABASE
from inkseek.retrieval.gallery import Gallery
from tests.cli.calling import Done, inkseek, inkseek_process, refusal
from tests.cli.conftest import World, make_world, write_picture
from tests.retrieval.old_galleries import gallery_of_format_1

NOBODY = 65534

AS_NOBODY = """
import contextlib, os, sys
from inkseek.cli.main import run
wanted, sys.argv = sys.argv, ["inkseek", *{first!r}]
with open(os.devnull, "w") as silence, contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
    with contextlib.suppress(SystemExit):
        run()
import inkseek.retrieval.compaction, inkseek.retrieval.removal, inkseek.retrieval.tags
sys.argv = wanted
os.chdir("/")
os.setuid({nobody})
"""
"""A verb first runs by root on another gallery and so imports all it needs: the other may not read the program."""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")


@pytest.fixture
def open_world() -> Iterator[World]:
    """Good input in a folder that everybody can read and only root can write to."""
    root = Path(tempfile.mkdtemp(prefix="inkseek-read-only-"))
    root.chmod(0o755)
    world = make_world(root / "world")
    shutil.copytree(world.gallery, root / "world/other")
    yield world
    shutil.rmtree(root)


def before(world: World, verb: object) -> str:
    """Statements by which a process becomes the other user's."""
    other = str(world.root / "other")
    first = {
        "search": ("search", other, str(world.query)),
        "index": ("index", str(world.photos), "--gallery", other, "--model", str(world.model)),
    }
    return AS_NOBODY.format(nobody=NOBODY, first=first.get(str(verb), ("gallery", "verify", other, "--json")))


def as_nobody(world: World, *arguments: str | Path) -> Done:
    return inkseek_process(*arguments, before=before(world, arguments[0]))


def files(world: World) -> list[str]:
    return sorted(path.name for path in world.gallery.iterdir())


def test_search_and_info_work_and_leave_nothing(open_world: World) -> None:
    there = files(open_world)
    call = ("search", open_world.gallery, open_world.query, "--json")
    mine, theirs = inkseek(*call).json()["results"], as_nobody(open_world, *call).json()["results"]
    assert theirs == mine
    (open_world.gallery / "index.f16").unlink()
    assert as_nobody(open_world, *call).json()["results"] == mine, "without the index too"
    told = as_nobody(open_world, "gallery", "info", open_world.gallery, "--json").json()["gallery"]
    assert (told["photos"], told["index"]) == (3, "none")
    assert as_nobody(open_world, "gallery", "verify", open_world.gallery).code == 0
    assert files(open_world) == [name for name in there if name != "index.f16"]


def test_changes_are_one_sentence(open_world: World) -> None:
    gallery = open_world.gallery
    for call in (
        ("index", open_world.photos, "--gallery", gallery, "--model", open_world.model),
        ("gallery", "tag", gallery, "red", "*"),
    ):
        sentence = refusal(as_nobody(open_world, *call))
        assert sentence == f"{gallery}: this gallery is read-only; give yourself the right to write to it"


def test_a_folder_that_cannot_be_entered_is_one_sentence(open_world: World) -> None:
    open_world.gallery.chmod(0o744)
    sentence = refusal(as_nobody(open_world, "gallery", "info", open_world.gallery))
    assert sentence == f"{open_world.gallery}: the database cannot be opened; check the rights of the folder"


def test_a_file_that_cannot_be_read_is_one_sentence(open_world: World) -> None:
    (open_world.gallery / DATABASE).chmod(0o600)
    sentence = refusal(as_nobody(open_world, "gallery", "info", open_world.gallery))
    assert sentence == f"{open_world.gallery}: the database cannot be opened; check the rights of the folder"


def test_the_last_commit_of_a_writer_at_work_is_seen(open_world: World) -> None:
    write_picture(open_world.photos / "late.png", 77)
    with Gallery.open(open_world.gallery) as gallery:
        gallery.remove([1])
        assert (open_world.gallery / f"{DATABASE}-wal").stat().st_size
        told = as_nobody(open_world, "gallery", "info", open_world.gallery, "--json").json()
    assert told["gallery"]["photos"] == 2


def leave_a_journal(folder: Path) -> None:
    """As a writer that was killed: its last commit lies in the journal."""
    script = """
import os, sys
from pathlib import Path
from inkseek.retrieval.gallery import Gallery
gallery = Gallery.open(Path(sys.argv[1]))
gallery.remove([1])
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", script, folder], check=False)
    assert (folder / f"{DATABASE}-wal").stat().st_size


def test_the_last_commit_of_a_killed_writer_is_seen(open_world: World) -> None:
    leave_a_journal(open_world.gallery)
    told = as_nobody(open_world, "gallery", "info", open_world.gallery, "--json").json()
    assert told["gallery"]["photos"] == 2


def test_a_journal_that_cannot_be_taken_over_is_explained(open_world: World) -> None:
    gallery = open_world.gallery
    leave_a_journal(gallery)
    (gallery / f"{DATABASE}-shm").unlink()
    sentence = refusal(as_nobody(open_world, "gallery", "info", gallery))
    assert sentence == (
        f"{gallery}: the last changes lie in gallery.sqlite-wal, which only someone with the right to write here can "
        f"take over; let them run: inkseek gallery info {gallery}"
    )
    assert inkseek("gallery", "info", gallery).code == 0
    assert as_nobody(open_world, "gallery", "info", gallery).code == 0


def test_an_old_format_is_read(open_world: World) -> None:
    old = gallery_of_format_1(open_world.root / "old")
    told = as_nobody(open_world, "gallery", "info", old, "--json").json()
    assert (told["gallery"]["photos"], told["gallery"]["format"]) == (3, 1)
    assert json.dumps(told["folders"]) == "[]"


def test_a_change_under_a_reader_without_locks_is_an_error(open_world: World) -> None:
    """The writer begins after the reader: a child as another user says when it has opened the gallery."""
    script = f"""
{before(open_world, "gallery")}
import sys
from pathlib import Path
from inkseek.errors import GalleryError
from inkseek.retrieval.gallery import Gallery
gallery = Gallery.open(Path(sys.argv[1]), write=False)
print(len(gallery), flush=True)
sys.stdin.readline()
try:
    print(len(gallery))
except GalleryError as error:
    print(error)
"""
    command = [sys.executable, "-c", script, str(open_world.gallery)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "3\n"
        with Gallery.open(open_world.gallery) as gallery:
            gallery.remove([1])
        said, _ = reader.communicate("\n", timeout=60)
    assert said == f"{open_world.gallery}: was changed while it was read without the right to lock it; open it again\n"
