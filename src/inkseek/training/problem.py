"""What a method is told of the world: class names, their semantics, and the extractor of an earlier run."""

import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file

from inkseek.data.hierarchy import hierarchy_nodes, hierarchy_vectors
from inkseek.data.semantics import imagenet_relation, semantic_embeddings
from inkseek.data.splits import SPLITS, split_data_set
from inkseek.errors import ConfigError, FormatError
from inkseek.methods._base import Method, Semantics, TrainingProblem
from inkseek.methods._networks import CoupledNetwork, Extractor, ModalityNetwork, SharedNetwork
from inkseek.registry import method_class
from inkseek.training.experiment import Experiment, FeatureConfig, SemanticsConfig, parse_experiment


def build_method(experiment: Experiment, class_names: tuple[str, ...]) -> Method:
    """The method, its random start fixed by the seed."""
    problem = training_problem(experiment, class_names)
    torch.manual_seed(experiment.training.seed)
    return method_class(experiment.method.name)(experiment.method, problem)


def training_problem(experiment: Experiment, class_names: tuple[str, ...]) -> TrainingProblem:
    """What the experiment's method may know."""
    split = experiment.data.split
    relation = imagenet_relation(class_names, data_set=split_data_set(split) if split in SPLITS else None)
    semantics = Semantics(
        torch.from_numpy(relation),
        None if experiment.semantics is None else torch.from_numpy(embeddings(experiment.semantics, class_names)),
    )
    extractor = None if experiment.features is None else open_extractor(experiment.features, class_names)
    return TrainingProblem(class_names, semantics, extractor)


def embeddings(config: SemanticsConfig, class_names: tuple[str, ...]) -> NDArray[np.float32]:
    """Semantic embedding of each class [c, s]: place in the hierarchy, then word vector, side by side (pcmsn.md 2.2).

    The hierarchy's nodes come from `class_names` alone, so that nothing of an unseen class enters.
    """
    parts: list[NDArray[np.float32]] = []
    if config.hierarchy != "none":
        parts.append(hierarchy_vectors(class_names, config.hierarchy, nodes=hierarchy_nodes(class_names)))
    if config.vectors != "none":
        parts.append(semantic_embeddings(class_names, config.vectors, unit_rows=config.unit_rows))
    return np.concatenate(parts, axis=1)


def open_extractor(config: FeatureConfig, class_names: tuple[str, ...]) -> Extractor:
    """The frozen networks of a finished run.

    Raises:
        FormatError: not a finished run, damaged, or of a method whose networks cannot be tapped.
        ConfigError: it was trained on a class that this experiment does not train on.
    """
    run = Path(config.run)
    _, method = open_run(run)
    strange = sorted(set(method.class_names) - set(class_names))
    if strange:
        raise ConfigError(
            f"features.run: {run} was trained on {', '.join(strange)}, which this experiment keeps from training; "
            f"train the backbone on the same split"
        )
    match method.retrieval_network():
        case SharedNetwork() as network:
            return Extractor(network, config.taps)
        case CoupledNetwork(sketch=ModalityNetwork(network=sketch), photo=ModalityNetwork(network=photo)):
            return Extractor(sketch, config.taps, photo)
    raise FormatError(
        f"{run}: {method.paper.method} ends in no backbone and projection that could be tapped; name another run"
    )


def open_run(run: Path) -> tuple[Experiment, Method]:
    """The experiment of a finished run, and its method with the trained encoder in it.

    Raises:
        FormatError: not a finished run, or damaged.
    """
    weights = run / "model" / "model.safetensors"
    try:
        tree = json.loads((run / "config.json").read_text(encoding="utf-8"))
        seen = json.loads((run / "model" / "config.json").read_text(encoding="utf-8"))["seen_classes"]
        tensors = load_file(weights)
    except OSError as error:
        raise FormatError(
            f"{run}: not a finished run ({error.filename or weights} is missing); train it first"
        ) from None
    except (ValueError, SafetensorError) as error:
        raise FormatError(f"{weights}: damaged ({error}); export or train again") from None
    experiment = parse_experiment(tree, str(run / "config.json"))
    method = build_method(experiment, tuple(seen))
    try:
        method.retrieval_network().load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        raise FormatError(f"{weights}: does not fit {experiment.method.name} ({str(error).splitlines()[0]})") from None
    return experiment, method
