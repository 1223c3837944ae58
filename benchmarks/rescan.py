"""Claim: a folder that did not change is looked through quickly, without opening a file.

100,000 files of one byte in 100 folders, all of them known to the gallery. Ours is `index_folder`, with its comparison
and the check of the index's cache; its peer, run in turns with it, walks the folder with `os.scandir` and asks for size
and time of every file.

    python benchmarks/rescan.py
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np

from inkseek.retrieval.embedding import describe, index_folder
from inkseek.retrieval.encoder import load_encoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.records import PictureFile
from subjects import print_result

FOLDERS = 100
STEP = 10_000


def write_files(root: Path, count: int) -> list[PictureFile]:
    """Make the files, and what a gallery would know of them."""
    found = []
    for i in range(count):
        path = root / f"{i % FOLDERS:03}" / f"{i:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        facts = path.stat()
        found.append(PictureFile(path, facts.st_size, facts.st_mtime_ns, i.to_bytes(32, "big"), 4000, 3000))
    return found


def bare_walk(root: Path) -> int:
    """Number of files, each asked for its size and time."""
    count, folders = 0, [os.fspath(root)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    facts = entry.stat(follow_symlinks=False)
                    count += facts.st_size >= 0 and facts.st_mtime_ns >= 0
    return count


def seconds(run: Callable[[], object]) -> float:
    """Time of one run."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def refuse(*_: object, **__: object) -> None:
    """Stands where pictures are decoded."""
    raise AssertionError("a picture was decoded")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=100_000)
    options.add_argument("--repeats", type=int, default=5)
    chosen = options.parse_args()
    encoder = load_encoder("bundled", threads=1)
    with tempfile.TemporaryDirectory() as name:
        root = Path(os.path.realpath(name)) / "photos"
        files = write_files(root, chosen.count)
        with Gallery.create(Path(name) / "g", describe(encoder)) as gallery:
            rows = np.zeros((STEP, encoder.config.feature.dimension), np.float32)
            rows[:, 0] = 1
            for start in range(0, len(files), STEP):
                part = files[start : start + STEP]
                gallery.add(part, rows[: len(part)])
            index_folder(gallery, root, encoder)
            ours, peer = [], []
            with patch("inkseek.retrieval.reading.decode", refuse):
                for _ in range(chosen.repeats):
                    ours.append(seconds(lambda: index_folder(gallery, root, encoder)))
                    peer.append(seconds(lambda: bare_walk(root)))
    result = {
        "files": chosen.count,
        "rescan_seconds": round(statistics.median(ours), 2),
        "bare_walk_seconds": round(statistics.median(peer), 2),
        "ratio": round(statistics.median(ours) / statistics.median(peer), 2),
    }
    print_result(result)


if __name__ == "__main__":
    main()
