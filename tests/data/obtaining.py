"""What a server of public data would hold, made small."""

import hashlib
import json
from pathlib import Path

import pytest

from inkseek.data import obtain
from inkseek.data.obtain import TUBERLIN_ARCHIVE
from tests.data.conftest import quickdraw_record
from tests.data.test_archives import write_zip


def strokes_of(*words: str) -> dict[str, bytes]:
    """Files of Quick, Draw! with a drawing each."""
    return {f"{word}.ndjson": json.dumps(quickdraw_record(word, 7)).encode() + b"\n" for word in words}


def tuberlin_archive(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A small archive of TU-Berlin's sketches, which is taken for the published one."""
    archive = write_zip(folder / "made.zip", {"png/cat/1.png": b"1", "png/door handle/2.png": b"2"}).read_bytes()
    monkeypatch.setattr(obtain, "TUBERLIN_MD5", hashlib.md5(archive).hexdigest())  # noqa: S324 - as published
    return {TUBERLIN_ARCHIVE: archive}
