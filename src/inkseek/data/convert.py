"""A data set as one file."""

from contextlib import suppress
from pathlib import Path

from inkseek.data.manifest import Manifest
from inkseek.errors import DataError


def write_manifest(manifest: Manifest, file: Path, *, replace: bool = False) -> None:
    """Write a manifest that is whole or absent.

    Its rows name files relative to its root, and its first line names the root by its absolute path: a data set that
    is moved needs another manifest, or another `root` in that line.

    Args:
        manifest: the data set.
        file: where to write it.
        replace: write over a file that is there.

    Raises:
        DataError: the file exists and may not be replaced, is called `.csv` or cannot be written, or a file name in
            the data set is no UTF-8.
    """
    if file.suffix.lower() == ".csv":
        raise DataError(f"{file}: a manifest is no CSV file and would not be read as one; give --out another suffix")
    if file.exists() and not (replace and file.is_file()):
        remedy = "give --force to replace it, or another --out" if file.is_file() else "give the path of a file"
        raise DataError(f"{file}: is there already; {remedy}")
    partial = file.with_name(f".{file.name}.new")
    try:
        manifest.save(partial)
        partial.replace(file)
    except OSError as error:
        raise DataError(f"{file}: cannot be written ({error.strerror}); give another --out") from None
    except UnicodeEncodeError:
        raise DataError(f"{manifest.root}: a file name in it is no UTF-8; rename it, then convert again") from None
    finally:
        with suppress(OSError):
            partial.unlink()
