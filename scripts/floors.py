"""What the features are worth that methods start from: cosine on a frozen ImageNet network and on a fine-tuned one.

    python scripts/floors.py --data ../shared/data/sketchy25 --split sketchy2 --run runs/finetune-sketchy25 \
        --run runs/sake-sketchy2

Writes docs/measurements/floors/SPLIT.json; scripts/results.py makes the table. Nothing is trained.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from inkseek.data.cache import build_evaluation_caches
from inkseek.evaluation.retrieval_metrics import retrieval_metrics
from inkseek.evaluation.selection import select
from inkseek.methods._imagenet import pretrained, split_classifier
from inkseek.methods._networks import PHOTO, SKETCH, Extractor, SharedNetwork, Tap
from inkseek.pictures.preprocessing import Preprocessing
from inkseek.retrieval.model_folder import open_model_folder
from inkseek.training.experiment import FeatureConfig
from inkseek.training.folder import source_commit
from inkseek.training.problem import open_extractor
from inkseek.training.validation import encode

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "docs" / "measurements" / "floors"
Matrix = NDArray[np.float32]
Labels = NDArray[np.int64]
TAPS: tuple[Tap, ...] = ("stages", "visual", "code")


def extractors(backbone: str, runs: list[Path]) -> Iterator[tuple[str, Extractor]]:
    """Name of a network, and what gives all its features side by side."""
    network, imagenet = pretrained(backbone, gated=False)
    yield (
        f"{backbone}, ImageNet weights",
        Extractor(SharedNetwork(network, split_classifier(imagenet.weight, 512)[0]), TAPS),
    )
    for run in runs:
        yield (
            f"`{run.name}`",
            open_extractor(FeatureConfig(run=str(run), taps=TAPS), open_model_folder(run).config.seen_classes),
        )


def columns(extractor: Extractor) -> dict[str, slice]:
    """Where in the features each kind lies."""
    network = extractor.sketch.network
    code, visual = network.projection.out_features, network.backbone.dimension
    return {
        "visual": slice(-code - visual, -code),
        "stages and visual": slice(0, -code),
        "code": slice(-code, None),
    }


def cosine_map(sketch: Matrix, photo: Matrix, sketch_labels: Labels, photo_labels: Labels) -> float:
    """Mean over queries of AP@all under `standard`, by cosine; features have any length."""
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (sketch, photo)]
    return retrieval_metrics(unit[0], unit[1], sketch_labels, photo_labels)["standard"].micro()["mAP@all"]


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", required=True)
    parser.add_argument("--run", type=Path, action="append", default=[], help="of method finetune, sake, ...")
    parser.add_argument("--backbone", default="efficientnet-lite0")
    parser.add_argument("--size", type=int, default=160)
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"))
    arguments = parser.parse_args()
    view = select(arguments.data, arguments.split).view
    pair = build_evaluation_caches(view, Preprocessing(size=arguments.size), arguments.cache)
    labels = pair.sketch.labels(pair.class_names), pair.photo.labels(pair.class_names)
    rows = []
    for name, extractor in extractors(arguments.backbone, arguments.run):
        sketch, photo = (
            encode(extractor, cache.pixels, modality, torch.device("cpu"))
            for cache, modality in ((pair.sketch, SKETCH), (pair.photo, PHOTO))
        )
        for kind, part in columns(extractor).items():
            found = cosine_map(sketch[:, part], photo[:, part], *labels)
            row = {"network": name, "feature": kind, "dimension": sketch[:, part].shape[1]}
            rows.append(row | {"mAP@all": round(found, 4)})
    KEPT.mkdir(parents=True, exist_ok=True)
    data = {"queries": len(labels[0]), "gallery": len(labels[1]), "manifest": view.manifest.hash}
    tree = {"split": arguments.split, "size": arguments.size, "commit": source_commit(), "data": data, "rows": rows}
    (KEPT / f"{arguments.split}.json").write_text(json.dumps(tree, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
