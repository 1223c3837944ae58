import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from inkseek.retrieval.checksum import checksum


@given(
    rows=st.integers(1, 12),
    width=st.sampled_from([1, 2, 6, 8, 24]),
    at=st.integers(0, 2**16),
    flip=st.integers(1, 255),
    seed=st.integers(0, 99),
)
def test_every_changed_byte_is_noticed(rows: int, width: int, at: int, flip: int, seed: int) -> None:
    data = np.random.default_rng(seed).integers(0, 256, (rows, width), np.uint8)
    before = checksum(data)
    data.flat[at % data.size] ^= flip
    assert checksum(data) != before


@given(first=st.integers(0, 63), second=st.integers(0, 63), kind=st.sampled_from([np.uint8, np.float16, np.int64]))
def test_values_that_change_places_are_noticed(first: int, second: int, kind: type[np.generic]) -> None:
    assume(first != second)
    data = np.arange(64).astype(kind).reshape(8, 8)
    before = checksum(data)
    data.flat[[first, second]] = data.flat[[second, first]]
    assert checksum(data) != before


def test_it_is_the_polynomial() -> None:
    m, n = 0x9E3779B97F4A7C15, 0xD1342543DE82EF95
    words = np.random.default_rng(0).integers(0, 2**63, (5, 3), np.uint64)
    expected = sum(pow(m, i + 1) * pow(n, j + 1) * int(words[i, j]) for i in range(5) for j in range(3))
    assert checksum(words) == expected % 2**64


def test_no_rows_have_a_checksum() -> None:
    assert checksum(np.empty((0, 4), np.uint8)) == 0
