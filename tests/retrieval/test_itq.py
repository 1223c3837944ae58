from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inkseek.errors import ConfigError, DataError
from inkseek.retrieval import itq as itq_module
from inkseek.retrieval.itq import Itq, fit_itq, learn_rotation, principal_directions
from tests.reference import itq_reference as reference

Matrix = NDArray[np.float64]


def correlated(count: int, dimension: int, seed: int = 0, shift: float = 0.0) -> NDArray[np.float32]:
    """Rows whose directions differ in variance, as those of a network do."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((count, dimension)) * np.geomspace(1, 0.1, dimension)
    mixed: Matrix = rows @ np.linalg.qr(np.random.default_rng(9).standard_normal((dimension, dimension)))[0] + shift
    return mixed.astype(np.float32)


def fitted(bits: int = 8, dimension: int = 12) -> Itq:
    return fit_itq(correlated(50, dimension, 0, 2.0), correlated(40, dimension, 1, -1.0), bits=bits)


@pytest.mark.parametrize("iterations", [0, 1, 50])
@pytest.mark.parametrize("basis", ["both", "sketch", "photo"])
def test_fit_equals_the_reference(basis: Literal["both", "sketch", "photo"], iterations: int) -> None:
    sketches, photos = correlated(50, 12, 0, 2.0), correlated(40, 12, 1, -1.0)
    means = reference.mean(sketches.astype(np.float64)), reference.mean(photos.astype(np.float64))
    parts = {"sketch": sketches - means[0], "photo": photos - means[1]}
    centred = np.concatenate([rows for name, rows in parts.items() if basis in {"both", name}])
    directions = reference.directions(centred, 8)
    rotation = reference.rotation(reference.product(centred, directions), iterations, 50)

    itq = fit_itq(sketches, photos, bits=8, iterations=iterations, basis=basis)

    np.testing.assert_allclose(itq.means["sketch"], means[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(itq.means["photo"], means[1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(itq.projection, directions @ rotation, rtol=0, atol=1e-6)
    expected = [reference.code(row, means[1], itq.projection) for row in photos.astype(np.float64)]
    np.testing.assert_array_equal(itq.encode(photos, "photo"), expected)


def test_a_code_worked_by_hand() -> None:
    """Means 1 and 3, projection the identity: bits 1 0 0 1 1 0 0 0 and 0 1 1 0 0 1 1 1; a value at the mean gives 0."""
    itq = Itq({"sketch": np.full(8, 1.0), "photo": np.full(8, 3.0)}, np.eye(8))

    sketch = np.array([[2, 0, 1, 5, 1.1, -9, 1, 0]], np.float32)
    photo = np.array([[2, 4, 5, 3, -1, 3.5, 4, 9]], np.float32)

    assert itq.encode(sketch, "sketch").tolist() == [[0b10011000]]
    assert itq.encode(photo, "photo").tolist() == [[0b01100111]]


def test_the_correct_update_lowers_the_error_and_the_released_one_does_not() -> None:
    projected = correlated(2000, 32).astype(np.float64)

    rotation, correct = learn_rotation(projected, iterations=50, seed=50, update="correct")
    _, released = learn_rotation(projected, iterations=50, seed=50, update="released")

    assert correct[0] == released[0]
    assert (np.diff(correct) <= 1e-12 * correct[0]).all()
    gain = correct[0] - correct[-1]
    assert gain > 0.5
    assert released[0] - released.min() < gain / 4
    assert (np.diff(released) > 0).any()
    np.testing.assert_allclose(correct[-1], reference.error(projected, rotation), rtol=1e-12)


def test_the_correct_rotation_is_the_best_for_its_bits() -> None:
    """No small turn away from one update brings V R closer to the B that it was computed for."""
    projected = correlated(200, 8).astype(np.float64)
    start, _ = learn_rotation(projected, iterations=0, seed=1, update="correct")
    signs = np.where(projected @ start >= 0, 1.0, -1.0)
    best, _ = learn_rotation(projected, iterations=1, seed=1, update="correct")
    rng = np.random.default_rng(0)

    for _ in range(50):
        generator = rng.standard_normal((8, 8)) * 0.01
        turn = np.linalg.qr(np.eye(8) + generator - generator.T)[0]
        turn *= np.sign(np.diag(turn))
        assert ((signs - projected @ best @ turn) ** 2).sum() > ((signs - projected @ best) ** 2).sum()


def test_the_released_update_takes_a_transposed_factor() -> None:
    projected = correlated(200, 8).astype(np.float64)
    start, _ = learn_rotation(projected, iterations=0, seed=50, update="released")
    left, _, right_transposed = np.linalg.svd(np.where(projected @ start >= 0, 1.0, -1.0).T @ projected)

    released, _ = learn_rotation(projected, iterations=1, seed=50, update="released")

    np.testing.assert_allclose(released, right_transposed @ left.T, atol=1e-12)


@settings(max_examples=25)
@given(
    bits=st.sampled_from([8, 16, 24]),
    extra=st.integers(0, 9),
    seed=st.integers(0, 999),
    update=st.sampled_from(["correct", "released"]),
)
def test_directions_and_rotation_are_orthonormal(
    bits: int, extra: int, seed: int, update: Literal["correct", "released"]
) -> None:
    rows = correlated(60, bits + extra, seed)

    projection = fit_itq(rows, rows, bits=bits, iterations=3, seed=seed, rotation=update).projection

    np.testing.assert_allclose(projection.T @ projection, np.eye(bits), atol=1e-12)


def test_directions_fall_in_variance() -> None:
    rows = correlated(300, 10).astype(np.float64)
    rows -= rows.mean(axis=0)

    directions = principal_directions([rows[:100], rows[100:]], 6)

    assert (np.diff((rows @ directions).var(axis=0)) < 0).all()
    np.testing.assert_allclose(principal_directions([-rows], 6), directions, atol=1e-12)


@settings(max_examples=25)
@given(dimension=st.integers(8, 20), seed=st.integers(0, 999))
def test_encoding_the_mean_gives_no_bit(dimension: int, seed: int) -> None:
    rows = correlated(40, dimension, seed, shift=3.0)
    itq = fit_itq(rows, rows + 1, bits=8, iterations=2)

    assert not itq.encode(itq.means["sketch"][np.newaxis], "sketch").any()
    assert not itq.encode(itq.means["photo"][np.newaxis], "photo").any()


@settings(max_examples=25)
@given(bits=st.sampled_from([8, 16, 32]), count=st.integers(0, 30), seed=st.integers(0, 999))
def test_packed_bits_are_the_signs(bits: int, count: int, seed: int) -> None:
    itq = fitted(bits, 32)
    rows = correlated(count, 32, seed)

    codes = itq.encode(rows, "photo")

    assert codes.shape == (count, bits // 8)
    assert codes.dtype == np.uint8
    unpacked = np.unpackbits(codes, axis=1).astype(bool)
    np.testing.assert_array_equal(unpacked, (rows - itq.means["photo"]) @ itq.projection > 0)


def test_a_shift_of_a_whole_modality_changes_no_code() -> None:
    sketches, photos = correlated(50, 8, 0).astype(np.float64), correlated(60, 8, 1).astype(np.float64)
    plain = fit_itq(sketches, photos, bits=8)
    shifted = fit_itq(sketches + 8, photos - 4, bits=8)

    np.testing.assert_array_equal(shifted.encode(sketches + 8, "sketch"), plain.encode(sketches, "sketch"))
    np.testing.assert_array_equal(shifted.encode(photos - 4, "photo"), plain.encode(photos, "photo"))


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = correlated(100, 12)
    whole = fitted()
    expected = whole.encode(rows, "sketch")
    monkeypatch.setattr(itq_module, "BLOCK_ROWS", 7)

    np.testing.assert_allclose(fitted().projection, whole.projection, atol=1e-9)
    np.testing.assert_array_equal(whole.encode(rows, "sketch"), expected)


def test_the_same_features_give_the_same_fit() -> None:
    np.testing.assert_array_equal(fitted().projection, fitted().projection)
    first, second = (fit_itq(correlated(50, 12), correlated(50, 12), bits=8, seed=seed).projection for seed in (1, 2))
    assert not np.allclose(first, second)


def test_bits_come_from_the_network_or_from_pca() -> None:
    assert fitted(8, 8).bits_from == "network"
    assert fitted(8, 9).bits_from == "pca"


@pytest.mark.parametrize("bits", [0, -8, 4, 12])
def test_bits_that_fill_no_bytes_are_refused(bits: int) -> None:
    with pytest.raises(ConfigError, match=f"multiple of 8 bits, not {bits}"):
        fit_itq(correlated(50, 16), correlated(50, 16), bits=bits)


def test_more_bits_than_values_are_refused() -> None:
    with pytest.raises(ConfigError, match="64 bits cannot be made of features of 32 values"):
        fit_itq(correlated(99, 32), correlated(99, 32), bits=64)


def test_too_few_features_are_refused() -> None:
    few, many = correlated(16, 20), correlated(17, 20)
    with pytest.raises(DataError, match="codes of 16 bits need more than 16 features to fit on, found 16"):
        fit_itq(few, many, bits=16, basis="sketch")
    fit_itq(few, many, bits=16, basis="photo")
    fit_itq(few, few, bits=16)


def test_an_empty_side_is_refused() -> None:
    with pytest.raises(DataError, match="no photo features"):
        fit_itq(correlated(50, 8), np.empty((0, 8), np.float32), bits=8)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(value: float) -> None:
    damaged = correlated(50, 12)
    damaged[3, 4] = damaged[7, 0] = value

    with pytest.raises(DataError, match=r"photo feature 3 is not finite \(2 of 50 rows\)"):
        fit_itq(correlated(50, 12), damaged, bits=8)
    with pytest.raises(DataError, match="sketch feature 3 is not finite"):
        fitted().encode(damaged, "sketch")


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"photo features must be \[n, 12\], not \(50, 13\)"):
        fit_itq(correlated(50, 12), correlated(50, 13), bits=8)
    with pytest.raises(ValueError, match=r"must be \[n, 12\], not \(12,\)"):
        fitted().encode(correlated(50, 12)[0], "sketch")


def ported(sketches: NDArray[np.float64], photos: NDArray[np.float64], bits: int) -> list[NDArray[np.bool_]]:
    """The released Python codes in their own order of calls, on both sides centred by their own means."""
    centred = [side - side.mean(axis=0) for side in (sketches, photos)]
    _, vectors = np.linalg.eigh(centred[0].T @ centred[0])
    reduced = [side @ vectors[:, ::-1][:, :bits] for side in centred]
    rotation = np.linalg.svd(np.random.RandomState(50).randn(bits, bits))[0]
    for _ in range(50):
        signs = np.where(reduced[0] @ rotation >= 0, 1.0, -1.0)
        left, _, transposed = np.linalg.svd(signs.T @ reduced[0])
        rotation = transposed @ left.T
    return [side @ rotation > 0 for side in reduced]


def test_released_is_the_released_code_line_by_line() -> None:
    sketches, photos = correlated(200, 24, 1).astype(np.float64), correlated(150, 24, 2).astype(np.float64)
    itq = fit_itq(sketches, photos, bits=16, rotation="released", basis="sketch")

    of_sketches, of_photos = ported(sketches, photos, 16)
    for codes, bits in ((itq.encode(sketches, "sketch"), of_sketches), (itq.encode(photos, "photo"), of_photos)):
        assert (np.unpackbits(codes, axis=1).astype(bool) == bits).mean() > 0.999
