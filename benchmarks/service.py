"""Claim: HTTP costs little. Strokes to photos over loopback, 100,000 stored vectors of 512 values.

`one client` asks again and again; its peer, run in turns with it, is the same search called in this process: strokes to
a `Drawing`, `Searcher.search`. `eight clients` ask at the same time, each a process of its own connection and thread.

    python benchmarks/service.py                   the bundled encoder
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from inkseek.pictures.preprocessing import sketch_pixels
from inkseek.retrieval.encoder import load_encoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.search import Searcher
from inkseek.service.client import Client
from inkseek.sketch.model import Drawing
from query import drawings, fill, percentiles
from subjects import print_result
from timing import milliseconds

K = 48
CLIENTS = 8

Strokes = list[list[list[float]]]


@contextmanager
def served(gallery: Path) -> Iterator[str]:
    """Address of `inkseek serve` in a process of its own."""
    command = [sys.executable, "-m", "inkseek.cli.main", "serve", str(gallery), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own command
    try:
        found = re.search(r"http://\S+", process.stderr.readline() if process.stderr else "")
        assert found, "the service did not start"
        yield found.group()
    finally:
        process.terminate()
        process.wait()


def one_client(address: str, searcher: Searcher, model: str, strokes: list[Strokes], repeats: int) -> dict[str, object]:
    """HTTP and the same search in this process, in turns."""
    encoder, client = load_encoder(model, threads=1), Client(address)

    def in_process(i: int) -> None:
        drawing = Drawing.from_points(strokes[i % len(strokes)])
        searcher.search(sketch_pixels(drawing, encoder.config.preprocessing), k=K)

    http: list[float] = []
    peer: list[float] = []
    turns = 15  # short ones: what else the machine does falls on both alike
    for _ in range(turns):
        http += milliseconds(lambda i: client.search(strokes[i % len(strokes)], k=K), repeats // turns)
        peer += milliseconds(in_process, repeats // turns)
    ratio = float(np.median(http) / np.median(peer))
    return {"http_ms": percentiles(http), "in_process_ms": percentiles(peer), "http_to_in_process": round(ratio, 3)}


def many_clients(address: str, strokes: list[Strokes], repeats: int) -> dict[str, object]:
    """Searches a second with eight clients, and the time of each."""
    times: list[float] = []

    def ask(first: int) -> None:
        with Client(address) as client:
            times.extend(milliseconds(lambda i: client.search(strokes[(first + i) % len(strokes)], k=K), repeats))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    return {"searches_per_second": round(CLIENTS * (repeats + 1) / seconds, 1), "http_ms": percentiles(times)}


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", default="bundled", help="model folder, run folder or bundled")
    options.add_argument("--count", type=int, default=100_000, help="stored vectors")
    options.add_argument("--repeats", type=int, default=300)
    chosen = options.parse_args()
    strokes: list[Strokes] = [json.loads(path.read_bytes())["strokes"] for path in drawings()]
    with tempfile.TemporaryDirectory() as name:
        encoder = load_encoder(chosen.model, threads=1)
        folder = Path(name) / "photos.gallery"
        fill(folder, encoder, chosen.count)
        with Gallery.open(folder) as gallery, served(folder) as address:
            searcher = Searcher(gallery, encoder)
            result = {
                "vectors": chosen.count,
                "cores": os.cpu_count(),
                "one_client": one_client(address, searcher, chosen.model, strokes, chosen.repeats),
                "eight_clients": many_clients(address, strokes, chosen.repeats // CLIENTS),
            }
    print_result(result)


if __name__ == "__main__":
    main()
