"""Archives unpacked with care: no file outside their folder, within limits, and the folder is whole or absent."""

import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from inkseek.errors import DataError

MAX_FILES = 1_000_000
MAX_BYTES = 64 << 30

Progress = Callable[[int, int], None]
"""Called with the files that are unpacked and their number."""


def unpack_zip(
    archive: Path,
    folder: Path,
    *,
    max_files: int = MAX_FILES,
    max_bytes: int = MAX_BYTES,
    progress: Progress = lambda done, total: None,
) -> int:
    """Unpack the one folder of an archive that bears the name of `folder`; what lies beside it is left out.

    Args:
        archive: a zip file.
        folder: where it goes; must not exist.
        max_files: most entries that the archive may have.
        max_bytes: most bytes that its files may have when they are unpacked.
        progress: told of every file.

    Returns:
        Number of files.

    Raises:
        DataError: an entry would lie outside the folder, is a link or a device, or is encrypted; a limit is passed; the
            archive is damaged or holds no such folder; the folder exists or cannot be written.
    """
    if folder.exists():
        raise DataError(f"{folder}: is there already; move it away to unpack {archive.name} again")
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
            _check(archive, entries, max_files, max_bytes)
            files = [entry for entry in entries if _is_file_of(entry, folder.name)]
            if not files:
                raise DataError(f"{archive}: holds no folder {folder.name}/; fetch the right archive")
            # The names of the entries begin with the name of the folder.
            with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
                for done, entry in enumerate(files, start=1):
                    _write(opened, entry, Path(scratch) / entry.filename)
                    progress(done, len(files))
                (Path(scratch) / folder.name).rename(folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, FileExistsError) as error:
        raise DataError(f"{archive}: damaged, or no zip ({error}); delete it and fetch it again") from None
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror}); make room, then unpack again") from None
    return len(files)


def _check(archive: Path, entries: list[zipfile.ZipInfo], max_files: int, max_bytes: int) -> None:
    if len(entries) > max_files:
        raise DataError(f"{archive}: {len(entries)} entries, over the limit of {max_files}; it is not unpacked")
    size = sum(entry.file_size for entry in entries)
    if size > max_bytes:
        raise DataError(f"{archive}: {size} bytes unpacked, over the limit of {max_bytes}; it is not unpacked")
    for entry in entries:
        if not _is_safe(entry):
            raise DataError(f"{archive}: the entry {entry.filename!r} is not safe; the archive is not unpacked")


def _is_safe(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a plain file or folder below the place where it is unpacked."""
    name = entry.orig_filename
    parts = PurePosixPath(name).parts
    inside = bool(parts) and not {"/", ".."} & set(parts) and not {"\\", "\0", ":"} & set(name)
    plain = stat.S_IFMT(entry.external_attr >> 16) in {0, stat.S_IFREG, stat.S_IFDIR}
    return inside and plain


def _is_file_of(entry: zipfile.ZipInfo, folder: str) -> bool:
    return not entry.is_dir() and PurePosixPath(entry.filename).parts[0] == folder


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(entry) as source, target.open("xb") as file:
        shutil.copyfileobj(source, file)
