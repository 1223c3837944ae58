"""Singular values of an encoder's features: trained and test classes, sketches and photos.

    inkseek evaluate runs/NAME --data DIR --split FILE-OR-NAME --training-data DIR --out measured
    python scripts/spectrum.py measured --json spectrum.json

Reads kept measurements (or a run folder that holds them) and encodes nothing, so that an unseen class is looked at
only where a measurement looked at it. Each singular value is divided by the largest of its modality; the first 30 are
kept. The recipe is of Wang et al., TCN (IEEE TPAMI 2021), who read 64 values of Sketchy. `inkseek report` draws the
same figures.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkseek.evaluation.report.kept import comparable
from inkseek.evaluation.report.spectra import Part, spectra
from inkseek.evaluation.saved import FeatureTable, SavedEvaluation, open_evaluations

PLACES = (1, 5, 10, 20, 30)
"""Singular values in the table, counted from 1."""


def matrices(saved: SavedEvaluation) -> dict[Part, NDArray[np.float32]]:
    """What the measurement compared, [n, d] each; training features where they were kept."""
    tables: dict[Part, FeatureTable] = {("test", "photo"): saved.gallery, ("test", "sketch"): saved.queries}
    for modality in ("photo", "sketch"):
        if modality in saved.training:
            tables["training", modality] = saved.training[modality]
    return {part: comparable(table.features) for part, table in tables.items()}


def spectrum_table(found: Mapping[Part, NDArray[np.float64]], counts: Mapping[Part, int]) -> str:
    """Markdown: a row a matrix, a column for each of `PLACES` that it reaches."""
    lines = ["| features | pictures | " + " | ".join(f"value {place}" for place in PLACES) + " |"]
    lines.append("|---|---|" + "---|" * len(PLACES))
    for part in sorted(found, reverse=True):
        values = [f"{found[part][place - 1]:.3f}" if place <= len(found[part]) else "–" for place in PLACES]
        lines.append(f"| {' '.join(part)} | {counts[part]:,} | " + " | ".join(values) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print a table for each measurement, and write the figures where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measurement", type=Path, help="what inkseek evaluate kept: --out, or a run folder")
    parser.add_argument("--json", type=Path, help="file for all figures")
    arguments = parser.parse_args()
    figures = {}
    for saved in open_evaluations(arguments.measurement):
        features = matrices(saved)
        found = spectra(features)
        counts = {part: len(rows) for part, rows in features.items()}
        sys.stdout.write(f"{saved.name}\n\n{spectrum_table(found, counts)}\n\n")
        figures[saved.name] = {" ".join(part): values.tolist() for part, values in found.items()}
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
