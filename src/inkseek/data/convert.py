"""A data set as one file."""

from pathlib import Path

from inkseek.atomic import new_file
from inkseek.data.manifest import Manifest
from inkseek.errors import DataError


def write_manifest(manifest: Manifest, file: Path, *, replace: bool = False) -> None:
    """Write a manifest that is whole or absent.

    Its rows name files relative to its root, and its first line names the root: relative to the manifest where it lies
    in the data set's folder or above it, so that the two can be moved together, and by its absolute path elsewhere.

    Args:
        manifest: the data set.
        file: where to write it.
        replace: write over a file that is there.

    Raises:
        DataError: the file exists and may not be replaced, is called `.csv` or cannot be written.
    """
    if file.suffix.lower() == ".csv":
        raise DataError(f"{file}: a manifest is no CSV file and would not be read as one; give --out another suffix")
    if file.exists() and not (replace and file.is_file()):
        remedy = "give --force to replace it, or another --out" if file.is_file() else "give the path of a file"
        raise DataError(f"{file}: is there already; {remedy}")
    try:
        with new_file(file) as new:
            manifest.save(new)
    except OSError as error:
        raise DataError(f"{file}: cannot be written ({error.strerror}); give another --out") from None
