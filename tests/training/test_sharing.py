"""Two processes that share a step do what one does, for every method; batch norms are frozen where curves agree."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from inkseek.registry import method_names
from inkseek.training.part import WHOLE
from tests.training import jobs, many

pytestmark = pytest.mark.slow

FIRST = 1e-5
"""Largest relative difference of a term at the first step, where only the order of sums differs."""
CURVE = 5e-3
"""The same over all steps: an optimiser that divides by a gradient's size makes more of the last digits."""


@dataclass(frozen=True)
class Pair:
    """What two processes found, and where they left more."""

    folder: Path
    found: list[dict[str, Any]]

    def of(self, job: str) -> list[Any]:
        """What both found in a job."""
        return [one[job] for one in self.found]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """One start for all tests of this file."""
    folder = tmp_path_factory.mktemp("pair")
    alone = many.trainer("dsn")
    many.run_steps(alone, many.BEGUN)
    alone.save(folder / "by-one")
    return Pair(folder, many.run_job(2, "everything", folder))


def worst(one: list[dict[str, float]], other: list[dict[str, float]]) -> float:
    """Largest relative difference of a term of two curves; terms under 0.001 count as that."""
    assert [step.keys() for step in one] == [step.keys() for step in other]
    return max(
        abs(left[term] - right[term]) / max(abs(left[term]), 1e-3)
        for left, right in zip(one, other, strict=True)
        for term in left
    )


@pytest.mark.parametrize("name", method_names())
def test_the_curve_is_that_of_one_process_with_the_same_batch(pair: Pair, name: str) -> None:
    alone = many.run_steps(many.trainer(name), many.STEPS)
    curve = pair.of("curves")[0][name]["curve"]
    assert worst(alone[:1], curve[:1]) < FIRST
    assert worst(alone, curve) < CURVE


@pytest.mark.parametrize("name", method_names())
def test_weights_memories_and_averages_are_the_same_on_all_processes(pair: Pair, name: str) -> None:
    first, second = pair.of("curves")
    assert first[name] == second[name]


def test_with_own_statistics_too(pair: Pair) -> None:
    first, second = pair.of("own_statistics")
    assert first == second
    assert first["state"] != pair.of("curves")[0]["sake"]["state"]


@pytest.mark.parametrize("name", jobs.GATHERED)
def test_terms_over_pairs_of_rows_see_the_whole_batch(pair: Pair, name: str) -> None:
    found = load_file(pair.folder / "gradients.safetensors")
    whole = jobs.gradient(name, WHOLE)
    assert float((found[f"{name} shared"] - whole).norm() / whole.norm()) < FIRST
    assert float((found[f"{name} alone"] - whole).norm() / whole.norm()) > 0.1


def test_features_are_extracted_together_and_are_those_of_one_process(pair: Pair, tmp_path: Path) -> None:
    (alone,) = jobs.extraction(tmp_path).values()
    first, second = pair.of("extraction")
    assert first == second == {"features": alone}


def test_processes_that_differ_are_refused(pair: Pair) -> None:
    words = "the processes differ in the pictures; give every machine the same, on one shared disk or by copy"
    assert pair.of("disagreement") == 2 * [{"alike": "", "unlike": words}]


def test_a_run_goes_on_with_more_processes_and_with_fewer(pair: Pair) -> None:
    whole = many.run_steps(many.trainer("dsn"), many.STEPS)
    (more, _) = pair.of("resume")
    assert worst(whole, more["before"] + more["after"]) < CURVE
    fewer = many.trainer("dsn")
    fewer.resume(pair.folder / "by-many")
    assert fewer.global_step == many.BEGUN
    assert bool(torch.any(fewer.method.state_dict()["memory_counts"] > 0))
    assert worst(whole[many.BEGUN :], many.run_steps(fewer, many.STEPS)) < CURVE
