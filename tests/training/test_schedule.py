from itertools import pairwise

import pytest

from inkseek.training.experiment import ScheduleConfig
from inkseek.training.schedule import rate_factor


def test_exponential_follows_sakes_formula() -> None:
    config = ScheduleConfig(kind="exponential", floor=0.001)
    rates = [1e-4 * rate_factor(config, epoch * 10 + 3, 10, 20) for epoch in range(20)]
    assert rates[0] == pytest.approx(1e-4)
    assert rates[-1] == pytest.approx(1e-4 * 0.001 ** (19 / 20))  # about 1.4e-7 (dsn.md section 6)
    assert rates[-1] == pytest.approx(1.4e-7, rel=0.02)


def test_cosine_warms_up_then_falls_to_its_floor() -> None:
    config = ScheduleConfig(kind="cosine", warmup=0.1, floor=0.01)
    factors = [rate_factor(config, step, 50, 2) for step in range(100)]
    assert factors[0] == pytest.approx(0.1)
    assert factors[9] == pytest.approx(1.0)
    assert factors[10] == pytest.approx(1.0)
    assert factors[55] == pytest.approx(0.01 + 0.99 / 2)
    assert factors[99] == pytest.approx(0.01, abs=1e-3)
    assert all(later <= earlier for earlier, later in pairwise(factors[10:]))
