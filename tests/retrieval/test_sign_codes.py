import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inkseek.retrieval.sign_codes import sign_codes, thresholds
from tests.retrieval.galleries import unit_rows


@given(count=st.integers(0, 40), dimension=st.sampled_from([1, 7, 8, 20]), seed=st.integers(0, 999))
def test_a_bit_says_whether_a_value_is_above_its_threshold(count: int, dimension: int, seed: int) -> None:
    vectors = unit_rows(count, dimension, seed).astype(np.float16)
    above = thresholds(vectors)
    codes = sign_codes(vectors, above)
    assert codes.shape == (count, (dimension + 7) // 8)
    np.testing.assert_array_equal(np.unpackbits(codes, axis=1)[:, :dimension], vectors > above)


def test_thresholds_are_the_mean_of_evenly_spaced_rows() -> None:
    vectors = np.arange(20_000, dtype=np.float64)[:, None].astype(np.float16) / np.float16(20_000)
    assert abs(float(thresholds(vectors)[0]) - 0.5) < 0.01


def test_features_that_are_never_negative_have_balanced_codes() -> None:
    vectors = np.abs(unit_rows(500, 64)).astype(np.float16)
    share = np.unpackbits(sign_codes(vectors, thresholds(vectors)), axis=1).mean()
    assert 0.35 < share < 0.65
