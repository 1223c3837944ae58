"""A model soup: mean weights, and runs that do not fit."""

from pathlib import Path

import pytest
import torch

from inkseek.errors import ConfigError
from inkseek.training.experiment import load_experiment
from inkseek.training.problem import build_method
from inkseek.training.soup import Ingredient, average_into, check_fit, make_soup
from tests.contracts import problems


class Silent:
    def message(self, text: str) -> None: ...
    def step(self, record: object, total_steps: int) -> None: ...
    def decoding(self, done: int, total: int) -> None: ...


def trained(name: str, seed: int, *more: str, names: tuple[str, ...] = problems.NAMES) -> Ingredient:
    """A run whose network has random changes; called after its method and seed."""
    experiment = load_experiment(problems.CONFIGS / f"{name}-sketchy25.toml", ["method.dimension=16", *more])
    method = build_method(experiment, names).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in method.retrieval_network().state_dict().values():
            if value.is_floating_point():
                value.add_(0.01 * torch.rand(value.shape, generator=generator))
    return Ingredient(Path(f"{name}-{seed}"), experiment, method)


def test_every_weight_is_the_mean_and_so_are_the_statistics_of_batch_norms() -> None:
    networks = [trained("sake", seed).network for seed in range(3)]
    states = [{key: value.clone() for key, value in network.state_dict().items()} for network in networks]
    average_into(networks[0], networks)
    for key, value in networks[0].state_dict().items():
        if value.is_floating_point():
            wanted = (states[0][key] + states[1][key] + states[2][key]) / 3
            torch.testing.assert_close(value, wanted, rtol=1e-5, atol=1e-6)
        else:
            assert torch.equal(value, states[0][key])
    assert any("running_var" in key for key in states[0])


def test_a_soup_of_one_network_twice_is_that_network() -> None:
    network, again = trained("baseline", 0).network, trained("baseline", 0).network
    batch = problems.batch()
    with torch.no_grad():
        before = network(batch.pixels, batch.modality)
        average_into(network, [network, again])
        torch.testing.assert_close(network(batch.pixels, batch.modality), before)


def test_a_run_without_a_centre_joins_only_where_means_are_measured_anew() -> None:
    both = trained("baseline", 0), trained("sake", 1)
    with pytest.raises(ConfigError, match="sake-1: its network has another form than that of baseline-0"):
        check_fit(both, may_lack_centre=False)
    check_fit(both, may_lack_centre=True)
    bias = [one.network.projection.bias.detach().clone() for one in both]
    average_into(both[0].network, [one.network for one in both])
    torch.testing.assert_close(both[0].network.projection.bias.detach(), (bias[0] + bias[1]) / 2)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["method.dimension=8"], "sake-1: its network has another form than that of sake-0"),
        (["data.preprocessing.size=64"], r"sake-1: data\.preprocessing is another than that of sake-0"),
        (["normalisation.ridge=1.0"], "sake-1: its codes are normalised already"),
    ],
)
def test_runs_that_do_not_fit_are_named(settings: list[str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        check_fit([trained("sake", 0), trained("sake", 1, *settings)], may_lack_centre=True)


def test_runs_of_other_classes_are_named() -> None:
    fewer = trained("sake", 1, names=problems.NAMES[:-1])
    with pytest.raises(ConfigError, match="sake-1: was trained on other classes than sake-0"):
        check_fit([trained("sake", 0), fewer], may_lack_centre=True)


def test_runs_of_two_networks_are_refused() -> None:
    with pytest.raises(ConfigError, match="finetune-0: finetune ends in a network a modality"):
        check_fit([trained("finetune", 0), trained("finetune", 1)], may_lack_centre=True)


def test_one_run_is_no_soup_and_what_was_trained_with_stays(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="made of two runs or more"):
        make_soup([tmp_path], [], tmp_path / "out", Silent())
    for setting in ('data.split="sketchy1"', "method.centred=false", "training.seed=1"):
        with pytest.raises(ConfigError, match=r"--set .* is what the runs were trained with"):
            make_soup([tmp_path, tmp_path], [setting], tmp_path / "out", Silent())
