"""`inkseek compare`: measurements of the same queries, one against the other."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkseek.cli.output import print_json, print_line

if TYPE_CHECKING:
    from inkseek.evaluation.report.comparison import Pair, SeedGroup


def compare(
    first: Annotated[Path, typer.Argument(help="Run folder, or a folder that `evaluate --out` wrote.")],
    others: Annotated[list[Path], typer.Argument(help="One or more to compare with the first.")],
    metric: Annotated[str, typer.Option(help="Name of the metric, such as mAP@200 or P@100.")] = "mAP@all",
    protocol: Annotated[
        str | None, typer.Option(help="Name of the protocol; by default standard, and expected for binary codes.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Say by how much measurements of the same queries differ, and whether the choice of queries explains it."""
    from inkseek.evaluation.report.comparison import compare_all, seed_groups
    from inkseek.evaluation.report.kept import open_measurements

    ours, theirs = open_measurements([first]), open_measurements(others)
    pairs = compare_all(ours, theirs, protocol, metric)
    groups = list(seed_groups([*ours, *theirs], protocol, metric))
    if as_json:
        print_json(
            {
                "format": 1,
                "metric": metric,
                "comparisons": [_tree(pair) for pair in pairs],
                "seeds": [_seeds_tree(group) for group in groups],
            }
        )
        return
    for pair in pairs:
        print_line(_sentence(pair))
    for group in groups:
        print_line(_seeds_sentence(group))


def _tree(pair: "Pair") -> Mapping[str, Any]:
    found = pair.difference
    return {
        "first": {"name": pair.first.name, "protocol": pair.first_protocol, "mean": pair.first_mean},
        "second": {"name": pair.second.name, "protocol": pair.second_protocol, "mean": pair.second_mean},
        "difference": found.mean,
        "low": found.low,
        "high": found.high,
        "p_value": found.p_value,
        "queries": found.queries,
        "same_gallery": pair.same_gallery,
    }


def _seeds_tree(group: "SeedGroup") -> Mapping[str, Any]:
    return {
        "names": [member.name for member in group.members],
        "left_out": [repeated.name for repeated in group.left_out],
        "one_commit": group.one_commit,
        "protocol": group.protocol,
        "mean": group.interval.mean,
        "low": group.interval.low,
        "high": group.interval.high,
        "runs": group.interval.runs,
    }


def _sentence(pair: "Pair") -> str:
    found = pair.difference
    verdict = "the interval holds 0: the choice of queries may explain the difference"
    if found.low > 0 or found.high < 0:
        better = pair.second if found.mean > 0 else pair.first
        verdict = f"{better.name} is better by more than the choice of queries explains"
    gallery = "" if pair.same_gallery else "; the galleries differ, so this is no comparison of encoders alone"
    return (
        f"{pair.second.name} against {pair.first.name}, {pair.metric} ({pair.protocols}), mean over {found.queries} "
        f"queries: {pair.second_mean:.4f} against {pair.first_mean:.4f}, difference {found.mean:+.4f}, 95 % interval "
        f"{found.low:+.4f} to {found.high:+.4f}, p = {found.p_value:.4f}; {verdict}{gallery}"
    )


def _seeds_sentence(group: "SeedGroup") -> str:
    found = group.interval
    commits = "" if group.one_commit else "; they were trained at different commits"
    repeated = ", ".join(measurement.name for measurement in group.left_out)
    left_out = f"; left out, as their seed is there already: {repeated}" if repeated else ""
    return (
        f"{found.runs} seeds of {group.members[0].evaluation['model']['method']}, {group.metric} ({group.protocol}), "
        f"mean over queries: mean of the runs {found.mean:.4f}, 95 % interval {found.low:.4f} to {found.high:.4f}"
        f"{commits}{left_out}"
    )
