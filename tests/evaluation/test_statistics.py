"""Differences between runs and intervals over seeds, against scipy and against what they must be."""

import itertools
import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats  # type: ignore[import-untyped]

from inkseek.errors import DataError
from inkseek.evaluation import statistics
from inkseek.evaluation.statistics import Interval, paired_bootstrap, seed_interval, student_quantile

Values = NDArray[np.float64]


def pair(seed: int, shift: float, queries: int = 400) -> tuple[Values, Values]:
    random = np.random.default_rng(seed)
    first = random.random(queries)
    return first, first - shift + 0.1 * random.standard_normal(queries)


@pytest.mark.parametrize("shift", [0.0, 0.004, 0.01])
def test_bootstrap_agrees_with_scipy(shift: float) -> None:
    """The interval with scipy's own bootstrap, the p value with the t test, which many queries allow."""
    first, second = pair(1, shift)
    test = stats.ttest_rel(first, second)
    differences = (first - second,)
    interval = stats.bootstrap(
        differences, np.mean, n_resamples=10_000, batch=100, method="percentile", rng=np.random.default_rng(9)
    ).confidence_interval

    found = paired_bootstrap(first, second)

    assert found.mean == pytest.approx((first - second).mean())
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=6e-4)
    assert found.p_value == pytest.approx(test.pvalue, abs=0.02)
    assert found.queries == 400


def test_bootstrap_of_few_queries_equals_all_resamples() -> None:
    """Four queries have 256 resamples of equal probability; their deviations are widened by sqrt(4/3)."""
    tenths = np.array([1, 2, -3, 4])
    deviations = np.array([sum(drawn) for drawn in itertools.product(tenths.tolist(), repeat=4)]) - tenths.sum()
    widened = deviations * np.sqrt(4 / 3)

    found = paired_bootstrap(tenths / 10, np.zeros(4), resamples=100_000)

    assert found.p_value == pytest.approx(np.mean(np.abs(widened) >= abs(tenths.sum())), abs=0.006)
    assert (found.low, found.high) == pytest.approx(tuple((tenths.sum() + np.quantile(widened, [0.025, 0.975])) / 40))


@pytest.mark.parametrize(("each", "least"), [(1, 0.90), (2, 0.87), (3, 0.88), (10, 0.91)])
def test_the_interval_holds_the_true_difference(each: int, least: float) -> None:
    """Twenty classes of few queries, no true difference: 95 % of the intervals should hold 0, and p should be fair."""
    random = np.random.default_rng(each)
    groups = np.repeat(np.arange(20), each)
    found = [
        paired_bootstrap(random.standard_normal(len(groups)), np.zeros(len(groups)), groups=groups, resamples=500)
        for _ in range(300)
    ]

    assert np.mean([one.low <= 0 <= one.high for one in found]) >= least
    assert np.mean([one.p_value < 0.05 for one in found]) <= 1 - least + 0.02


def test_one_query_says_nothing() -> None:
    with pytest.raises(DataError, match="measure two at least to compare runs"):
        paired_bootstrap(np.array([0.5]), np.array([0.1]))


def test_swapping_the_runs_turns_the_difference_round() -> None:
    first, second = pair(2, 0.02)

    there, back = paired_bootstrap(first, second), paired_bootstrap(second, first)

    assert (there.mean, there.low, there.high) == pytest.approx((-back.mean, -back.high, -back.low))
    assert there.p_value == back.p_value


def test_equal_runs_do_not_differ() -> None:
    values = np.random.default_rng(0).random(50)

    found = paired_bootstrap(values, values)

    assert (found.mean, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_a_constant_difference_is_as_sure_as_the_resamples_allow() -> None:
    values = np.random.default_rng(0).random(50)

    found = paired_bootstrap(values, values - 0.1, resamples=999)

    assert found.p_value == 1 / 1000
    assert (found.low, found.high) == pytest.approx((0.1, 0.1))


def test_groups_take_the_difference_between_classes_away() -> None:
    """Two classes, one better by 1 and one worse by 1, without spread inside: nothing is left to chance."""
    groups = np.array([3, 8] * 30)
    first = np.where(groups == 3, 1.0, -1.0)

    within = paired_bootstrap(first, np.zeros(60), groups=groups)
    across = paired_bootstrap(first, np.zeros(60))

    assert (within.low, within.high) == (0, 0)
    assert across.low < -0.1 < 0.1 < across.high


def test_one_group_is_no_group() -> None:
    first, second = pair(3, 0.01)

    assert paired_bootstrap(first, second, groups=np.zeros(400, dtype=int)) == paired_bootstrap(first, second)


def test_the_seed_decides() -> None:
    first, second = pair(4, 0.01)

    assert paired_bootstrap(first, second) == paired_bootstrap(first, second)
    assert paired_bootstrap(first, second).low != paired_bootstrap(first, second, seed=1).low


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = pair(5, 0.01)
    whole = paired_bootstrap(first, second, resamples=500)

    monkeypatch.setattr(statistics, "BLOCK_DRAWS", 3 * 400 + 1)

    assert paired_bootstrap(first, second, resamples=500) == whole


def test_memory_is_one_block() -> None:
    """All draws at once would fill 1.2 GB."""
    first, second = pair(6, 0.01, queries=15_229)
    tracemalloc.start()

    paired_bootstrap(first, second, resamples=200)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * 8 * statistics.BLOCK_DRAWS


@pytest.mark.parametrize("count", [0, 3, 5])
def test_runs_on_other_queries_are_refused(count: int) -> None:
    with pytest.raises(DataError, match=rf"runs of \[4\] and \[{count}\] queries cannot be compared"):
        paired_bootstrap(np.zeros(4), np.zeros(count))


def test_groups_of_other_queries_are_refused() -> None:
    with pytest.raises(DataError, match="cannot be compared"):
        paired_bootstrap(np.zeros(4), np.zeros(4), groups=np.zeros(3, dtype=int))


@pytest.mark.parametrize("values", [np.array([]), np.array([0.5, np.nan])])
def test_nothing_and_nan_are_refused(values: Values) -> None:
    with pytest.raises(DataError, match=r"measure (two at least|again)"):
        paired_bootstrap(values, values)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 10, 29, 30, 100, 999])
@pytest.mark.parametrize("level", [0.01, 0.5, 0.9, 0.95, 0.99, 0.9999])
def test_students_quantile_equals_scipy(level: float, freedom: int) -> None:
    assert student_quantile(level, freedom) == pytest.approx(stats.t.ppf((1 + level) / 2, freedom), rel=1e-8)


@pytest.mark.parametrize(("level", "freedom"), [(0.0, 3), (1.0, 3), (0.95, 0), (float("nan"), 3)])
def test_students_quantile_knows_its_range(level: float, freedom: int) -> None:
    with pytest.raises(ValueError, match="Student's quantile needs"):
        student_quantile(level, freedom)


def test_interval_over_seeds_equals_scipy() -> None:
    values = [0.425, 0.431, 0.419]
    low, high = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))

    found = seed_interval(values)

    assert (found.mean, found.low, found.high, found.runs) == pytest.approx((0.425, low, high, 3))
    assert seed_interval(np.array(values)) == found
    assert seed_interval(values, level=0.5).high < found.high


def test_equal_runs_have_an_interval_of_nothing() -> None:
    assert seed_interval([0.5, 0.5]) == Interval(0.5, 0.5, 0.5, 2)


@pytest.mark.parametrize("values", [[], [0.4]])
def test_one_run_has_no_interval(values: list[float]) -> None:
    with pytest.raises(DataError, match="needs at least two runs"):
        seed_interval(values)
