import os
from pathlib import Path

import pytest

from inkseek.errors import GalleryError
from inkseek.retrieval.scan import EXCLUDED, GALLERY, HIDDEN, LINK, NO_PICTURE, Scan


def found(scan: Scan) -> list[str]:
    return sorted(os.fsdecode(file.path)[len(os.fsdecode(scan.prefix)) :] for file in scan.files())


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


def test_picture_names_are_found_at_any_depth(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "B.JPEG", "deep/er/c.png", "d.webp", "e.heic", "notes.txt", "clip.mp4", "no_suffix")
    scan = Scan(tmp_path)
    assert found(scan) == ["B.JPEG", "a.jpg", "d.webp", "deep/er/c.png", "e.heic"]
    assert scan.ignored == {NO_PICTURE: 3}


def test_sizes_and_times_come_from_the_file(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    (file,) = Scan(tmp_path).files()
    assert (file.size, file.mtime_ns) == (1, (tmp_path / "a.jpg").stat().st_mtime_ns)


def test_hidden_names_are_passed_by(tmp_path: Path) -> None:
    touch(tmp_path, ".hidden.jpg", ".thumbs/a.jpg", "seen.jpg")
    scan = Scan(tmp_path)
    assert found(scan) == ["seen.jpg"]
    assert scan.ignored == {HIDDEN: 2}


def test_links_are_not_followed(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.jpg")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "real" / "a.jpg")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "nowhere")
    scan = Scan(tmp_path)
    assert found(scan) == ["real/a.jpg"]
    assert scan.ignored == {LINK: 3}


def test_the_named_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    scan = Scan(tmp_path / "link")
    assert scan.prefix == os.fsencode(tmp_path / "real") + b"/"
    assert found(scan) == ["a.jpg"]


def test_a_gallery_inside_is_passed_by(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "found/gallery.sqlite", "found/page.png")
    scan = Scan(tmp_path)
    assert found(scan) == ["a.jpg"]
    assert scan.ignored == {GALLERY: 1}


def test_a_pipe_is_no_picture(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    scan = Scan(tmp_path)
    assert found(scan) == []
    assert scan.ignored == {NO_PICTURE: 1}


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("*.png", ["a.jpg", "raw/b.jpg", "trip/raw/d.jpg"]),
        ("raw", ["a.jpg", "c.png"]),
        ("raw/", ["a.jpg", "c.png"]),
        ("raw/*", ["a.jpg", "c.png", "trip/raw/d.jpg"]),
        ("*/raw", ["a.jpg", "c.png", "raw/b.jpg"]),
        ("[ab].jpg", ["c.png", "trip/raw/d.jpg"]),
    ],
)
def test_excluded_names_are_passed_by(tmp_path: Path, pattern: str, left: list[str]) -> None:
    touch(tmp_path, "a.jpg", "raw/b.jpg", "c.png", "trip/raw/d.jpg")
    scan = Scan(tmp_path, (pattern,))
    assert found(scan) == left
    assert scan.ignored[EXCLUDED] > 0


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a.jpg", "locked/b.jpg")
    scandir = os.scandir

    def refuse(path: bytes) -> object:
        if b"locked" in path:
            raise PermissionError
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    scan = Scan(tmp_path)
    assert found(scan) == ["a.jpg"]
    assert scan.unreadable == [os.fsencode(tmp_path / "locked") + b"/"]
    assert not scan.covers(os.fsencode(tmp_path / "locked" / "b.jpg"))
    assert scan.covers(os.fsencode(tmp_path / "c.jpg"))


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="no such folder; give the folder that holds the photos"):
        Scan(tmp_path / "nothing")
