"""Claim: every metric under every protocol takes seconds, and a few blocks of memory beside the features.

    python benchmarks/metrics.py                    15,229 x 17,101 x 512 (Sketchy, split 1), against two libraries
    python benchmarks/metrics.py --size quickdraw   92,291 x 54,151 x 512 (QuickDraw), alone
    python benchmarks/metrics.py --stages           seconds that each stage takes on one core

Features are unit rows in clusters of the published class sizes; Sketchy's gallery lists 2,500 photos twice. inkseek
measures mAP@all, and mAP and P at 25, 100 and 200, under five protocols, the libraries the same list under the one
definition that they have. Every measurement is a process of its own, whose peak is its largest resident set, features
included. Of inkseek's repeats the quickest counts.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from inkseek.evaluation.protocols import PROTOCOLS
from inkseek.evaluation.ranks import rank_relevant, search_rows
from inkseek.evaluation.retrieval_metrics import protocol_values, retrieval_metrics
from inkseek.evaluation.scores import NegatedScores
from metric_problem import CUTS, DIMENSION, SIZES, Problem, arguments, report

PEERS = Path(__file__).with_name("metric_peers.py")
REPEATS = 3
BLOCK = 490

RANKS = "ranks (sort, search and ties)"


def inkseek(data: Problem) -> tuple[float, dict[str, float]]:
    """Quickest of the repeats, and the values of the definition that the libraries have."""
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        found = retrieval_metrics(data.queries, data.gallery, data.query_labels, data.gallery_labels, cuts=CUTS)
        seconds.append(time.perf_counter() - started)
    return min(seconds), found["sempcyc"].micro()


def stages(data: Problem) -> tuple[float, dict[str, float]]:
    """Seconds on one core for all queries, reckoned from one block of one class; the quickest of some repeats."""
    scores = NegatedScores(data.queries, data.gallery)
    queries = np.flatnonzero(data.query_labels == data.query_labels[0])[:BLOCK]
    relevant = np.flatnonzero(data.gallery_labels == data.query_labels[0])
    distances = scores(queries)
    ordered, own = np.sort(distances, axis=1), np.sort(distances.take(relevant, axis=1), axis=1)
    found = rank_relevant(distances, relevant)
    work: dict[str, Callable[[], object]] = {
        "matrix product": lambda: scores(queries),
        RANKS: lambda: rank_relevant(distances, relevant),
        "metrics": lambda: protocol_values(found, tuple(PROTOCOLS.values()), CUTS),
        "sort alone": lambda: np.sort(distances, axis=1),
        "search alone": lambda: search_rows(ordered, own),
    }
    seconds = {name: quickest(run) * len(data.queries) / len(queries) for name, run in work.items()}
    total = sum(seconds[name] for name in ("matrix product", RANKS, "metrics"))
    return total, {name: round(spent, 2) for name, spent in seconds.items()}


def quickest(run: Callable[[], object]) -> float:
    """Seconds of the quickest of some runs."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def in_process(script: str | Path, subject: str, size: str, **environment: str) -> dict[str, Any]:
    """One measurement in a process of its own."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, script, "--only", subject, "--size", size],
        env=os.environ | environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    if "stages" not in subject:
        print(f"{subject}: {found['seconds']} s, peak {found['peak_mib']} MiB", flush=True)
    return found


def compare(size: str) -> None:
    """Ours and the libraries' on the same features, values included."""
    ours = in_process(__file__, "inkseek", size)
    ratios = []
    # torchmetrics knows no ties: the photos that are listed twice move its values a little.
    for peer, tolerance in (("sklearn", 1e-6), ("torchmetrics", 1e-3)):
        theirs = in_process(PEERS, peer, size)
        for metric, value in theirs["values"].items():
            assert abs(value - ours["values"][metric]) <= tolerance, (peer, metric, value, ours["values"][metric])
        ratios.append(f"{peer} {theirs['seconds'] / ours['seconds']:.1f}x")
    print("speedup", *ratios)


def main() -> None:
    """Measure and print."""
    options = arguments()
    options.description = __doc__
    options.add_argument("--stages", action="store_true", help="time the stages instead")
    chosen = options.parse_args()
    if chosen.only:
        report({"inkseek": inkseek, "stages": stages}[chosen.only], chosen.size)
        return
    size = SIZES[chosen.size]
    print(f"{chosen.size}: {size.queries} x {size.gallery} x {DIMENSION}, {os.cpu_count()} cores", flush=True)
    if chosen.stages:
        print(json.dumps(in_process(__file__, "stages", chosen.size, OPENBLAS_NUM_THREADS="1"), indent=1))
    elif chosen.size == "sketchy1":
        compare(chosen.size)
    else:
        in_process(__file__, "inkseek", chosen.size)


if __name__ == "__main__":
    main()
