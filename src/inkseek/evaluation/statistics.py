"""Whether two runs differ, and how far several seeds lie apart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import DataError

BLOCK_DRAWS = 1 << 20
"""Queries drawn at a time: 8 MiB of positions."""

LEVEL = 0.95


@dataclass(frozen=True)
class Difference:
    """First run minus second, over the same queries.

    Attributes:
        mean: of the queries' differences.
        low: lower end of the 95 % interval.
        high: upper end.
        p_value: two-sided, of the hypothesis that the mean is 0.
        queries: how many.
    """

    mean: float
    low: float
    high: float
    p_value: float
    queries: int


@dataclass(frozen=True)
class Interval:
    """Mean of several runs and the 95 % interval, or that of another level, for the mean of all such runs.

    Attributes:
        mean: of the runs.
        low: lower end.
        high: upper end.
        runs: how many.
    """

    mean: float
    low: float
    high: float
    runs: int


def paired_bootstrap(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    *,
    groups: NDArray[np.integer] | None = None,
    resamples: int = 10_000,
    seed: int = 0,
) -> Difference:
    """Compare two runs by drawing the same queries again and again, with replacement.

    With `d = first - second` and `m*` the means of the resamples, the interval runs from the 2.5 % to the 97.5 %
    quantile of `m*`, and `p = (1 + #{|m* - mean(d)| >= |mean(d)|}) / (1 + resamples)`. A resample of `n` values varies
    too little, by `(n - 1) / n` in the variance; each class's resampled deviation is widened by `sqrt(n / (n - 1))`.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), sections 13.3 and 16.4; the added ones after
    Davison and Hinkley, Bootstrap Methods and their Application (1997), equation 4.11, the widening after their
    section 3.2.

    Args:
        first: [q] values of one metric.
        second: [q] values of the other run for the same queries in the same order.
        groups: [q] class of each query; if given, every resample draws as many queries of each class as there are, so
            that the classes are taken as fixed and their queries as the sample. Where a class has one query only, the
            classes say nothing of the spread inside them, and the queries are drawn over all classes.
        resamples: how many.
        seed: of the draws.

    Raises:
        DataError: the runs have different queries, fewer than two, or values that are not finite.
    """
    if first.shape != second.shape or (groups is not None and groups.shape != first.shape):
        raise DataError(
            f"runs of {list(first.shape)} and {list(second.shape)} queries cannot be compared; measure both on the same"
        )
    differences = np.asarray(first, dtype=np.float64) - second
    if len(differences) < 2:
        raise DataError(f"{len(differences)} queries tell nothing of the spread; measure two at least to compare runs")
    if not np.isfinite(differences).all():
        raise DataError("runs with values that are not finite cannot be compared; measure again")
    observed = float(differences.mean())
    means = _resampled_means(_by_group(differences, groups), resamples, np.random.default_rng(seed))
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    # Summing in another order must not make a resample of equal differences look closer than it is.
    rounding = 1e-12 * float(np.abs(differences).max())
    extreme = int((np.abs(means - observed) >= abs(observed) - rounding).sum())
    return Difference(observed, float(low), float(high), (1 + extreme) / (1 + resamples), len(differences))


def _by_group(values: NDArray[np.float64], groups: NDArray[np.integer] | None) -> list[NDArray[np.float64]]:
    """The values of each group; all of them as one where there are no groups, or one of a single value."""
    if groups is None:
        return [values]
    _, counts = np.unique(groups, return_counts=True)
    if counts.min() < 2:
        return [values]
    return np.split(values[np.argsort(groups, kind="stable")], np.cumsum(counts)[:-1])


def _resampled_means(
    parts: list[NDArray[np.float64]], resamples: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """[resamples] means over all parts; each draws as many of its own values as it has, with replacement."""
    totals = np.zeros(resamples)
    for values in parts:
        count, mean = len(values), values.mean()
        widened = (values - mean) * math.sqrt(count / (count - 1))
        rows = max(1, BLOCK_DRAWS // count)
        for begin in range(0, resamples, rows):
            block = totals[begin : begin + rows]
            block += count * mean + widened[random.integers(count, size=(len(block), count))].sum(axis=1)
    return totals / sum(map(len, parts))


def seed_interval(values: Sequence[float] | NDArray[np.float64], level: float = LEVEL) -> Interval:
    """Mean over runs that differ in their seed, with Student's interval: `mean +- t s / sqrt(n)`.

    `s` is the standard deviation with divisor `n - 1`, `t` the quantile of Student's distribution with `n - 1` degrees
    of freedom that leaves `(1 - level)/2` on either side.

    Args:
        values: one figure a run.
        level: share of such intervals that hold the true mean.

    Raises:
        DataError: fewer than two runs.
        ValueError: the level does not lie between 0 and 1.
    """
    runs = len(values)
    if runs < 2:
        raise DataError(f"an interval needs at least two runs with different seeds, not {runs}")
    mean = math.fsum(values) / runs
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (runs - 1))
    half = student_quantile(level, runs - 1) * deviation / math.sqrt(runs)
    return Interval(mean, mean - half, mean + half, runs)


def student_quantile(level: float, freedom: int) -> float:
    """The `t` with `P(|T| <= t) = level` for Student's `T` with `freedom` degrees of freedom.

    Found by bisection on the angle `atan(t / sqrt(freedom))`, whose probability `_central_probability` gives.

    Raises:
        ValueError: the level does not lie between 0 and 1, or freedom is below 1.
    """
    if not 0 < level < 1 or freedom < 1:
        raise ValueError(f"Student's quantile needs 0 < level < 1 and freedom >= 1, not {level} and {freedom}")
    low, high = 0.0, math.pi / 2
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if _central_probability(middle, freedom) < level else (low, middle)
    return math.sqrt(freedom) * math.tan(high)


def _central_probability(angle: float, freedom: int) -> float:
    """`P(|T| <= t)` at `angle = atan(t / sqrt(freedom))`, as a finite sum.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), equations 26.7.3 and 26.7.4.
    """
    sine, cosine = math.sin(angle), math.cos(angle)
    term = total = 0.0 if freedom == 1 else (cosine if freedom % 2 else 1.0)
    for order in range(3 if freedom % 2 else 2, freedom, 2):
        term *= cosine**2 * (order - 1) / order
        total += term
    return 2 / math.pi * (angle + sine * total) if freedom % 2 else sine * total
