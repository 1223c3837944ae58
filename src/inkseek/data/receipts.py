"""`downloads.json`: where the files of a folder were fetched from, when, and what they were."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from inkseek.atomic import write_file
from inkseek.errors import DataError, FormatError

RECEIPTS = "downloads.json"

_FORMAT = 1


@dataclass(frozen=True)
class Receipt:
    """One fetched file.

    Attributes:
        url: address that was asked for.
        size: bytes.
        sha256: hexadecimal checksum of what arrived.
        checked: what it was checked against: "sha256", "md5", "md5 of the server"; where no checksum was known, "size
            and content" or "content" if it was looked into, else "size" or "nothing".
        fetched: time, UTC, ISO 8601.
    """

    url: str
    size: int
    sha256: str
    checked: str
    fetched: str

    @classmethod
    def now(cls, url: str, size: int, sha256: str, checked: str) -> Self:
        """A receipt of this second."""
        return cls(url, size, sha256, checked, datetime.now(UTC).isoformat(timespec="seconds"))


def read_receipts(folder: Path) -> dict[str, Receipt]:
    """Receipts of a folder by file name; none where nothing was fetched into it.

    Raises:
        FormatError: `downloads.json` is damaged or of another format.
    """
    file = folder / RECEIPTS
    try:
        tree = json.loads(file.read_text(encoding="utf-8"))
        if tree["format"] != _FORMAT:
            raise ValueError
        return {name: Receipt(**facts) for name, facts in tree["files"].items()}
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); give yourself the right to read it") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise FormatError(f"{file}: not a list of downloads of format {_FORMAT}; delete it and call again") from None


def add_receipt(folder: Path, name: str, receipt: Receipt) -> None:
    """Note one file, in place of an older note of the same name.

    Raises:
        DataError: the folder cannot be written.
        FormatError: as `read_receipts`.
    """
    receipts: Mapping[str, Receipt] = {**read_receipts(folder), name: receipt}
    tree = {"format": _FORMAT, "files": {key: asdict(value) for key, value in sorted(receipts.items())}}
    file = folder / RECEIPTS
    try:
        write_file(file, json.dumps(tree, ensure_ascii=False, indent=1) + "\n")
    except OSError as error:
        raise DataError(f"{file}: cannot be written ({error.strerror}); make room, then call again") from None
