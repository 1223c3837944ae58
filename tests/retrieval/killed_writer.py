"""A process that changes a gallery until it is killed, and says of every change when it begins and when it is done.

    python -m tests.retrieval.killed_writer GALLERY

Each line on stdin is the seed of a round: a child is forked, whose changes follow from the seed and the gallery alone.
It writes lines to stdout: its process id, then for every change `begin` and `done` with the pictures as they are then.
After its death comes `dead`. Forking saves the imports.
"""

import json
import os
import random
import select
import sys
from collections.abc import Callable
from pathlib import Path

from inkseek.retrieval.compaction import compact
from inkseek.retrieval.gallery import Gallery
from tests.retrieval.galleries import picture, unit_rows

DIMENSION = 32

State = dict[str, int]
"""Name of a picture -> id."""


def state_of(gallery: Gallery) -> State:
    return {path.name: picture_id for picture_id, path in gallery.paths()}


def changes(gallery: Gallery, seed: int) -> None:
    """Change the gallery until killed."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    step = 0
    while True:
        step += 1
        state = state_of(gallery)
        expected, change = plan(gallery, chance, state, f"{seed:04}-{step:04}")
        say("begin", expected)
        change()
        say("done", expected)


def plan(gallery: Gallery, chance: random.Random, state: State, name: str) -> tuple[State, Callable[[], object]]:
    """The next change, and the state after it; an id is null where the gallery still has to give it."""
    kind = chance.choice(["add", "add", "remove", "rename", "compact"] if len(state) < 90 else ["remove"])
    chosen = chance.sample(sorted(state), min(len(state), chance.randint(1, 8)))
    if kind == "add" or not state:
        names = [f"{name}-{i}" for i in range(chance.randint(1, 30))]
        rows = unit_rows(len(names), DIMENSION)
        new = dict.fromkeys(names, 0)
        return {**state, **new}, lambda: gallery.add([picture(one) for one in names], rows)
    if kind == "remove":
        left = {one: state[one] for one in state if one not in chosen}
        return left, lambda: gallery.remove(state[one] for one in chosen)
    if kind == "rename":
        moved = {(f"{name}-moved" if one == chosen[0] else one): state[one] for one in state}
        return moved, lambda: gallery.rename(state[chosen[0]], picture(f"{name}-moved").path, 5)
    return state, lambda: compact(gallery)


def say(word: str, what: object = None) -> None:
    """Write a line that a kill cannot cut: the system writes so many bytes to a pipe at once."""
    line = f"{word} {json.dumps(what)}\n".encode()
    assert len(line) <= select.PIPE_BUF
    os.write(1, line)


def main() -> None:
    folder = Path(sys.argv[1])
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            changes(Gallery.open(folder), int(line))
        say("child", child)
        os.waitpid(child, 0)
        say("dead")


if __name__ == "__main__":
    main()
