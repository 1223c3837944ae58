"""Claim: binary codes search fast. The 100 closest of one million codes of 64 bits, one query at a time, one thread.

`ours` is `PackedIndex.search`; its peer, run in turns with it on the same queries, is NumPy: exclusive or,
`bitwise_count` and a histogram of the distances (four times as fast as `argpartition` on so many ties); the answers are
equal, ties included. Codes are random (every bit a coin) and clustered (200 centres, a bit flipped in ten).

`rescored` takes features of 512 values to codes (ITQ fitted on others of the same kind), proposes the `oversample`
times 100 closest codes and orders them by the inner product with float16 vectors. Its peer is FAISS over all those
vectors, which is exact; recall@k is the share of the k exactly best that are among the first k given. The features lie
in 1,000 clusters and their variance falls as 1/rank, as that of a trained encoder's features roughly does.

    python benchmarks/binary.py                                   two minutes, 4 GB
    python benchmarks/binary.py --count 100000 --queries 50
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from inkseek.retrieval.itq import fit_itq
from inkseek.retrieval.packed_index import PackedIndex
from timing import milliseconds

BITS = 64
K = 100
TURNS = 5
DIMENSION = 512
CLUSTERS = 1000
TRAINING = 20_000
STEP = 10_000
OVERSAMPLES = (1, 5, 10, 20, 50)
CLAIM = 3.0
"""Milliseconds."""

SPECTRUM = (1 / np.sqrt(1 + np.arange(DIMENSION))).astype(np.float32)
"""Standard deviation of each direction."""

Codes = NDArray[np.uint8]


def random_codes(count: int, rng: np.random.Generator) -> Codes:
    """Every bit a coin."""
    return rng.integers(0, 256, (count, BITS // 8), np.uint8)


def clustered_codes(count: int, rng: np.random.Generator) -> Codes:
    """Centres with some bits flipped."""
    centres = random_codes(200, rng)
    flips = [np.packbits(rng.random((min(STEP, count - i), BITS)) < 0.1, axis=1) for i in range(0, count, STEP)]
    codes: Codes = centres[rng.integers(0, len(centres), count)] ^ np.concatenate(flips)
    return codes


def summary(times: list[float]) -> dict[str, float]:
    """Median, least and greatest time."""
    return {name: round(of(times), 3) for name, of in (("median", statistics.median), ("min", min), ("max", max))}


def numpy_search(words: NDArray[np.uint64], query: Codes) -> NDArray[np.intp]:
    """The k closest: count every code's differing bits, find the k-th distance by a histogram, order what is nearer."""
    distances = np.bitwise_count(words ^ query.view(np.uint64))
    border = np.searchsorted(np.cumsum(np.bincount(distances, minlength=BITS + 1)), K)
    near = np.flatnonzero(distances <= border)
    return near[np.argsort(distances[near], kind="stable")][:K]


def search_codes(codes: Codes, queries: Codes) -> dict[str, object]:
    """Ours against NumPy on the same queries, in turns."""
    index, words = PackedIndex(codes), codes.view(np.uint64)[:, 0]
    for query in queries[:10]:
        np.testing.assert_array_equal(index.search(query[np.newaxis], K)[1][0], numpy_search(words, query))
    turns = [search_turn(index, words, queries[turn::TURNS]) for turn in range(TURNS)]
    ours = [spent for turn in turns for spent in turn[0]]
    peer = [spent for turn in turns for spent in turn[1]]
    return {
        "ours_ms": summary(ours),
        "numpy_ms": summary(peer),
        "numpy_to_ours": round(statistics.median(peer) / statistics.median(ours), 1),
        "cores_used": round(statistics.median(turn[2] for turn in turns), 2),
    }


def search_turn(
    index: PackedIndex, words: NDArray[np.uint64], queries: Codes
) -> tuple[list[float], list[float], float]:
    """Milliseconds of ours and of NumPy, and processor time to wall time of ours."""
    cpu, wall = time.process_time(), time.perf_counter()
    ours = milliseconds(lambda i: index.search(queries[i : i + 1], K), len(queries))
    cores = (time.process_time() - cpu) / (time.perf_counter() - wall)
    return ours, milliseconds(lambda i: numpy_search(words, queries[i]), len(queries)), cores


def features(count: int, seed: int) -> NDArray[np.float16]:
    """Unit rows in clusters, whose centres depend on no seed."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((CLUSTERS, DIMENSION), np.float32)
    rows = np.empty((count, DIMENSION), np.float16)
    for start in range(0, count, STEP):
        part = rows[start : start + STEP]
        block = centres[rng.integers(0, CLUSTERS, len(part))] + rng.standard_normal(part.shape, np.float32)
        block *= SPECTRUM
        part[:] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return rows


def exact_index(vectors: NDArray[np.float16]) -> Any:  # noqa: ANN401 - the library has no types
    """FAISS over every vector, as `inkseek.retrieval.index` uses it."""
    index = faiss.IndexScalarQuantizer(DIMENSION, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    for start in range(0, len(vectors), STEP):
        index.add_sa_codes(vectors[start : start + STEP].view(np.uint8))
    return index


def recall(found: NDArray[np.int64], exact: NDArray[np.int64], k: int) -> float:
    """Mean share of the k exactly best among the first k found."""
    shares = [np.isin(best[:k], row[:k]).mean() for row, best in zip(found, exact, strict=True)]
    return round(float(np.mean(shares)), 3)


def search_features(count: int, queries: int, scratch: Path) -> dict[str, object]:
    """Rescored search against exact search over float16 vectors."""
    training = features(2 * TRAINING, 1).astype(np.float32)
    started = time.perf_counter()
    itq = fit_itq(training[:TRAINING], training[TRAINING:], bits=BITS)
    fitted = time.perf_counter() - started
    vectors, asked = features(count, 2), features(queries, 3).astype(np.float32)
    started = time.perf_counter()
    codes = itq.encode(vectors, "photo")
    encoded = time.perf_counter() - started
    wanted = itq.encode(asked, "sketch")
    exact, index = exact_index(vectors), PackedIndex(codes, vectors)
    faiss.omp_set_num_threads(1)
    truth: list[NDArray[np.int64]] = []
    exact_ms = milliseconds(lambda i: truth.append(exact.search(asked[i : i + 1], K)[1][0]), queries)[1:]
    best = np.stack(truth[1:])
    rows: dict[str, object] = {}
    for times in OVERSAMPLES:
        found: list[NDArray[np.int64]] = []

        def run(i: int, times: int = times, found: list[NDArray[np.int64]] = found) -> None:
            found.append(index.search_rescored(asked[i : i + 1], wanted[i : i + 1], K, oversample=times)[1][0])

        spent = milliseconds(run, queries)
        given = np.stack(found[1:])
        rows[str(times)] = {"ms": summary(spent), **{f"recall@{k}": recall(given, best, k) for k in (10, K)}}
    for name, array in (("codes", codes), ("vectors", vectors), ("queries", asked), ("query_codes", wanted)):
        np.save(scratch / f"{name}.npy", array)
    return {
        "fit_seconds": round(fitted, 1),
        "encode_seconds": round(encoded, 1),
        "exact_ms": summary(exact_ms),
        "oversample": rows,
        "peak_mib": {"codes_alone": peak_memory(scratch, ""), "rescored_from_a_file": peak_memory(scratch, "vectors")},
    }


def peak_memory(scratch: Path, vectors: str) -> int:
    """Peak resident MiB of a fresh process that searches; pages read from the file count too."""
    script = r"""
import re, sys
from pathlib import Path
import numpy as np
from inkseek.retrieval.packed_index import PackedIndex
folder, vectors = Path(sys.argv[1]), sys.argv[2]
def load(name, mode=None):
    return np.load(folder / f"{name}.npy", mmap_mode=mode, allow_pickle=False)
index = PackedIndex(load("codes"), load(vectors, "r") if vectors else None)
for code, query in zip(load("query_codes"), load("queries")):
    index.search_rescored(query[None], code[None], 100) if vectors else index.search(code[None], 100)
print(int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text()).group(1)) // 1024)
"""
    command = [sys.executable, "-c", script, str(scratch), vectors]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - our own


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=1_000_000, help="stored codes")
    options.add_argument("--queries", type=int, default=200)
    chosen = options.parse_args()
    rng = np.random.default_rng(0)
    result: dict[str, object] = {"codes": chosen.count, "bits": BITS, "k": K, "queries": chosen.queries}
    searched: dict[str, Any] = {}
    for name, make in (("random", random_codes), ("clustered", clustered_codes)):
        codes = make(chosen.count + chosen.queries, rng)
        searched[name] = search_codes(codes[: chosen.count], codes[chosen.count :])
    result["search"] = searched
    with tempfile.TemporaryDirectory() as folder:
        result["rescored"] = search_features(chosen.count, chosen.queries, Path(folder))
    print(json.dumps(result, indent=2))
    medians = {name: row["ours_ms"]["median"] for name, row in searched.items()}
    print(
        f"top {K} of {chosen.count} codes of {BITS} bits, one thread: "
        + ", ".join(f"{name} {value:.2f} ms" for name, value in medians.items())
        + f" a query (claim {CLAIM:.0f} ms), speedup numpy "
        + f"{min(row['numpy_to_ours'] for row in searched.values()):.1f}x"
    )


if __name__ == "__main__":
    main()
