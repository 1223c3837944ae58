"""A model soup: one encoder whose weights are the mean of several finished runs' (Wortsman et al., ICML 2022).

Runs that start from the same ImageNet weights end near enough for their mean to be a good network too, and what each
has learnt of the seen classes alone averages out. It costs nothing in use: the soup is one network of the same size.
"""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inkseek.config import override
from inkseek.errors import ConfigError
from inkseek.methods._base import Method
from inkseek.retrieval.model_folder import open_model_folder
from inkseek.training.device import choose_device
from inkseek.training.experiment import Experiment, parse_experiment
from inkseek.training.folder import begin_folder, check_folder, environment_of, read_environment, training_seconds
from inkseek.training.journal import Journal
from inkseek.training.normalisation import centred_network
from inkseek.training.problem import open_run
from inkseek.training.run import Measure, Watcher, finish, prepare_data

CENTRE = "centre.mean"


def make_soup(runs: list[Path], settings: list[str], out: Path, watcher: Watcher) -> Path:
    """Average runs into a new run folder; returns its model folder.

    w = 1/k sum_j w_j, batch norms' statistics included. The method, and everything that is not averaged, is the first
    run's. With a `[normalisation]` table the modalities' means are measured anew, and runs without a centre may take
    part.

    Args:
        runs: finished, of the same seen classes, in networks of one form.
        settings: `key=value` to change in the first run's configuration, such as `normalisation.ridge=3.0`.
        out: run folder to write.
        watcher: shows progress.

    Raises:
        ConfigError: fewer than two runs, runs that do not fit, or `out` holds a run already.
        FormatError: one is not a finished run.
    """
    if len(runs) < 2:
        raise ConfigError("a soup is made of two runs or more; name another")
    opened = [open_run(run) for run in runs]
    experiment = parse_experiment(override(opened[0][0].tree(), settings), f"{runs[0]} with --set")
    methods = [method for _, method in opened]
    check_folder(out, experiment, resume=False)
    average_into(methods[0], methods, list(map(str, runs)), may_lack_centre=experiment.normalisation is not None)
    if experiment.normalisation is not None:
        centred_network(methods[0])
    return _finish(methods[0], experiment, runs, out, watcher)


@torch.no_grad()
def average_into(target: Method, methods: list[Method], names: list[str], *, may_lack_centre: bool) -> None:
    """Give the target's network the mean weights of all; `names` are what errors call them.

    Raises:
        ConfigError: other seen classes, or another form of network.
    """
    states = [method.retrieval_network().state_dict() for method in methods]
    for name, method, state in zip(names[1:], methods[1:], states[1:], strict=True):
        if method.class_names != methods[0].class_names:
            raise ConfigError(f"{name}: was trained on other classes than {names[0]}; name runs of one split")
        missing = set(states[0]) ^ set(state)
        if {key: value.shape for key, value in states[0].items() if key != CENTRE} != {
            key: value.shape for key, value in state.items() if key != CENTRE
        } or (missing and not may_lack_centre):
            raise ConfigError(
                f"{name}: its network has another form than that of {names[0]}; name runs of one backbone and dimension"
            )
    network = target.retrieval_network()
    own = network.state_dict()
    for key, value in own.items():
        value.copy_(_mean([state[key] for state in states if key in state]))


def _mean(values: list[Tensor]) -> Tensor:
    if not values[0].is_floating_point():
        return values[0]
    return torch.stack([value.double() for value in values]).mean(dim=0)


def _finish(method: Method, experiment: Experiment, runs: list[Path], out: Path, watcher: Watcher) -> Path:
    data = prepare_data(experiment, watcher)
    device = choose_device()
    environment = environment_of(data.training.manifest, data.training.split, device)
    begin_folder(out, experiment, environment | {"soup": [_ingredient(run) for run in runs]})
    (out / "data-report.json").write_text(data.report.to_json(), encoding="utf-8")
    journal = Journal(out, 0)
    try:
        measure = Measure(data, device, journal, watcher, 0, 0)
        measure(method.to(device), "_soup")
        return finish(method, experiment, measure, out)
    finally:
        journal.close()


def _ingredient(run: Path) -> dict[str, Any]:
    commits = read_environment(run)["commits"]
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    fingerprint = open_model_folder(run).fingerprint
    return {
        "run": run.name,
        "fingerprint": fingerprint,
        "commits": commits,
        "seconds": training_seconds(run),
        "config": config,
    }
