"""Claim: a search over many shards is as slow as the slowest of them.

One shard is measured here: exact search and search by 512-bit codes over so many made-up vectors, one thread, one query
after the other. A query over S shards then waits for the largest of S times drawn from those measured, and for the
merge of S answers, which is measured too. The network is left out. Times of one shard are taken to be independent of
each other: shards that share a machine are slower, and slow together.

    python benchmarks/shards.py                    100,000 vectors of 512 values a shard
    python benchmarks/shards.py --count 1000000    a gigabyte
"""

import argparse
import heapq

import numpy as np
from numpy.typing import NDArray

from inkseek.retrieval.exact_search import ExactSearch
from inkseek.retrieval.packed_index import PackedIndex
from inkseek.retrieval.sign_codes import sign_codes, thresholds
from query import percentiles
from subjects import print_result
from timing import milliseconds

K = 48
DIMENSION = 512
SHARDS = (1, 4, 16, 64, 256, 1024)
DRAWS = 20_000
QUERIES = 64


def unit_rows(count: int, seed: int) -> NDArray[np.float16]:
    """Made-up unit rows float16 [count, 512]."""
    rng = np.random.default_rng(seed)
    rows = np.empty((count, DIMENSION), np.float16)
    for start in range(0, count, 10_000):
        block = rng.standard_normal((min(10_000, count - start), DIMENSION), np.float32)
        rows[start : start + 10_000] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return rows


def slowest(times: list[float], shards: int, rng: np.random.Generator) -> dict[str, float]:
    """Percentiles of the largest of so many times."""
    quantiles = rng.random(DRAWS) ** (1 / shards)  # the largest of S uniform numbers
    return percentiles(np.quantile(times, quantiles, method="inverted_cdf").tolist())


def merging(shards: int, repeats: int) -> float:
    """Median milliseconds of the k best of S sorted answers of k scores."""
    rng = np.random.default_rng(0)
    answers = [[(-float(score), i) for i, score in enumerate(np.sort(rng.random(K))[::-1])] for _ in range(shards)]
    times = milliseconds(lambda _: [*zip(range(K), heapq.merge(*answers), strict=False)], repeats)
    return round(float(np.median(times)), 3)


def main() -> None:
    """Measure one shard and print what many come to."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=100_000, help="vectors of a shard")
    options.add_argument("--repeats", type=int, default=1000)
    chosen = options.parse_args()
    vectors, queries = unit_rows(chosen.count, 0), unit_rows(QUERIES, 1).astype(np.float32)
    above = thresholds(vectors)
    exact, packed = ExactSearch(vectors), PackedIndex(sign_codes(vectors, above))
    codes = sign_codes(queries, above)
    kinds = {
        "exact": lambda i: exact.search(queries[i % QUERIES][None], K),
        "codes": lambda i: packed.search(codes[i % QUERIES][None], K),
    }
    rng = np.random.default_rng(2)
    measured = {kind: milliseconds(search, chosen.repeats) for kind, search in kinds.items()}
    result: dict[str, object] = {
        kind: {shards: slowest(times, shards, rng) for shards in SHARDS} for kind, times in measured.items()
    }
    merge = {shards: merging(shards, 50) for shards in SHARDS}
    print_result({"vectors_a_shard": chosen.count, "k": K, "ms_by_shards": result, "merge_ms": merge})


if __name__ == "__main__":
    main()
