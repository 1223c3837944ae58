"""Claims: a gallery of a million photos opens at once, and searching a mapped file is as fast as searching memory.

`opening`: from the closed gallery to the first answer, over vectors of 512 values in a cache that the page cache holds.
`first` checks every block, `next` is a search after it, `rebuilt` reads the database and writes the cache anew.

`search`: `Index.search` on one thread, in turns with its peers on the same queries. `copied` is the same search over a
copy of the vectors inside FAISS, as the index was before it looked at the mapped file; `numpy` is a float32 matrix
product, on as many threads as it takes, and argpartition.

    python benchmarks/opening.py            takes 3 GB of disk for a while
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from inkseek.retrieval.exact_search import MARGIN
from inkseek.retrieval.gallery import VECTOR, Gallery
from inkseek.retrieval.index import Index, IndexKind
from inkseek.retrieval.index_cache import open_cache
from inkseek.retrieval.ranking import closest_first
from inkseek.retrieval.recall import packed_recall
from inkseek.retrieval.records import Description
from timing import milliseconds

K = 10
STEP = 20_000
CENTRES = 2000


def fill(folder: Path, count: int, dimension: int) -> None:
    """Make a gallery of clustered unit vectors: the same again and again, with their values moved along each time."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((CENTRES, dimension), np.float32)
    rows = centres[rng.integers(0, CENTRES, STEP)] + rng.standard_normal((STEP, dimension), np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    with Gallery.create(folder, Description("f" * 64, "made up", "bundled", dimension, 160)) as gallery:
        # Nothing but vectors is opened, and nothing has to outlive the measurement.
        gallery.connection.execute("PRAGMA foreign_keys = OFF")
        gallery.connection.execute("PRAGMA synchronous = OFF")
        for start in range(0, count, STEP):
            moved = np.roll(rows, start // STEP, axis=1)[: count - start].astype(VECTOR)
            blobs = enumerate((row.tobytes() for row in moved), start + 1)
            with gallery.transaction():
                gallery.connection.executemany("INSERT INTO vectors VALUES (?, ?)", blobs)


def seconds(run: Callable[[], object]) -> float:
    """Time of one run."""
    started = time.perf_counter()
    run()
    return round(time.perf_counter() - started, 3)


def opening(folder: Path, query: NDArray[np.float32], kind: IndexKind) -> dict[str, float]:
    """Seconds from the closed gallery to the first answer, and for the one after it."""
    times: dict[str, list[float]] = {"open": [], "first": [], "open_and_first": [], "next": []}
    for _ in range(5):
        marks = [time.perf_counter()]
        with Gallery.open(folder) as gallery:
            index = Index(gallery, kind)
            assert len(index)
            marks.append(time.perf_counter())
            for _ in range(2):
                index.search(query, K)
                marks.append(time.perf_counter())
        spans = [*np.diff(marks).tolist(), marks[2] - marks[0]]
        for name, span in zip(("open", "first", "next", "open_and_first"), spans, strict=True):
            times[name].append(span)
    return {name: round(statistics.median(found), 3) for name, found in times.items()}


def copied_search(vectors: NDArray[np.float16]) -> Callable[[NDArray[np.float32]], NDArray[np.int64]]:
    """The former search: vectors copied into FAISS, and rescored from there."""
    library = cast(Any, faiss)
    kind = library.ScalarQuantizer.QT_fp16
    copied = library.IndexScalarQuantizer(vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
    copied.add_sa_codes(vectors.view(np.uint8))

    def search(query: NDArray[np.float32]) -> NDArray[np.int64]:
        faiss.omp_set_num_threads(1)
        _, proposed = copied.search(query, K + MARGIN)
        rows = copied.reconstruct_batch(proposed[0])
        scores = (rows.astype(np.float64) * query[0]).sum(axis=1).astype(np.float32)
        best: NDArray[np.int64] = proposed[0][closest_first(proposed[0], scores)[:K]]
        return best

    return search


def numpy_search(rows: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.intp]:
    """The k best by a full product."""
    scores = rows @ query[0]
    best = np.argpartition(scores, -K)[-K:]
    found: NDArray[np.intp] = best[np.argsort(-scores[best])]
    return found


def search(folder: Path, repeats: int, turns: int = 10) -> dict[str, object]:
    """Every way on the same queries, in turns: p50 in milliseconds."""
    with Gallery.open(folder) as gallery:
        vectors = np.array(open_cache(gallery).values)
        exact, packed = Index(gallery), Index(gallery, "packed")
        exact.load()
        packed.load()
        recall = packed_recall(gallery)
    floats = vectors.astype(np.float32)
    queries = floats[:: max(1, len(floats) // repeats)][:repeats, None]
    copied = copied_search(vectors)
    ways: dict[str, Callable[[int], object]] = {
        "mapped": lambda i: exact.search(queries[i], K),
        "copied": lambda i: copied(queries[i]),
        "numpy": lambda i: numpy_search(floats, queries[i]),
        "packed": lambda i: packed.search(queries[i], K),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(turns):
        for name, way in ways.items():
            times[name] += milliseconds(way, repeats // turns)
    p50 = {name: round(statistics.median(found), 2) for name, found in times.items()}
    ratios = {f"{name}_to_mapped": round(p50[name] / p50["mapped"], 2) for name in p50 if name != "mapped"}
    return {"vectors": len(vectors), "p50_ms": p50, **ratios, "packed_recall_at_10": recall}


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=1_000_000, help="photos of the gallery that is opened")
    options.add_argument("--searched", type=int, default=100_000, help="photos of the gallery that is searched")
    options.add_argument("--dimension", type=int, default=512)
    options.add_argument("--repeats", type=int, default=100)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        large, small = Path(name) / "large", Path(name) / "small"
        fill(small, chosen.searched, chosen.dimension)
        query = np.random.default_rng(1).standard_normal((1, chosen.dimension), np.float32)
        query /= np.linalg.norm(query)
        with Gallery.open(small) as gallery:
            Index(gallery).load()
        print(json.dumps({"search": search(small, chosen.repeats)}, indent=2), flush=True)
        fill(large, chosen.count, chosen.dimension)
        with Gallery.open(large) as gallery:
            rebuilt = seconds(Index(gallery).load)
        exact, packed = opening(large, query, "exact"), opening(large, query, "packed")
    opened = {"photos": chosen.count, "rebuilt": rebuilt, "exact": exact, "packed": packed}
    print(json.dumps({"opening_seconds": opened, "load_average": os.getloadavg()}, indent=2))


if __name__ == "__main__":
    main()
