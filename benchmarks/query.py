"""Claim: a query is fast. From a drawing's file to ids over 100,000 stored vectors of 512 values, and a cold start.

`search alone` is `Index.search` on one thread; its peer, run in turns with it, is NumPy: a float32 matrix product with
the BLAS that NumPy brings, on as many threads as it takes, and argpartition. `cold` is the time of the whole process
`inkseek search ... --json`, from its start to its exit; its peer is Python starting and importing NumPy.

    python benchmarks/query.py                     an untrained encoder of the bundled one's shape
    python benchmarks/query.py --model bundled     the bundled encoder
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import inkseek
from inkseek.retrieval.embedding import describe
from inkseek.retrieval.encoder import RetrievalEncoder, load_encoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index import Index
from inkseek.retrieval.records import PictureFile
from inkseek.retrieval.search import Searcher
from subjects import fresh_encoder, print_result, served_size, write_fresh_folder
from timing import milliseconds

K = 10
STEP = 10_000


def fill(folder: Path, encoder: RetrievalEncoder, count: int) -> NDArray[np.float32]:
    """Make a gallery of clustered unit vectors, and return them."""
    rng = np.random.default_rng(0)
    dimension = encoder.config.feature.dimension
    centres = rng.standard_normal((200, dimension), np.float32)
    rows = centres[rng.integers(0, 200, count)] + rng.standard_normal((count, dimension), np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    with Gallery.create(folder, describe(encoder)) as gallery:
        for start in range(0, count, STEP):
            pictures = [
                PictureFile(Path(f"/photos/{i // 1000:03}/{i:06}.jpg"), i, i, i.to_bytes(32, "big"), 4000, 3000)
                for i in range(start, min(start + STEP, count))
            ]
            gallery.add(pictures, rows[start : start + STEP])
    return rows


def drawings() -> list[Path]:
    """The drawings that the package carries."""
    folder = Path(inkseek.__file__).parent / "assets" / "drawings"
    return [path for path in sorted(folder.glob("*.json")) if "strokes" in json.loads(path.read_bytes())]


def percentiles(times: list[float]) -> dict[str, float]:
    """p50, p95 and p99 of times."""
    return {f"p{p}": round(float(np.percentile(times, p)), 2) for p in (50, 95, 99)}


def numpy_search(rows: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.intp]:
    """The k best by a full product."""
    scores = rows @ query
    best = np.argpartition(scores, -K)[-K:]
    found: NDArray[np.intp] = best[np.argsort(-scores[best])]
    return found


def warm(gallery: Gallery, encoder: RetrievalEncoder, repeats: int) -> dict[str, object]:
    """Drawing file to ids, in one process that stays."""
    searcher, files = Searcher(gallery, encoder), drawings()
    parts: dict[str, list[float]] = {"render": [], "encode": [], "search": []}

    def query(i: int) -> None:
        spent = searcher.search_file(files[i % len(files)], k=K).milliseconds
        for name, times in parts.items():
            times.append(spent[name])

    total = milliseconds(query, repeats)
    return {"total": percentiles(total), **{name: percentiles(times[1:]) for name, times in parts.items()}}


def search_alone(gallery: Gallery, rows: NDArray[np.float32], repeats: int) -> dict[str, object]:
    """Index against NumPy on the same queries, in turns."""
    index = Index(gallery)
    queries = rows[:: max(1, len(rows) // repeats)][:repeats] + 0.01
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    turns = 5
    ours: list[float] = []
    peer: list[float] = []
    for _ in range(turns):
        ours += milliseconds(lambda i: index.search(queries[i : i + 1], K), repeats // turns)
        peer += milliseconds(lambda i: numpy_search(rows, queries[i]), repeats // turns)
    return {
        "ours": percentiles(ours),
        "numpy_float32": percentiles(peer),
        "numpy_to_ours": round(statistics.median(peer) / statistics.median(ours), 2),
    }


def cold(gallery: Path, model: str, repeats: int) -> dict[str, object]:
    """Whole processes, from start to exit, in seconds."""
    query = [sys.executable, "-m", "inkseek.cli.main", "search", str(gallery), str(drawings()[0])]
    query += ["-k", str(K), "--model", model, "--json"]
    bare = [sys.executable, "-c", "import numpy"]

    def seconds(command: list[str]) -> float:
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command
        return time.perf_counter() - started

    seconds(query)
    turns = [(seconds(query), seconds(bare)) for _ in range(repeats)]
    ours, peer = (statistics.median(column) for column in zip(*turns, strict=True))
    return {"search": round(ours, 3), "python_and_numpy": round(peer, 3), "ratio": round(ours / peer, 2)}


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", help="model folder or bundled; by default an untrained one of the same shape")
    options.add_argument("--count", type=int, default=100_000, help="stored vectors")
    options.add_argument("--repeats", type=int, default=200)
    options.add_argument("--cold-repeats", type=int, default=5)
    options.add_argument("--size", type=int, default=served_size(), help="of the untrained encoder")
    options.add_argument("--dimension", type=int, default=512, help="of the untrained encoder")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        model = chosen.model
        if model is None:
            lite = fresh_encoder("efficientnet-lite0", chosen.dimension)
            folder = Path(name) / "model"
            model = str(write_fresh_folder(lite, folder, "efficientnet-lite0", chosen.size, chosen.dimension))
        encoder = load_encoder(model)
        rows = fill(Path(name) / "gallery", encoder, chosen.count)
        with Gallery.open(Path(name) / "gallery", encoder.fingerprint) as gallery:
            started = time.perf_counter()
            Index(gallery).search(rows[:1], K)
            rebuilt = time.perf_counter() - started
            started = time.perf_counter()
            Index(gallery).search(rows[:1], K)
            opened = time.perf_counter() - started
            result: dict[str, object] = {
                "encoder": {"name": encoder.config.name, "dimension": encoder.config.feature.dimension},
                "vectors": chosen.count,
                "drawing_to_ids_ms": warm(gallery, encoder, chosen.repeats),
                "search_alone_one_thread_ms": search_alone(gallery, rows, chosen.repeats),
                "index_seconds": {"rebuilt_and_searched": round(rebuilt, 3), "opened_and_searched": round(opened, 3)},
            }
        result["cold_process_seconds"] = cold(Path(name) / "gallery", model, chosen.cold_repeats)
    print_result(result)


if __name__ == "__main__":
    main()
