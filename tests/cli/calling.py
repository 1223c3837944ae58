"""Calls of the `inkseek` command, and the small photos, queries and data sets that its tests hand to it."""

import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from inkseek.cli.main import run

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """What a call left behind."""

    code: int
    out: str
    err: str

    def json(self) -> Any:  # noqa: ANN401 - whatever the verb prints
        """The result of a call that went well; stdout must hold nothing else."""
        assert self.code == 0, self.err
        return json.loads(self.out)


def inkseek(*arguments: str | Path) -> Done:
    """Call the command's entry point in this process, with streams as strict as those of a terminal."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    argv = patch.object(sys, "argv", ["inkseek", *map(str, arguments)])
    with argv, redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as stop:
        run()
    return Done(_exit_code(stop.value), _text(out), _text(err))


def inkseek_process(*arguments: str | Path, before: str = "", cwd: Path | None = None) -> Done:
    """Call the command as a process of its own, after the statements `before`."""
    program = f"{before}\nfrom inkseek.cli.main import run\nrun()"
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "80"},
        capture_output=True,
        check=False,
        cwd=cwd,
        timeout=300,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def refusal(done: Done) -> str:
    """The sentence of a refusal: exit code 2, one line on stderr, nothing on stdout."""
    assert done.code == 2, (done.out, done.err)
    assert not done.out
    lines = done.err.splitlines()
    assert len(lines) == 1, done.err
    head, _, sentence = lines[0].partition(": ")
    assert head == "inkseek"
    return sentence


def contents(*folders: Path) -> dict[str, str]:
    """Hash of every file below some folders, by path: equal before and after where nothing was touched."""
    files: Iterable[Path] = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def bomb(width: int = 40_000, height: int = 40_000) -> bytes:
    """A PNG of a few bytes that promises very many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def keys(tree: object) -> object:
    """The shape of a JSON tree: its keys in order and the types of its leaves, with one element for a list."""
    if isinstance(tree, Mapping):
        return {key: keys(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [keys(value) for value in tree[:1]]
    return type(tree)


def _exit_code(stop: SystemExit) -> int:
    return stop.code if isinstance(stop.code, int) else int(stop.code is not None)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode("utf-8", "surrogateescape")
