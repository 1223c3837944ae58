"""Claim: indexing is fast. Photos a second end to end against the plain way, both in this process, in turns.

The plain way opens each photo with Pillow, decodes it in full, scales it, and runs torch as it comes on batches of 16.
Ours is `index_folder` into a new gallery on disk: walk, hash, decode, encode, commit, index cache. Both run the same
network. `decode_alone` and `encode_alone` are the two parts with every core to themselves: reading, hashing and
decoding in one thread a core, and the encoder as `load_encoder` gives it, all cores on one batch.
`encode_thread_a_core` is how indexing runs it. The whole cannot be faster than `both_in_turn`: decoding, then encoding,
with the cores always busy.

    python benchmarks/indexing.py                      12-megapixel JPEGs, and Sketchy's photos where they lie
    python benchmarks/indexing.py --count 24 --repeats 1
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from inkseek.pictures.limits import DEFAULT_LIMITS
from inkseek.retrieval.changes import Pending
from inkseek.retrieval.embedding import index_folder, open_or_create_gallery
from inkseek.retrieval.encoder import load_encoder
from inkseek.retrieval.pipeline import CHUNK
from inkseek.retrieval.reading import Photo, read_photo, unknown_class
from inkseek.training.export import ServedEncoder
from subjects import fresh_encoder, print_result, served_size, write_fresh_folder, write_photos

SKETCHY_PHOTOS = Path("../shared/data/sketchy25/256x256/photo/tx_000000000000")
PLAIN_BATCH = 16
CORES = os.cpu_count() or 1
RUNTIMES = {"onnxruntime": ""} | ({"openvino": "_openvino"} if find_spec("openvino") else {})
"""Runtime -> how its figures end."""


def plain(files: list[Path], encoder: ServedEncoder, size: int) -> float:
    """Photos a second of the plain way."""
    started = time.perf_counter()
    with torch.no_grad():
        for start in range(0, len(files), PLAIN_BATCH):
            pixels = [
                Image.open(file).convert("RGB").resize((size, size)) for file in files[start : start + PLAIN_BATCH]
            ]
            batch = torch.from_numpy(np.stack([np.asarray(picture) for picture in pixels]))
            encoder(batch, torch.ones(len(batch)))
    return len(files) / (time.perf_counter() - started)


def ours(folder: Path, count: int, model: Path, runtime: str, scratch: Path) -> float:
    """Photos a second of `index_folder`, from loading the model to the last commit."""
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        started = time.perf_counter()
        encoder = load_encoder(model, runtime)
        with open_or_create_gallery(Path(name) / "gallery", encoder) as gallery:
            report = index_folder(gallery, folder, encoder)
        assert report.added == count, report
        return count / (time.perf_counter() - started)


def decode_alone(files: list[Path], size: int) -> float:
    """Photos a second of reading, hashing and decoding, on every core."""
    jobs = [Pending(file, file.stat().st_size, 0, known=False, sha256=None) for file in files]
    read = partial(read_photo, size=size, limits=DEFAULT_LIMITS, class_of=unknown_class)
    started = time.perf_counter()
    with ThreadPoolExecutor(CORES) as pool:
        assert all(isinstance(outcome, Photo) for outcome in pool.map(read, jobs))
    return len(files) / (time.perf_counter() - started)


def encode_alone(count: int, model: Path, runtime: str, callers: int) -> float:
    """Photos a second of the network on ready pixels, on every core: all of them on a batch, or one batch a core."""
    encoder = load_encoder(model, runtime)
    encoder = encoder if callers == 1 else encoder.for_workers(callers)
    size = encoder.config.preprocessing.size
    chunk = np.random.default_rng(0).integers(0, 256, (CHUNK, size, size, 3), np.uint8)
    chunks = max(count // CHUNK, 2 * CORES)
    encoder.encode_photo(chunk)
    started = time.perf_counter()
    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(lambda _: encoder.encode_photo(chunk), range(chunks)))
    return chunks * CHUNK / (time.perf_counter() - started)


def peak_memory(folder: Path, model: Path, scratch: Path) -> int:
    """Peak resident MiB of a fresh process that indexes the folder."""
    script = r"""
import re, sys
from pathlib import Path
from inkseek.retrieval.embedding import index_folder, open_or_create_gallery
from inkseek.retrieval.encoder import load_encoder
from inkseek.retrieval.pipeline import CHUNK
encoder = load_encoder(sys.argv[1])
with open_or_create_gallery(Path(sys.argv[2]), encoder) as gallery:
    index_folder(gallery, Path(sys.argv[3]), encoder)
print(int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text()).group(1)) // 1024)
"""
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        command = [sys.executable, "-c", script, str(model), f"{name}/gallery", str(folder)]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - our own


def measure(
    folder: Path, plain_count: int, model: Path, encoder: ServedEncoder, size: int, repeats: int, scratch: Path
) -> dict[str, object]:
    """All figures of one folder: medians over turns in which every contender runs once."""
    files = sorted(path for path in folder.rglob("*") if path.suffix == ".jpg")
    contenders: dict[str, Callable[[], float]] = {
        "plain": lambda: plain(files[:plain_count], encoder, size),
        "decode_alone": lambda: decode_alone(files, size),
    }
    for runtime, end in RUNTIMES.items():
        contenders[f"ours{end}"] = partial(ours, folder, len(files), model, runtime, scratch)
        contenders[f"encode_alone{end}"] = partial(encode_alone, len(files), model, runtime, 1)
        contenders[f"encode_thread_a_core{end}"] = partial(encode_alone, len(files), model, runtime, CORES)
    turns = [{name: run() for name, run in contenders.items()} for _ in range(repeats)]
    rate = {name: statistics.median(turn[name] for turn in turns) for name in contenders}
    return {
        "photos": len(files),
        "mean_bytes": sum(file.stat().st_size for file in files) // len(files),
        "photos_per_second": {name: round(value, 1) for name, value in rate.items()},
        "ratios": {name: round(value, 2) for name, value in ratios(rate).items()},
    }


def ratios(rate: dict[str, float]) -> dict[str, float]:
    """The figures that the claim names."""
    result: dict[str, float] = {}
    for end in RUNTIMES.values():
        whole, decode, encode = rate[f"ours{end}"], rate["decode_alone"], rate[f"encode_alone{end}"]
        result[f"ours{end}_to_plain"] = whole / rate["plain"]
        result[f"ours{end}_to_slower_part"] = whole / min(decode, encode)
        result[f"ours{end}_to_both_in_turn"] = whole * (1 / decode + 1 / rate[f"encode_thread_a_core{end}"])
    return result


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=200, help="12-megapixel JPEGs to make")
    options.add_argument(
        "--plain-count", type=int, default=48, help="photos that the plain way gets; its rate is steady"
    )
    options.add_argument("--photos", type=Path, default=SKETCHY_PHOTOS, help="folder of small JPEGs")
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--backbone", default="efficientnet-lite0")
    options.add_argument("--size", type=int, default=served_size())
    options.add_argument("--dimension", type=int, default=512)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        encoder = fresh_encoder(chosen.backbone, chosen.dimension)
        model = write_fresh_folder(encoder, scratch / "model", chosen.backbone, chosen.size, chosen.dimension)
        large = write_photos(scratch / "large", chosen.count, 4000, 3000)
        half = scratch / "half"
        half.mkdir()
        for file in sorted(large.iterdir())[: chosen.count // 2]:
            os.link(file, half / file.name)
        small = chosen.photos if chosen.photos.is_dir() else write_photos(scratch / "small", 625, 256, 256)
        run = partial(measure, model=model, encoder=encoder, size=chosen.size, repeats=chosen.repeats, scratch=scratch)
        result: dict[str, object] = {
            "peer": f"Pillow full decode + torch {torch.__version__} default forward, batch {PLAIN_BATCH}",
            "encoder": {"backbone": chosen.backbone, "size": chosen.size, "dimension": chosen.dimension},
            "cores": CORES,
            "12_megapixels": run(large, chosen.plain_count),
            "256_pixels": run(small, 10 * chosen.plain_count),
            "peak_mebibytes": {
                f"{chosen.count // 2} photos": peak_memory(half, model, scratch),
                f"{chosen.count} photos": peak_memory(large, model, scratch),
            },
        }
    print_result(result)


if __name__ == "__main__":
    main()
