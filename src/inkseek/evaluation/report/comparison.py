"""Two measurements query by query, and repeats of one training with other seeds."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from inkseek.errors import DataError
from inkseek.evaluation.per_query import paired
from inkseek.evaluation.report.kept import KeptMeasurement
from inkseek.evaluation.statistics import Difference, Interval, paired_bootstrap, seed_interval


@dataclass(frozen=True)
class Pair:
    """What one metric says about two measurements of the same queries.

    Attributes:
        first: the measurement that the other is held against.
        second: the other.
        protocol: name of the protocol.
        metric: name of the metric.
        first_mean: mean over the queries of the first.
        second_mean: mean over the queries of the second.
        difference: second minus first, with its 95 % interval and p value.
        same_gallery: whether both ranked the same photos.
    """

    first: KeptMeasurement
    second: KeptMeasurement
    protocol: str
    metric: str
    first_mean: float
    second_mean: float
    difference: Difference
    same_gallery: bool


@dataclass(frozen=True)
class SeedGroup:
    """One metric over measurements that differ by the seed of the training alone.

    Attributes:
        members: one a seed.
        protocol: name of the protocol.
        metric: name of the metric, as a mean over queries.
        interval: mean and 95 % interval over the members.
    """

    members: tuple[KeptMeasurement, ...]
    protocol: str
    metric: str
    interval: Interval


def same_queries(first: KeptMeasurement, second: KeptMeasurement) -> bool:
    """Whether both measured the same sketches, in whatever order."""
    return sorted(first.per_query.paths) == sorted(second.per_query.paths)


def compare(first: KeptMeasurement, second: KeptMeasurement, protocol: str, metric: str) -> Pair:
    """Paired bootstrap of one metric over the queries that both measured, drawn class by class.

    Raises:
        DataError: the queries differ, or one lacks the protocol or the metric.
    """
    if not same_queries(first, second):
        ours, theirs = first.per_query.paths, second.per_query.paths
        raise DataError(
            f"{first.name} and {second.name} have different queries ({len(ours)} and {len(theirs)}, "
            f"{len({*ours} & {*theirs})} in common), so they cannot be compared query by query; measure both on the "
            "same data and split"
        )
    one, other = paired(first.per_query, second.per_query, f"{protocol}/{metric}")
    _, classes = np.unique(first.per_query.classes, return_inverse=True)
    return Pair(
        first=first,
        second=second,
        protocol=protocol,
        metric=metric,
        first_mean=float(one.mean()),
        second_mean=float(other.mean()),
        difference=paired_bootstrap(other, one, groups=classes),
        same_gallery=sorted(first.saved.gallery.paths) == sorted(second.saved.gallery.paths),
    )


def compare_all(
    ours: Sequence[KeptMeasurement], theirs: Sequence[KeptMeasurement], protocol: str, metric: str
) -> list[Pair]:
    """Every measurement of one side with every one of the other that has the same queries.

    A run folder may hold measurements of several splits; only those of the same split have the same queries.

    Raises:
        DataError: no two have the same queries, or one lacks the protocol or the metric.
    """
    pairs = [(one, other) for one in ours for other in theirs if same_queries(one, other)]
    # Without a pair, the refusal of the first two says how far apart their queries are.
    return [compare(one, other, protocol, metric) for one, other in pairs or [(ours[0], theirs[0])]]


def seed_groups(measurements: Sequence[KeptMeasurement], protocol: str, metric: str) -> Iterator[SeedGroup]:
    """Groups of at least two measurements whose runs have equal settings and other seeds, on equal data.

    Equal are: the run's whole configuration without its seed, split, pictures (hash of the manifest), gallery,
    features and codes. An encoder outside a run folder tells no seed and stays alone.
    """
    groups: defaultdict[tuple[object, ...], dict[int, KeptMeasurement]] = defaultdict(dict)
    for measurement in measurements:
        run = measurement.evaluation["run"]
        if run is not None and f"{protocol}/{metric}" in measurement.per_query.values:
            groups[run["settings"], *_circumstances(measurement)].setdefault(run["seed"], measurement)
    for seeds in groups.values():
        if len(seeds) > 1:
            members = tuple(seeds.values())
            means = [float(member.per_query.values[f"{protocol}/{metric}"].mean()) for member in members]
            yield SeedGroup(members, protocol, metric, seed_interval(means))


def _circumstances(measurement: KeptMeasurement) -> tuple[object, ...]:
    data, feature = measurement.evaluation["data"], measurement.evaluation["feature"]
    return (
        data["split"], data["manifest"], data["gallery_mode"], data["generalized"],
        feature["kind"], feature["dimension"], feature["codes"],
    )  # fmt: skip
