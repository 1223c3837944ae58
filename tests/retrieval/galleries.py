"""Galleries of made-up vectors, for tests that need no pictures."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from inkseek.retrieval import reading
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.records import Description, PictureFile


def description(fingerprint: str = "f" * 64, dimension: int = 8) -> Description:
    return Description(fingerprint, "made up", "bundled", dimension, 32)


def picture(name: str, content: int = 0, class_name: str | None = None) -> PictureFile:
    return PictureFile(Path("/photos") / name, 100, 1_000, content.to_bytes(32, "big"), 640, 480, class_name)


def unit_rows(count: int, dimension: int, seed: int = 0) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).standard_normal((count, dimension))
    unit: NDArray[np.float64] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit.astype(np.float32)


def filled(folder: Path, features: NDArray[np.float32]) -> Gallery:
    gallery = Gallery.create(folder, description(dimension=features.shape[1]))
    gallery.add([picture(f"{i:06}.jpg", i) for i in range(len(features))], features)
    return gallery


def vectors_of(gallery: Gallery) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
    """All ids [n], rising, and their vectors [n, d]."""
    with gallery.transaction(write=False):
        blocks = list(gallery.blocks())
    empty = np.empty(0, np.int64), np.empty((0, gallery.description.dimension), np.float16)
    ids, vectors = zip(empty, *blocks, strict=True)
    return np.concatenate(ids), np.concatenate(vectors)


def known_as(gallery: Gallery, path: Path) -> tuple[int, int] | None:
    """Size and modification time under which a path was last read."""
    found = gallery.rows("SELECT size, mtime_ns FROM pictures WHERE path = ?", os.fsencode(path))
    return (found[0][0], found[0][1]) if found else None


def contents(gallery: Gallery) -> dict[str, int]:
    """File name -> id of every picture."""
    return {path.name: picture_id for picture_id, path in gallery.paths()}


def forbid_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no picture file may be decoded."""

    def decode(*_: object, **__: object) -> None:
        raise AssertionError("a picture was decoded again")

    monkeypatch.setattr(reading, "decode", decode)


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Inside, no file can grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
