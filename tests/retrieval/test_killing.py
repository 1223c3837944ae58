"""`kill -9` at any moment: the gallery opens, is as of a commit, and has lost nothing that was acknowledged."""

import json
import os
import random
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from inkseek.retrieval.checking import verify
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index import Index
from tests.retrieval.galleries import description, unit_rows
from tests.retrieval.killed_writer import DIMENSION, State, state_of

MOST_CHANGES = 3
LONGEST_SECONDS = 0.03
"""A round ends at a random moment in this time after up to so many changes: some time of a few commits."""


class Writer:
    """The process that is killed again and again."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def round(self, seed: int, chance: random.Random) -> list[tuple[str, State]]:
        """Let it work for a while, kill it, and return what it said."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seed}\n".encode())
        self._process.stdin.flush()
        word, child = self._line()
        said: list[tuple[str, State]] = []
        while word != "child":
            said.append((word, child))
            word, child = self._line()
        said += [self._line() for _ in range(2 * chance.randint(0, MOST_CHANGES) - len(said))]
        # Not waiting for anything: the moment of the kill is to be any.
        select.select([], [], [], chance.uniform(0, LONGEST_SECONDS))
        os.kill(child, signal.SIGKILL)
        while (line := self._line())[0] != "dead":
            said.append(line)
        return said

    def _line(self) -> tuple[str, Any]:
        assert self._process.stdout is not None
        word, _, rest = self._process.stdout.readline().decode().partition(" ")
        return word, json.loads(rest)


@contextmanager
def writer(folder: Path) -> Iterator[Writer]:
    command = [sys.executable, "-m", "tests.retrieval.killed_writer", str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as process:
        yield Writer(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_nothing_acknowledged_is_lost(tmp_path: Path, rounds: int) -> None:
    folder, chance = tmp_path / "g", random.Random(5)  # noqa: S311 - repeatable on purpose
    Gallery.create(folder, description(dimension=DIMENSION)).close()
    known: State = {}
    acknowledged = cut = 0
    with writer(folder) as victim:
        for seed in range(rounds):
            said = victim.round(seed, chance)
            known = checked(folder, known, said)
            acknowledged += sum(word == "done" for word, _ in said)
            cut += bool(said) and said[-1][0] == "begin"
    assert acknowledged > rounds
    assert cut > rounds / 4, "too few kills fell into a change"
    assert list(verify(folder)) == []


def checked(folder: Path, before: State, said: list[tuple[str, State]]) -> State:
    """The state found after a kill, if it is the one that was acknowledged last or the one that was begun then."""
    done = [state for word, state in said if word == "done"]
    committed = done[-1] if done else before
    begun = said[-1][1] if said and said[-1][0] == "begin" else committed
    with Gallery.open(folder) as gallery:
        assert gallery.rows("PRAGMA integrity_check") == [("ok",)]
        found = state_of(gallery)
        assert set(found) in (set(committed), set(begun))
        for name in found.keys() & before.keys():
            assert found[name] == before[name], "a picture kept its name and lost its id"
        vectors = gallery.rows("SELECT count(*) FROM vectors")
        assert vectors == [(len(found),)]
        if found:
            assert len(Index(gallery).search(unit_rows(1, DIMENSION), 5).ids[0]) == min(5, len(found))
    return found


def test_a_new_id_is_greater_than_all_before(tmp_path: Path) -> None:
    """Also than those that a killed process gave."""
    folder, chance = tmp_path / "g", random.Random(6)  # noqa: S311 - repeatable on purpose
    Gallery.create(folder, description(dimension=DIMENSION)).close()
    highest = 0
    with writer(folder) as victim:
        for seed in range(5):
            victim.round(seed, chance)
            with Gallery.open(folder) as gallery:
                ids = state_of(gallery).values()
                gallery.remove(ids)
                fresh = [picture_id for picture_id in ids if picture_id > highest]
                highest = max([highest, *fresh])
                assert len(fresh) == len(ids)


@pytest.mark.parametrize("word", ["begin", "done"])
def test_the_check_would_find_a_loss(tmp_path: Path, word: str) -> None:
    Gallery.create(tmp_path / "g", description(dimension=DIMENSION)).close()
    lost: State = {"a.jpg": 1}
    with pytest.raises(AssertionError):
        checked(tmp_path / "g", lost, [(word, lost)])
