"""A model soup: mean weights, and runs that do not fit."""

from pathlib import Path

import pytest
import torch

from inkseek.errors import ConfigError
from inkseek.methods._base import Method
from inkseek.training.experiment import load_experiment
from inkseek.training.problem import build_method
from inkseek.training.soup import average_into, make_soup
from tests.contracts import problems


class Silent:
    def message(self, text: str) -> None: ...
    def step(self, record: object, total_steps: int) -> None: ...
    def decoding(self, done: int, total: int) -> None: ...


def trained(name: str, seed: int, *more: str, names: tuple[str, ...] = problems.NAMES) -> Method:
    experiment = load_experiment(problems.CONFIGS / f"{name}-sketchy25.toml", ["method.dimension=16", *more])
    method = build_method(experiment, names).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in method.retrieval_network().state_dict().values():
            if value.is_floating_point():
                value.add_(0.01 * torch.rand(value.shape, generator=generator))
    return method


def test_every_weight_is_the_mean_and_so_are_the_statistics_of_batch_norms() -> None:
    methods = [trained("sake", seed) for seed in range(3)]
    states = [{key: value.clone() for key, value in m.retrieval_network().state_dict().items()} for m in methods]
    average_into(methods[0], methods, ["a", "b", "c"], may_lack_centre=False)
    for key, value in methods[0].retrieval_network().state_dict().items():
        if value.is_floating_point():
            wanted = (states[0][key] + states[1][key] + states[2][key]) / 3
            torch.testing.assert_close(value, wanted, rtol=1e-5, atol=1e-6)
        else:
            assert torch.equal(value, states[0][key])
    assert any("running_var" in key for key in states[0])


def test_a_soup_of_one_network_twice_is_that_network() -> None:
    method, again = trained("baseline", 0), trained("baseline", 0)
    batch = problems.batch()
    with torch.no_grad():
        before = method.retrieval_network()(batch.pixels, batch.modality)
        average_into(method, [method, again], ["a", "b"], may_lack_centre=False)
        torch.testing.assert_close(method.retrieval_network()(batch.pixels, batch.modality), before)


def test_a_run_without_a_centre_joins_only_where_means_are_measured_anew() -> None:
    baseline, sake = trained("baseline", 0), trained("sake", 1)
    with pytest.raises(ConfigError, match="b: its network has another form than that of a"):
        average_into(baseline, [baseline, sake], ["a", "b"], may_lack_centre=False)
    bias = [method.retrieval_network().state_dict()["projection.bias"].clone() for method in (baseline, sake)]
    average_into(baseline, [baseline, sake], ["a", "b"], may_lack_centre=True)
    found = baseline.retrieval_network().state_dict()["projection.bias"]
    torch.testing.assert_close(found, (bias[0] + bias[1]) / 2)


def test_runs_that_do_not_fit_are_named() -> None:
    first = trained("sake", 0)
    narrow, fewer = trained("sake", 1, "method.dimension=8"), trained("sake", 1, names=problems.NAMES[:-1])
    with pytest.raises(ConfigError, match="b: its network has another form"):
        average_into(first, [first, narrow], ["a", "b"], may_lack_centre=True)
    with pytest.raises(ConfigError, match="b: was trained on other classes than a"):
        average_into(first, [first, fewer], ["a", "b"], may_lack_centre=True)


def test_one_run_is_no_soup(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="made of two runs or more"):
        make_soup([tmp_path], [], tmp_path / "out", Silent())
