"""A model soup: one encoder whose weights are the mean of several finished runs' (Wortsman et al., ICML 2022).

Runs that start from the same ImageNet weights end near enough for their mean to be a good network too, and what each
has learnt of the seen classes alone averages out. It costs nothing in use: the soup is one network of the same size.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inkseek.atomic import replacing
from inkseek.config import override
from inkseek.errors import ConfigError
from inkseek.methods._base import Method
from inkseek.methods._networks import SharedNetwork
from inkseek.retrieval.model_folder import open_model_folder
from inkseek.training.device import choose_device
from inkseek.training.experiment import Experiment, parse_experiment
from inkseek.training.folder import begin_folder, check_folder, environment_of, read_environment, training_seconds
from inkseek.training.journal import Journal
from inkseek.training.normalisation import centred_network
from inkseek.training.problem import open_run
from inkseek.training.run import Measure, Watcher, finish, make_trainer, prepare_data

CENTRE = "centre.mean"
CHANGEABLE = ("normalisation.", "training.norm_batches", "data.root", "data.cache")
"""What may be changed of the first run's configuration: nothing that says what was trained, or on what."""


@dataclass(frozen=True)
class Ingredient:
    """A finished run."""

    run: Path
    experiment: Experiment
    method: Method

    @property
    def network(self) -> SharedNetwork:
        """What is averaged.

        Raises:
            ConfigError: the method ends in two networks.
        """
        network = self.method.retrieval_network()
        if isinstance(network, SharedNetwork):
            return network
        raise ConfigError(
            f"{self.run}: {self.method.paper.method} ends in a network a modality; a soup takes runs of one network "
            f"for both, such as those of baseline, sake and dsn"
        )

    def facts(self) -> dict[str, Any]:
        """What the soup's `environment.json` keeps of it."""
        environment = read_environment(self.run)
        return {
            "run": self.run.name,
            "fingerprint": open_model_folder(self.run).fingerprint,
            "commits": environment["commits"],
            "manifest": environment["manifest"],
            "seconds": training_seconds(self.run),
            "config": json.loads((self.run / "config.json").read_text(encoding="utf-8")),
        }


def make_soup(runs: Sequence[Path], settings: Sequence[str], out: Path, watcher: Watcher) -> Path:
    """Average runs into a new run folder; returns its model folder.

    w = 1/k sum_j w_j, batch norms' statistics included, unless `training.norm_batches` has them measured anew for the
    mean weights on pictures drawn as the first run drew them. All else is the first run's. With a `[normalisation]`
    table the modalities' means are measured anew, and runs without a centre may take part.

    Args:
        runs: finished, of the same seen classes, in networks of one form.
        settings: `key=value` to change in the first run's configuration: `normalisation.ridge=3.0`,
            `training.norm_batches=100`, `data.root=DIR`.
        out: run folder to write; it is whole or absent.
        watcher: shows progress.

    Raises:
        ConfigError: fewer than two runs, runs that do not fit, a setting that is the runs' own, or `out` is there.
        FormatError: one is not a finished run.
    """
    if len(runs) < 2:
        raise ConfigError("a soup is made of two runs or more; name another")
    for setting in settings:
        if not setting.startswith(CHANGEABLE):
            raise ConfigError(
                f"--set {setting}: is what the runs were trained with; a soup takes {', '.join(CHANGEABLE)} alone"
            )
    ingredients = [Ingredient(run, *open_run(run)) for run in runs]
    first = ingredients[0]
    experiment = parse_experiment(override(first.experiment.tree(), list(settings)), f"{first.run} with --set")
    check_folder(out, experiment, resume=False)
    anew = experiment.normalisation is not None
    check_fit(ingredients, may_lack_centre=anew)
    if anew:
        centred_network(first.method)
    average_into(first.network, [ingredient.network for ingredient in ingredients])
    return _write(ingredients, experiment, out, watcher)


def check_fit(ingredients: Sequence[Ingredient], *, may_lack_centre: bool) -> None:
    """Refuse runs whose mean would mean nothing.

    Raises:
        ConfigError: other seen classes, pictures prepared in another way, another form of network, or codes that are
            normalised already.
    """
    first = ingredients[0]
    for one in ingredients:
        if one.experiment.normalisation is not None:
            raise ConfigError(f"{one.run}: its codes are normalised already; name runs without a [normalisation] table")
        if one.method.class_names != first.method.class_names:
            raise ConfigError(f"{one.run}: was trained on other classes than {first.run}; name runs of one split")
        if one.experiment.data.preprocessing != first.experiment.data.preprocessing:
            raise ConfigError(
                f"{one.run}: data.preprocessing is another than that of {first.run}; name runs that agree"
            )
        if _form(one, may_lack_centre) != _form(first, may_lack_centre):
            raise ConfigError(
                f"{one.run}: its network has another form than that of {first.run}; name runs of one backbone, "
                f"dimension and centring, or set normalisation.ridge, which measures the centre anew"
            )


def _form(one: Ingredient, may_lack_centre: bool) -> tuple[str, dict[str, torch.Size]]:
    shapes = {key: value.shape for key, value in one.network.state_dict().items()}
    if may_lack_centre:
        shapes.pop(CENTRE, None)
    return one.method.backbone_name, shapes


@torch.no_grad()
def average_into(target: SharedNetwork, networks: Sequence[SharedNetwork]) -> None:
    """Give the target the mean weights of all; what a network lacks is left out of the mean."""
    states = [network.state_dict() for network in networks]
    means = {key: _mean([state[key] for state in states if key in state]) for key in target.state_dict()}
    target.load_state_dict(means, strict=True)


def _mean(values: list[Tensor]) -> Tensor:
    if not values[0].is_floating_point():
        return values[0]
    return torch.stack([value.double() for value in values]).mean(dim=0)


def _write(ingredients: Sequence[Ingredient], experiment: Experiment, out: Path, watcher: Watcher) -> Path:
    method, device = ingredients[0].method, choose_device()
    data = prepare_data(experiment, watcher)
    environment = environment_of(data.training.manifest, data.training.split, device)
    with replacing(out) as new:
        begin_folder(new, experiment, environment | {"soup": [ingredient.facts() for ingredient in ingredients]})
        (new / "data-report.json").write_text(data.report.to_json(), encoding="utf-8")
        journal = Journal(new, 0)
        try:
            measure = Measure(data, device, journal, watcher, 0, 0)
            with make_trainer(method, experiment, data, device, watcher).served() as served:
                if experiment.normalisation is None:  # else it is measured once its means are
                    measure(served)
                finish(served, experiment, measure, new, out.name)
        finally:
            journal.close()
    return out / "model"
