"""Two measurements query by query, and repeats of one training with other seeds."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import DataError
from inkseek.evaluation.report.kept import KeptMeasurement
from inkseek.evaluation.statistics import Difference, Interval, paired_bootstrap, seed_interval


@dataclass(frozen=True)
class Pair:
    """What one metric says about two measurements of the same queries.

    Attributes:
        first: the measurement that the other is held against.
        second: the other.
        first_protocol: name of the protocol of the first.
        second_protocol: of the second; another one where codes are held against features.
        metric: name of the metric.
        first_mean: mean over the queries of the first.
        second_mean: mean over the queries of the second.
        difference: second minus first, with its 95 % interval and p value.
        same_gallery: whether both ranked the same photos.
    """

    first: KeptMeasurement
    second: KeptMeasurement
    first_protocol: str
    second_protocol: str
    metric: str
    first_mean: float
    second_mean: float
    difference: Difference
    same_gallery: bool

    @property
    def protocols(self) -> str:
        """In words: `standard`, or `expected against standard`."""
        if self.first_protocol == self.second_protocol:
            return self.first_protocol
        return f"{self.second_protocol} against {self.first_protocol}"


@dataclass(frozen=True)
class SeedGroup:
    """One metric over measurements that differ by the seed of the training alone.

    Attributes:
        members: one a seed.
        left_out: measurements of a seed that a member has already.
        protocol: name of the protocol.
        metric: name of the metric, as a mean over queries.
        interval: mean and 95 % interval over the members.
    """

    members: tuple[KeptMeasurement, ...]
    left_out: tuple[KeptMeasurement, ...]
    protocol: str
    metric: str
    interval: Interval

    @property
    def one_commit(self) -> bool:
        """Whether all members were trained by the same code."""
        runs = (member.evaluation["run"] for member in self.members)
        return len({tuple(run["commits"]) for run in runs if run}) == 1


def same_queries(first: KeptMeasurement, second: KeptMeasurement) -> bool:
    """Whether both measured the same sketches, by path and content, in whatever order."""
    return first.sketches == second.sketches


def compare(first: KeptMeasurement, second: KeptMeasurement, protocol: str | None, metric: str) -> Pair:
    """Paired bootstrap of one metric over the queries that both measured, drawn class by class.

    Args:
        first: the measurement that the other is held against.
        second: the other.
        protocol: of both; None takes the main protocol of each: `standard`, for codes `expected`.
        metric: name of the metric.

    Raises:
        DataError: the queries differ, or one lacks the protocol or the metric.
    """
    if not same_queries(first, second):
        ours, theirs = first.sketches, second.sketches
        raise DataError(
            f"{first.name} and {second.name} have different queries ({len(ours)} and {len(theirs)}, "
            f"{len(ours.items() & theirs.items())} in common), so they cannot be compared query by query; measure both "
            "on the same data and split"
        )
    first_protocol, second_protocol = protocol or first.main_protocol, protocol or second.main_protocol
    one = _values(first, f"{first_protocol}/{metric}")
    place = {path: row for row, path in enumerate(second.per_query.paths)}
    order = [place[path] for path in first.per_query.paths]
    other = _values(second, f"{second_protocol}/{metric}")[order]
    _, classes = np.unique(first.per_query.classes, return_inverse=True)
    return Pair(
        first=first,
        second=second,
        first_protocol=first_protocol,
        second_protocol=second_protocol,
        metric=metric,
        first_mean=float(one.mean()),
        second_mean=float(other.mean()),
        difference=paired_bootstrap(other, one, groups=classes),
        same_gallery=first.photos == second.photos,
    )


def compare_all(
    ours: Sequence[KeptMeasurement], theirs: Sequence[KeptMeasurement], protocol: str | None, metric: str
) -> list[Pair]:
    """Every measurement of one side with every one of the other that has the same queries.

    A run folder may hold measurements of several splits; only those of the same split have the same queries.

    Raises:
        DataError: no two have the same queries, or one lacks the protocol or the metric.
    """
    pairs = [(one, other) for one in ours for other in theirs if same_queries(one, other)]
    # Without a pair, the refusal of the first two says how far apart their queries are.
    return [compare(one, other, protocol, metric) for one, other in pairs or [(ours[0], theirs[0])]]


def seed_groups(measurements: Sequence[KeptMeasurement], protocol: str | None, metric: str) -> Iterator[SeedGroup]:
    """Groups of at least two measurements whose runs have equal settings and other seeds, on equal data.

    Equal are: the run's whole configuration without its seed, runtime and precision of the encoder, split, pictures
    (hash of the manifest), gallery, features and codes. An encoder outside a run folder tells no seed and stays alone.
    `protocol` None takes the main protocol of each.
    """
    groups: defaultdict[tuple[str, tuple[object, ...]], list[KeptMeasurement]] = defaultdict(list)
    for measurement in measurements:
        name = protocol or measurement.main_protocol
        if f"{name}/{metric}" in measurement.per_query.values:
            groups[name, _circumstances(measurement)].append(measurement)
    for (name, _), found in groups.items():
        seeds: dict[int, KeptMeasurement] = {}
        for measurement in found:
            if run := measurement.evaluation["run"]:
                seeds.setdefault(run["seed"], measurement)
        if len(seeds) > 1:
            members = tuple(seeds.values())
            means = [float(_values(member, f"{name}/{metric}").mean()) for member in members]
            left_out = tuple(measurement for measurement in found if measurement not in members)
            yield SeedGroup(members, left_out, name, metric, seed_interval(means))


def _values(measurement: KeptMeasurement, column: str) -> NDArray[np.float64]:
    values = measurement.per_query.values
    if column not in values:
        raise DataError(f"{measurement.name}: no values of {column}; there are {', '.join(values)}")
    return values[column]


def _circumstances(measurement: KeptMeasurement) -> tuple[object, ...]:
    model, run = measurement.evaluation["model"], measurement.evaluation["run"]
    data, feature = measurement.evaluation["data"], measurement.evaluation["feature"]
    return (
        run["settings"] if run else None, model["runtime"], model["precision"],
        data["split"], data["manifest"], data["gallery_mode"], data["generalized"],
        feature["kind"], feature["dimension"], feature["codes"],
    )  # fmt: skip
