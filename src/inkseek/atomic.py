"""Folders and files that are whole or absent."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give an empty folder beside `target`; when the block ends well it takes the place of `target`.

    If the block fails, `target` stays as it was and nothing else is left.
    """
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        new = scratch / "new"
        new.mkdir()
        yield new
        if target.exists():
            target.rename(scratch / "old")
        new.rename(target)
    finally:
        shutil.rmtree(scratch)


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """Give the path of a file beside `target`; when the block ends well it takes the place of `target`.

    If the block fails, `target` stays as it was and nothing else is left.
    """
    target = target.absolute()
    new = target.with_name(f".{target.name}-{secrets.token_hex(4)}.new")  # another process may write it too
    try:
        yield new
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


def write_file(target: Path, text: str) -> None:
    """Write a text file that is whole or, where writing fails, as it was before."""
    with new_file(target) as new:
        new.write_text(text, encoding="utf-8")
