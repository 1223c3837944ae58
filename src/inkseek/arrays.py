"""Named arrays in one file: uncompressed `.npz`, whole or absent, without pickle."""

import io
import lzma
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from inkseek.atomic import new_file
from inkseek.errors import FormatError

# What a zip file cut short or overwritten anywhere makes of itself, and an array of a single file that has no names.
_DAMAGE = (
    AttributeError,
    BadZipFile,
    EOFError,
    KeyError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    zlib.error,
)


def save_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays by name; the file is whole or as it was before.

    Raises:
        OSError: it cannot be written.
    """
    with new_file(path) as new, new.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_arrays(path: Path, remedy: str) -> dict[str, NDArray[Any]]:
    """Read what `save_arrays` wrote.

    Args:
        path: the file.
        remedy: end of the sentence where it cannot be read: what to do.

    Raises:
        FormatError: it is missing or damaged, or holds objects.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path}: cannot be read ({error.strerror}); {remedy}") from None
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except _DAMAGE:
        raise FormatError(f"{path}: is damaged; {remedy}") from None
