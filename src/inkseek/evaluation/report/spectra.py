"""Singular values of the features: how many directions an encoder uses, and whether unseen classes use them alike.

After Wang et al., "Transferable Coupled Network for Zero-Shot Sketch-Based Image Retrieval" (IEEE TPAMI 2021): four
matrices, training and test features of photos and of sketches; the singular values of each, divided by the largest
within its modality; the first 30 are drawn.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inkseek.evaluation.report.chart import Axis, Line, line_chart
from inkseek.evaluation.report.html import details, figure, table
from inkseek.evaluation.report.kept import comparable
from inkseek.evaluation.report.shown import Shown
from inkseek.evaluation.saved import SavedEvaluation

FIRST = 30
"""Singular values that are drawn."""

Part = tuple[Literal["training", "test"], Literal["photo", "sketch"]]

_STYLES: Mapping[Part, str] = {
    ("training", "photo"): "s1 dashed",
    ("training", "sketch"): "s2 dashed",
    ("test", "photo"): "s1 solid",
    ("test", "sketch"): "s2 solid",
}
_TITLE = "Singular values"
_EXPLANATION = (
    "Features of a flat curve use many directions, those of a steep one few. Wang et al. (TCN, TPAMI 2021) read it so: "
    "sketches above photos in training are learnt by heart, like curves in the test retrieve well. Values grow with "
    "the number of pictures, in brackets."
)
_NO_TRAINING = (
    "<strong>Training features were not saved</strong>, so the test is drawn alone; measure with <code>inkseek "
    "evaluate … --training-data DIR</code> to have them."
)
_CODES = "<strong>Training codes are not kept</strong>, so the test is drawn alone."
_WORDS = {"photo": "photos", "sketch": "sketches"}
_SHARES = tuple((share, f"{share:.2f}") for share in (0.0, 0.25, 0.5, 0.75, 1.0))


def spectra(matrices: Mapping[Part, NDArray[np.float32]]) -> dict[Part, NDArray[np.float64]]:
    """The first singular values of each matrix over the largest of its modality, training or test.

    `s_i(X) / max_{Y of the modality of X} s_1(Y)` with `X` [n, d], neither centred nor scaled.

    Args:
        matrices: (training or test, photo or sketch) -> [n, d] retrieval features.

    Returns:
        The same keys -> [min(n, d, 30)], falling, at most 1.
    """
    values = {part: _singular_values(features) for part, features in matrices.items()}
    largest = {
        modality: max(value[0] for (_, other), value in values.items() if other == modality) for _, modality in values
    }
    return {part: value[:FIRST] / largest[part[1]] for part, value in values.items()}


def spectra_figure(run: Shown, *, explained: bool) -> str:
    """The curves of one measurement; training features are drawn where they were saved."""
    matrices = _matrices(run.measurement.saved)
    found = spectra(matrices)
    lines = [
        Line(_label(part, matrices), _STYLES[part], np.arange(1.0, len(values) + 1), values)
        for part, values in found.items()
    ]
    most = max(len(line.x) for line in lines)
    x_axis = Axis("singular value, by size", 1.0, max(float(most), 2.0), [(tick, f"{tick}") for tick in _ticks(most)])
    y_axis = Axis("share of the largest of the modality", 0.0, 1.0, _SHARES)
    title, heading = _TITLE, _TITLE
    if run.letter:
        title, heading = f"{_TITLE} of {run.words}", f"{_TITLE} of {run.label}"
    last = "; ".join(f"{line.label}: {line.y[-1]:.2f}" for line in lines)
    chart = line_chart(title, f"Last value drawn, {last}", x_axis, y_axis, lines)
    heads = [line.label for line in lines]
    rows = [
        [str(place + 1), *(f"{line.y[place]:.3f}" if place < len(line.y) else "–" for line in lines)]
        for place in range(most)
    ]
    data = details("The figures", table(f"{title}, first {most}", ["", *heads], rows))
    return figure(heading, chart + data, note=_note(run, matrices, explained))


def _singular_values(features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Roots of the eigenvalues of `X^T X`, falling; only as many as X can have."""
    exact = features.astype(np.float64)
    squares = np.linalg.eigvalsh(exact.T @ exact)[::-1]
    values: NDArray[np.float64] = np.sqrt(np.clip(squares[: min(exact.shape)], 0.0, None))
    return values


def _matrices(saved: SavedEvaluation) -> dict[Part, NDArray[np.float32]]:
    found: dict[Part, NDArray[np.float32]] = {
        ("test", "photo"): comparable(saved.gallery.features),
        ("test", "sketch"): comparable(saved.queries.features),
    }
    for modality in ("photo", "sketch"):
        if modality in saved.training:
            found["training", modality] = comparable(saved.training[modality].features)
    return found


def _label(part: Part, matrices: Mapping[Part, NDArray[np.float32]]) -> str:
    return f"{_WORDS[part[1]]}, {part[0]} ({len(matrices[part]):,})"


def _ticks(most: int) -> Sequence[int]:
    return [tick for tick in (1, 5, 10, 15, 20, 25, 30) if tick <= most]


def _note(run: Shown, parts: Collection[Part], explained: bool) -> str:
    notes = [_EXPLANATION] if explained else []
    if all(side == "test" for side, _ in parts):
        notes.append(_CODES if run.measurement.evaluation["feature"]["kind"] == "binary" else _NO_TRAINING)
    return " ".join(notes)
