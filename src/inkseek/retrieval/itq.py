"""Iterative quantisation (ITQ): the rotation that loses least when features become bits.

Gong and Lazebnik, "Iterative Quantization: A Procrustean Approach to Learning Binary Codes" (CVPR 2011), section 2.

    X  [n, d]  features less the mean of their modality
    W  [d, c]  the c principal directions of X, by falling variance
    V  [n, c]  X W
    R  [c, c]  rotation
    B  [n, c]  sgn(V R) in {-1, 1}, with sgn(0) = 1
    c          bits of a code

R minimises the quantisation error Q = ||B - V R||_F^2. A code has bit 1 where x W R > 0. Everything is in float64.

The paper subtracts one mean. Sketches and photos have two, and their difference says nothing of a class, so each
modality is centred by its own, as every released ITQ of the field does.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from inkseek.arrays import load_arrays, save_arrays
from inkseek.errors import ConfigError, DataError, FormatError
from inkseek.retrieval.features import check_finite
from inkseek.retrieval.search import Modality

FORMAT = 1
BLOCK_ROWS = 8192
"""Features held in float64 at a time."""

Matrix = NDArray[np.float64]
Update = Literal["correct", "released"]
Basis = Literal["both", "sketch", "photo"]


@dataclass(frozen=True, eq=False)
class Itq:
    """A fitted quantiser of the features of one encoder.

    Attributes:
        means: modality -> float64 [d], subtracted before projecting.
        projection: float64 [d, c], principal directions times rotation.
    """

    means: Mapping[Modality, Matrix]
    projection: Matrix

    @property
    def dimension(self) -> int:
        """Values of a feature, `d`."""
        return len(self.projection)

    @property
    def bits(self) -> int:
        """Bits of a code, `c`."""
        bits: int = self.projection.shape[1]
        return bits

    @property
    def bits_from(self) -> Literal["network", "pca"]:
        """What chose the number of bits: the network's width, or a cut to the first principal directions."""
        return "network" if self.bits == self.dimension else "pca"

    def encode(self, features: NDArray[np.floating], modality: Modality) -> NDArray[np.uint8]:
        """Bit i is 1 where `((x - mean) @ projection)[i] > 0`, else 0.

        Args:
            features: [n, d] retrieval features.
            modality: whose mean is subtracted.

        Returns:
            uint8 [n, c / 8], packed as by `numpy.packbits`: bit 0 is the highest of the first byte.

        Raises:
            DataError: a feature is not finite.
            ValueError: the features are not [n, d].
        """
        _check(features, modality, self.dimension)
        blocks = _centred(features, self.means[modality])
        codes = [np.packbits(block @ self.projection > 0, axis=1) for block in blocks]
        return np.concatenate([np.empty((0, self.bits // 8), np.uint8), *codes])

    def save(self, path: Path) -> None:
        """Write one `.npz` file, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        means = {f"{modality}_mean": mean for modality, mean in self.means.items()}
        save_arrays(path, {"format": np.array(FORMAT), "projection": self.projection, **means})

    @classmethod
    def load(cls, path: Path, dimension: int) -> Self:
        """Read a file that `save` wrote.

        Args:
            path: the file.
            dimension: values of the features that are to be encoded.

        Raises:
            FormatError: it is missing, damaged, of another format, or for features of another dimension.
        """
        arrays = load_arrays(path, "fit the codes again")
        try:
            found = int(arrays["format"])
            means: dict[Modality, Matrix] = {"sketch": arrays["sketch_mean"], "photo": arrays["photo_mean"]}
            itq = cls(means, arrays["projection"])
        except (KeyError, ValueError, TypeError):
            raise FormatError(f"{path}: holds no binary codes' fit; fit the codes again") from None
        if found != FORMAT:
            raise FormatError(f"{path}: format {found}, but this inkseek reads {FORMAT}; fit the codes again")
        if not _is_sound(itq):
            raise FormatError(f"{path}: is damaged; fit the codes again")
        if itq.dimension != dimension:
            raise FormatError(
                f"{path}: fitted on features of {itq.dimension} values, these have {dimension}; "
                "fit the codes again with this encoder"
            )
        return itq


def fit_itq(
    sketches: NDArray[np.floating],
    photos: NDArray[np.floating],
    *,
    bits: int = 64,
    iterations: int = 50,
    seed: int = 50,
    rotation: Update = "correct",
    basis: Basis = "both",
) -> Itq:
    """Fit mean, principal directions and rotation.

    Args:
        sketches: [n, d] retrieval features.
        photos: [m, d] retrieval features.
        bits: `c`, a multiple of 8, at most d.
        iterations: updates of the rotation; 50 in the paper.
        seed: of the random start; 50 in the released codes, which seed with the number of iterations.
        rotation: update rule, see `learn_rotation`.
        basis: which modality principal directions and rotation are learnt from; each has its own mean in any case.

    Raises:
        ConfigError: `bits` is no multiple of 8, or more than d.
        DataError: a side is empty, a feature is not finite, or there are too few of them for so many bits.
        ValueError: the shapes disagree.
    """
    features: dict[Modality, NDArray[np.floating]] = {"sketch": sketches, "photo": photos}
    dimension = sketches.shape[-1]
    for modality, rows in features.items():
        _check(rows, modality, dimension)
        if not len(rows):
            raise DataError(f"there are no {modality} features to fit binary codes on; give at least one {modality}")
    _check_bits(bits, dimension)
    learnt = [modality for modality in features if basis in {"both", modality}]
    # Centring takes one direction away, so that n features span at most n - 1.
    count = sum(len(features[modality]) for modality in learnt)
    if count <= bits:
        raise DataError(f"codes of {bits} bits need more than {bits} features to fit on, found {count}; give more")
    means: dict[Modality, Matrix] = {name: rows.mean(axis=0, dtype=np.float64) for name, rows in features.items()}

    def centred() -> Iterator[Matrix]:
        for modality in learnt:
            yield from _centred(features[modality], means[modality])

    directions = principal_directions(centred(), bits)
    if rotation == "correct":
        directions = _fix_signs(directions)
    projected = np.concatenate([block @ directions for block in centred()])
    matrix, _ = learn_rotation(projected, iterations=iterations, seed=seed, update=rotation)
    return Itq(means, directions @ matrix)


def principal_directions(centred: Iterable[Matrix], count: int) -> Matrix:
    """Eigenvectors of `X^T X` by falling eigenvalue: W of the paper's section 2.1.

    An eigenvector is known but for its sign, which is left as LAPACK gives it.

    Args:
        centred: X in blocks [n, d].
        count: `c`, number of directions.

    Returns:
        float64 [d, c], orthonormal columns.
    """
    scatter = sum(block.T @ block for block in centred)
    _, vectors = np.linalg.eigh(scatter)
    return vectors[:, ::-1][:, :count]


def learn_rotation(projected: Matrix, *, iterations: int, seed: int, update: Update) -> tuple[Matrix, Matrix]:
    """Alternate `B = sgn(V R)` and the best R for that B (section 2.2 of the paper).

    For fixed B the error is `||B||^2 + ||V||^2 - 2 tr(B^T V R)`. With the singular value decomposition
    `B^T V = S O T^T` the trace is `tr(O (T^T R S))`, largest where `T^T R S` is the identity: `R = T S^T`, the update
    `correct`, with which the error never rises.

    `released` is what the field's released Python codes compute. They were translated from MATLAB, whose third result
    is T; NumPy's is T^T, and they take it for T: `R = T^T S^T`. That is orthogonal, minimises nothing, and depends on
    the signs that LAPACK gives singular vectors, which are left as they are in this mode; under `correct` the value of
    largest magnitude of each vector of the start is positive. Published 64-bit results were measured with it.

    Args:
        projected: V [n, c].
        iterations: number of updates.
        seed: of the start, the left singular vectors of a c x c Gaussian matrix of NumPy's legacy generator.
        update: rule for R.

    Returns:
        R float64 [c, c], and the error `||sgn(V R) - V R||^2 / n` at the start and after every update,
        float64 [iterations + 1].
    """
    gaussian = np.random.RandomState(seed).standard_normal((projected.shape[1],) * 2)
    rotation = np.linalg.svd(gaussian)[0]
    if update == "correct":
        rotation = _fix_signs(rotation)
    signs, error = _quantise(projected, rotation)
    errors = [error]
    for _ in range(iterations):
        left, _, right_transposed = np.linalg.svd(signs.T @ projected)
        right = right_transposed.T if update == "correct" else right_transposed
        rotation = right @ left.T
        signs, error = _quantise(projected, rotation)
        errors.append(error)
    return rotation, np.array(errors)


def _quantise(projected: Matrix, rotation: Matrix) -> tuple[Matrix, float]:
    rotated = projected @ rotation
    signs = np.where(rotated >= 0, 1.0, -1.0)
    return signs, float(np.linalg.norm(signs - rotated)) ** 2 / len(projected)


def _fix_signs(columns: Matrix) -> Matrix:
    largest = np.abs(columns).argmax(axis=0)
    return columns * np.where(columns[largest, np.arange(columns.shape[1])] < 0, -1.0, 1.0)


def _centred(features: NDArray[np.floating], mean: Matrix) -> Iterator[Matrix]:
    for start in range(0, len(features), BLOCK_ROWS):
        yield features[start : start + BLOCK_ROWS] - mean


def _check(features: NDArray[np.floating], modality: Modality, dimension: int) -> None:
    if features.ndim != 2 or features.shape[1] != dimension:
        raise ValueError(f"{modality} features must be [n, {dimension}], not {features.shape}")
    check_finite(features, modality)


def _check_bits(bits: int, dimension: int) -> None:
    if bits < 8 or bits % 8:
        raise ConfigError(f"a binary code has a multiple of 8 bits, not {bits}; ask for 64")
    if bits > dimension:
        raise ConfigError(
            f"{bits} bits cannot be made of features of {dimension} values; ask for at most {dimension} bits "
            "or take a wider encoder"
        )


def _is_sound(itq: Itq) -> bool:
    arrays = (*itq.means.values(), itq.projection)
    return (
        itq.projection.ndim == 2
        and itq.bits > 0
        and itq.bits % 8 == 0
        and all(mean.shape == (itq.dimension,) for mean in itq.means.values())
        and all(array.dtype == np.float64 and bool(np.isfinite(array).all()) for array in arrays)
    )
