"""A file that has not arrived whole."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from inkseek.data.web import Offer
from inkseek.errors import DataError


class PartFile:
    """`<file>.part` and, in `<file>.part.json`, what the server said about the file when it was begun.

    Args:
        file: where the whole file will lie.

    Attributes:
        file: the part.
    """

    def __init__(self, file: Path) -> None:
        self.file = file.with_name(f"{file.name}.part")
        self._facts = file.with_name(f"{file.name}.part.json")

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self.file.stat().st_size if self.file.is_file() else 0

    @property
    def offer(self) -> Offer:
        """What is known of the content; nothing where no note of it can be read."""
        try:
            return Offer(**json.loads(self._facts.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return Offer()

    def begin(self, offer: Offer) -> None:
        """Start anew.

        Raises:
            DataError: the folder cannot be written.
        """
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_bytes(b"")
            self._facts.write_text(json.dumps(asdict(offer)), encoding="utf-8")
        except OSError as error:
            raise self._unwritable(error) from None

    def write(self, block: bytes) -> None:
        """Append.

        Raises:
            DataError: the disk is full, or may not be written.
        """
        try:
            with self.file.open("ab") as stream:
                stream.write(block)
        except OSError as error:
            raise self._unwritable(error) from None

    def discard(self) -> None:
        """Throw away what is there."""
        self.file.unlink(missing_ok=True)
        self._facts.unlink(missing_ok=True)

    def finish(self, file: Path) -> None:
        """Put the whole file in its place, once it is safely on disk.

        Raises:
            DataError: the folder cannot be written.
        """
        try:
            with self.file.open("rb+") as stream:
                os.fsync(stream.fileno())
            self.file.replace(file)
        except OSError as error:
            raise self._unwritable(error) from None
        self._facts.unlink(missing_ok=True)

    def _unwritable(self, error: OSError) -> DataError:
        kept = f"{self.size} bytes are kept and the next call goes on from them; " if self.size else ""
        return DataError(
            f"{self.file}: cannot be written ({error.strerror}); {kept}make room, or choose a folder of your own"
        )
