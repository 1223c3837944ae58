"""`kill -9` while photos come in, leave, and get vectors of another encoder: what was acknowledged is there."""

import json
import os
import random
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inkseek.retrieval.checking import verify
from inkseek.retrieval.embedding import index_folder, open_or_create_gallery
from inkseek.retrieval.encoder import load_encoder
from inkseek.retrieval.gallery import Gallery
from tests.retrieval.conftest import write_photo
from tests.retrieval.galleries import contents
from tests.retrieval.killed_indexer import ENCODERS, after
from tests.tiny_model import write_tiny_model_folder

MOST_ACKNOWLEDGED = 3
LONGEST_SECONDS = 0.1
"""A round ends at a random moment in this time after up to so many acknowledgements: some time of a re-index or two."""

Features = Mapping[str, NDArray[np.float16]]


def said_until_killed(process: "subprocess.Popen[bytes]", chance: random.Random) -> list[tuple[str, Any]]:
    """Let a child work for a while, kill it, and return what it said."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"go\n")
    process.stdin.flush()
    said: list[tuple[str, Any]] = []
    child = None
    while child is None:
        word, _, rest = process.stdout.readline().decode().partition(" ")
        said.append((word, json.loads(rest)))
        child = json.loads(rest) if word == "child" else None
    for _ in range(chance.randint(0, MOST_ACKNOWLEDGED)):
        word, _, rest = process.stdout.readline().decode().partition(" ")
        said.append((word, json.loads(rest)))
    # Not waiting for anything: the moment of the kill is to be any.
    select.select([], [], [], chance.uniform(0, LONGEST_SECONDS))
    os.kill(child, signal.SIGKILL)
    while said[-1][0] != "dead":
        word, _, rest = process.stdout.readline().decode().partition(" ")
        said.append((word, json.loads(rest)))
    return said


def features_of(model: Path, photos: Path, folder: Path) -> Features:
    """Stored vector of each photo under an encoder, by file name."""
    encoder = load_encoder(model, threads=1)
    with open_or_create_gallery(folder, encoder) as gallery:
        index_folder(gallery, photos, encoder, workers=1)
        names = contents(gallery)
        return dict(zip(names, gallery.vectors_of(list(names.values())), strict=True))


@pytest.mark.parametrize("rounds", [12, pytest.param(60, marks=pytest.mark.slow)])
def test_indexing_and_reindexing_lose_nothing(tmp_path: Path, rounds: int) -> None:
    chance = random.Random(7)  # noqa: S311 - repeatable on purpose
    models = [write_tiny_model_folder(tmp_path / name, seed=seed, name=name) for seed, name in enumerate(ENCODERS)]
    photos, folder = tmp_path / "photos", tmp_path / "g"
    for number in range(20):
        write_photo(photos / f"{number:03}.png", number)
    expected = {model.name: features_of(model, photos, tmp_path / f"g-{model.name}") for model in models}
    open_or_create_gallery(folder, load_encoder(models[0])).close()
    command = [sys.executable, "-m", "tests.retrieval.killed_indexer", str(folder), str(photos), *map(str, models)]
    known, encoder = set[str](), ENCODERS[0]
    finished = 0
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as process:
        for _ in range(rounds):
            kept = set(chance.sample(sorted(expected["a"]), chance.randint(14, 20)))
            for number, name in enumerate(sorted(expected["a"])):
                if name in kept:
                    write_photo(photos / name, number)
                else:
                    (photos / name).unlink(missing_ok=True)
            said = said_until_killed(process, chance)
            finished += sum(word == "done" for word, _ in said)
            # What was finished last, or the re-index after it, whose acknowledgement the kill may have cut off.
            encoder = next((name for word, name in reversed(said) if word == "done"), encoder)
            known, found = checked(folder, known, kept, said, expected)
            assert found in {encoder, after(encoder)}
            encoder = found
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0
    assert finished > rounds / 4, "too few re-indexes were finished"
    assert list(verify(folder)) == []


def checked(
    folder: Path, before: set[str], kept: set[str], said: list[tuple[str, Any]], expected: Mapping[str, Features]
) -> tuple[set[str], str]:
    """The photos found after a kill, each with the vector of the encoder that the gallery names, and that name."""
    indexed = [set(names) for word, names in said if word == "indexed"]
    with Gallery.open(folder) as gallery:
        assert gallery.rows("PRAGMA integrity_check") == [("ok",)]
        names = contents(gallery)
        if indexed:
            assert set(names) == indexed[-1] == kept
        else:
            assert before & kept <= set(names) <= before | kept, "between what was there and what is to be"
        assert list(gallery.bad()) == []
        vectors = gallery.vectors_of(list(names.values()))
        model = gallery.description.model
        for name, vector in zip(names, vectors, strict=True):
            np.testing.assert_array_equal(vector, expected[model][name])
    return set(names), model
