"""Archives that are whole, damaged or hostile."""

import re
import stat
import zipfile
from pathlib import Path
from typing import TypedDict

import pytest

from inkseek.data.archives import unpack_zip
from inkseek.errors import DataError

Files = dict[str | zipfile.ZipInfo, bytes]

GOOD: Files = {
    "png/": b"",
    "png/cat/": b"",
    "png/cat/1.png": b"cat",
    "png/hot air balloon/2.png": b"balloon" * 99,
    "png/list.txt": b"",
    "other/3": b"3",
}


class Limits(TypedDict, total=False):
    max_files: int
    max_bytes: int


def write_zip(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def entry(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name)
    found.external_attr = mode << 16
    return found


def nothing_but(folder: Path, *names: str) -> bool:
    return sorted(path.name for path in folder.iterdir()) == sorted(names)


def test_the_folder_is_unpacked_and_what_lies_beside_it_is_not(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", GOOD)
    seen: list[tuple[int, int]] = []

    count = unpack_zip(archive, tmp_path / "png", progress=lambda *now: seen.append(now))

    found = {file.relative_to(tmp_path).as_posix(): file.read_bytes() for file in (tmp_path / "png").rglob("*.*")}
    assert found == {name: content for name, content in GOOD.items() if re.match(r"png/.*\.", str(name))}
    assert count == 3
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert nothing_but(tmp_path, "a.zip", "png")


@pytest.mark.parametrize(
    "bad",
    [
        entry("../evil"),
        entry("png/../../evil"),
        entry("/evil"),
        entry("png\\..\\evil"),
        entry("C:/evil"),
        entry("png/link", stat.S_IFLNK | 0o777),
        entry("png/pipe", stat.S_IFIFO | 0o644),
        entry("png/device", stat.S_IFCHR | 0o644),
        entry("."),
    ],
    ids=lambda bad: bad.filename,
)
def test_an_entry_that_is_not_safe_stops_everything(tmp_path: Path, bad: zipfile.ZipInfo) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    archive = write_zip(folder / "a.zip", {**GOOD, bad: b"../../etc/passwd"})

    with pytest.raises(DataError, match="is not safe; the archive is not unpacked"):
        unpack_zip(archive, folder / "png")

    assert nothing_but(folder, "a.zip")
    assert nothing_but(tmp_path, "out")


@pytest.mark.parametrize(
    ("limits", "reason"), [({"max_files": 3}, "6 entries, over"), ({"max_bytes": 600}, "697 bytes unpacked, over")]
)
def test_limits_hold_before_anything_is_written(tmp_path: Path, limits: Limits, reason: str) -> None:
    archive = write_zip(tmp_path / "a.zip", GOOD)

    with pytest.raises(DataError, match=f"{reason} the limit"):
        unpack_zip(archive, tmp_path / "png", **limits)

    assert nothing_but(tmp_path, "a.zip")


def test_a_damaged_entry_leaves_no_half_folder(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as opened:
        opened.writestr("png/cat/1.png", b"first")
        opened.writestr("png/cat/2.png", b"second")
    archive.write_bytes(archive.read_bytes().replace(b"second", b"sEcond"))

    with pytest.raises(DataError, match=r"damaged, or no zip .*CRC"):
        unpack_zip(archive, tmp_path / "png")

    assert nothing_but(tmp_path, "a.zip")


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut short"])
def test_no_zip(tmp_path: Path, content: bytes) -> None:
    archive = tmp_path / "a.zip"
    archive.write_bytes(content)

    with pytest.raises(DataError, match="damaged, or no zip"):
        unpack_zip(archive, tmp_path / "png")


def test_half_an_archive(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", GOOD)
    archive.write_bytes(archive.read_bytes()[:-40])

    with pytest.raises(DataError, match="damaged, or no zip"):
        unpack_zip(archive, tmp_path / "png")


def test_a_file_that_is_named_twice(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("png/1.png", b"first")
        with pytest.warns(UserWarning, match="Duplicate"):
            opened.writestr("png/1.png", b"second")

    with pytest.raises(DataError, match=r"damaged, or no zip .*exists"):
        unpack_zip(archive, tmp_path / "png")

    assert nothing_but(tmp_path, "a.zip")


def test_another_archive(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", {"svg/1.svg": b"x"})

    with pytest.raises(DataError, match=r"holds no folder png/; fetch the right archive"):
        unpack_zip(archive, tmp_path / "png")


def test_a_folder_that_is_there_already_is_not_touched(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", GOOD)
    (tmp_path / "png").mkdir()

    with pytest.raises(DataError, match="is there already; move it away"):
        unpack_zip(archive, tmp_path / "png")

    assert not any((tmp_path / "png").iterdir())


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", GOOD)

    with pytest.raises(DataError, match="cannot be written"):
        unpack_zip(archive, tmp_path / "nowhere" / "png")
