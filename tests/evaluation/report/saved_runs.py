"""Saved measurements of invented encoders, with tiny pictures where a test wants to see them."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inkseek.evaluation.hamming import hamming_metrics
from inkseek.evaluation.per_query import save_per_query
from inkseek.evaluation.report.kept import KeptMeasurement, open_measurements
from inkseek.evaluation.result import FORMAT, Evaluation, FeatureFacts, RunFacts
from inkseek.evaluation.retrieval_metrics import RetrievalMetrics, retrieval_metrics
from inkseek.evaluation.saved import QUERIES, FeatureTable, SavedEvaluation, save_evaluation

CLASSES = ("bat", "cow", "door", "pear")
DIMENSION = 12
CUTS = (5, 10)


def table(
    rng: np.random.Generator, modality: str, classes: Sequence[str], each: int, noise: float, *, centres: int = 0
) -> FeatureTable:
    """Unit rows near the centre of their class; `centres` is the seed of the centres."""
    middle = np.random.default_rng(centres).standard_normal((len(classes), DIMENSION))
    labels = np.repeat(np.arange(len(classes)), each)
    rows = middle[labels] + noise * rng.standard_normal((len(labels), DIMENSION))
    features = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    paths = tuple(f"{modality}/{classes[label]}/{place}.png" for place, label in enumerate(labels.tolist()))
    return FeatureTable(features, labels.astype(np.int64), paths, digests(paths))


def digests(contents: Sequence[str]) -> NDArray[np.uint8]:
    """[n, 32] digests of pictures that hold these words."""
    found = [np.frombuffer(hashlib.sha256(content.encode()).digest(), np.uint8) for content in contents]
    return np.array(found, np.uint8).reshape(-1, 32)


def rows_of(side: FeatureTable, rows: NDArray[np.int64]) -> FeatureTable:
    """Some pictures of one side, in another order if so asked."""
    return FeatureTable(
        side.features[rows], side.labels[rows], tuple(side.paths[row] for row in rows), side.digests[rows]
    )


def coded(side: FeatureTable) -> FeatureTable:
    """One side with packed codes of 8 bits, the signs of its features, in place of the features."""
    return replace(side, features=np.packbits(side.features[:, :8] > 0, axis=1))


def write_run(
    folder: Path,
    *,
    name: str = "tiny",
    classes: Sequence[str] = CLASSES,
    each: tuple[int, int] = (3, 5),
    noise: float = 0.6,
    seed: int = 0,
    training: bool = False,
    run: RunFacts | None = None,
    split: str = "sketchy2",
    root: Path | None = None,
    queries: FeatureTable | None = None,
    gallery: FeatureTable | None = None,
    codes: bool = False,
) -> Path:
    """Write a saved measurement and return its folder; `each` is the number of sketches and of photos a class."""
    rng = np.random.default_rng(seed)
    asked = table(rng, "sketch", classes, each[0], noise) if queries is None else queries
    photos = table(rng, "photo", classes, each[1], noise) if gallery is None else gallery
    if codes:
        asked, photos = coded(asked), coded(photos)
    metrics = measured(asked, photos)
    feature: FeatureFacts = {"kind": "float", "dimension": asked.features.shape[1], "codes": None}
    if codes:
        feature = {"kind": "binary", "dimension": 8, "codes": "itq"}
    saved = SavedEvaluation(
        path=folder,
        name=name,
        evaluation=evaluation_of(metrics, tuple(classes), name=name, seed=seed, run=run, split=split, feature=feature),
        root=folder / "pictures" if root is None else root,
        class_names=tuple(classes),
        queries=asked,
        gallery=photos,
        training_class_names=("cup", "fan") if training else (),
        training={
            side: table(rng, side, ("cup", "fan"), 40, noise, centres=1) for side in ("sketch", "photo") if training
        },
    )
    folder.mkdir(parents=True)
    save_evaluation(folder, saved)
    save_per_query(folder / QUERIES, metrics, paths=asked.paths, class_names=classes)
    return folder


def measured(queries: FeatureTable, gallery: FeatureTable) -> dict[str, RetrievalMetrics]:
    """Metrics of features, or of codes where a side holds codes."""
    labels = (queries.labels, gallery.labels)
    if queries.features.dtype == np.uint8:
        return hamming_metrics(queries.features.astype(np.uint8), gallery.features.astype(np.uint8), *labels, cuts=CUTS)
    sides = (queries.features.astype(np.float32), gallery.features.astype(np.float32))
    return retrieval_metrics(*sides, *labels, cuts=CUTS)


def evaluation_of(
    metrics: dict[str, RetrievalMetrics],
    classes: tuple[str, ...],
    *,
    name: str,
    seed: int,
    run: RunFacts | None,
    split: str,
    feature: FeatureFacts,
) -> Evaluation:
    """The printed result of a measurement."""
    main = metrics["standard"]
    per_class = ((name, main.of_class(label)) for label, name in enumerate(classes))
    return {
        "format": FORMAT,
        "inkseek": "0.1.0",
        "model": {
            "name": name,
            "method": "sake",
            "fingerprint": f"{seed:064x}",
            "runtime": "onnxruntime",
            "precision": "float16",
        },
        "run": run,
        "data": {
            "manifest": "ab" * 32,
            "split": split,
            "gallery_mode": "as_listed",
            "generalized": None,
            "queries": len(main.queries),
            "gallery": main.gallery_size,
            "classes": len(classes),
            "skipped": main.excluded,
            "seen_in_training": [],
        },
        "zero_shot": True,
        "feature": feature,
        "protocols": {row: {"micro": found.micro(), "macro": found.macro()} for row, found in metrics.items()},
        "per_class": {
            name: {"queries": count, "mAP@all": mean["mAP@all"]} for name, (count, mean) in per_class if count
        },
    }


def open_run(folder: Path) -> KeptMeasurement:
    """The one measurement of a folder."""
    [measurement] = open_measurements([folder])
    return measurement


def draw_pictures(measurement: KeptMeasurement) -> None:
    """Write a file for every sketch and photo of a measurement."""
    saved = measurement.saved
    for paths, ink in ((saved.queries.paths, True), (saved.gallery.paths, False)):
        for number, path in enumerate(paths):
            file = saved.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            picture = Image.new("RGB", (40, 30), "white" if ink else (40 * number % 256, 90, 200))
            if ink:
                ImageDraw.Draw(picture).line((5, 5, 30, 5 + number % 20), fill="black", width=2)
            picture.save(file)


def run_facts(seed: int, settings: str = "s", commit: str = "1234567890ab") -> RunFacts:
    """Facts of a run with this seed."""
    return {"seed": seed, "settings": settings, "commits": [commit]}


def unit(rows: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    """Rows of unit length."""
    values = np.array(rows, dtype=np.float64)
    found: NDArray[np.float32] = (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)
    return found
