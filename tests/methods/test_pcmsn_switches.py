"""PCMSN's turns and switches, and its configurations."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inkseek.errors import ConfigError
from inkseek.methods._base import TrainingProblem
from inkseek.methods.finetune import FinetuneConfig
from inkseek.methods.pcmsn import Pcmsn
from inkseek.training.experiment import load_experiment
from inkseek.training.loop import build_optimiser, total_loss
from tests.contracts import problems
from tests.contracts.steps import move
from tests.methods import feature_level
from tests.methods.pcmsn_cases import (
    BATCH,
    CLASSES,
    EACH,
    EMBEDDING,
    VISUAL,
    build,
    config,
    gradients,
    has_bias,
    heads,
    phases,
    widths,
)
from tests.reference import pcmsn_reference as reference


def test_both_branches_have_one_decoder_unless_they_are_told_otherwise() -> None:
    shared, separate = build(), build(shared_decoder=False)
    sketch, photo = heads(shared)
    assert sketch[-1] is photo[-1]
    assert sketch[0] is not photo[0]
    sketch, photo = heads(separate)
    assert sketch[-1] is not photo[-1]
    one, two = (sum(p.numel() for p in phases(method)["generator"].parameters) for method in (shared, separate))
    assert two - one == sum(parameter.numel() for parameter in shared.decoders.parameters())


def test_no_gradient_reaches_extractor_or_classifier() -> None:
    method = build()
    frozen = {key for key, parameter in method.named_parameters() if not parameter.requires_grad}
    assert frozen == {"classifier.weight", *(key for key, _ in method.named_parameters() if "extractor" in key)}
    owned = {id(parameter) for phase in method.phases() for parameter in phase.parameters}
    assert not owned & {id(parameter) for key, parameter in method.named_parameters() if key in frozen}


def test_a_trained_classifier_learns() -> None:
    method = build(classifier="trained")
    assert "classifier.weight" in gradients(method.generator_losses(BATCH)["classification"], method)


def test_the_discriminators_turn_leaves_the_generators_alone() -> None:
    method = build()
    reached = gradients(method.discriminator_losses(BATCH)["discriminator"], method)
    assert all(key.startswith("discriminator.") for key in reached)
    before = {key: value.detach().clone() for key, value in method.named_parameters()}
    phase = phases(method)["discriminator"]
    move(phase, build_optimiser(phase), total_loss(phase.losses(BATCH), method.weights))
    moved = {key for key, value in method.named_parameters() if not torch.equal(value, before[key])}
    assert moved
    assert all(key.startswith("discriminator.") for key in moved)


def test_turns_are_in_the_order_that_is_asked_for() -> None:
    assert [phase.name for phase in build().phases()] == ["discriminator", "generator"]
    assert [phase.name for phase in build(discriminator_first=False).phases()] == ["generator", "discriminator"]
    direct = build(progressive=False)
    assert [phase.name for phase in direct.phases()] == ["autoencoder", "discriminator", "generator"]


def test_each_turn_has_its_own_optimiser() -> None:
    method = build(
        progressive=False,
        optimiser={"rate": 1e-3},
        discriminator_optimiser={"rate": 2e-3},
        autoencoder_optimiser={"rate": 3e-3},
    )
    found = {phase.name: phase.optimiser.rate for phase in method.phases()}
    assert found == {"generator": 1e-3, "discriminator": 2e-3, "autoencoder": 3e-3}


def test_what_only_batch_norm_would_see_has_no_bias() -> None:
    """Adding a constant to an aligned feature changes no term, so that an output bias of G would never learn."""
    method = build(generator_dropout=0.0, decoder_dropout=0.0, noise=0.0, real_label=[1.0, 1.0])
    assert not has_bias(method.sketch_generator[-1])
    with torch.no_grad():
        before = method.generator_losses(BATCH)
        method.sketch_generator.append(Shift(3.0))
        after = method.generator_losses(BATCH)
    for term, value in before.items():
        torch.testing.assert_close(after[term], value, rtol=1e-4, atol=1e-5, msg=term)


class Shift(nn.Module):
    def __init__(self, by: float) -> None:
        super().__init__()
        self.by = by

    def forward(self, x: Tensor) -> Tensor:
        return x + self.by


def test_direct_projection_has_one_step_from_feature_to_code() -> None:
    method = build(progressive=False)
    assert widths(method.sketch_generator) == [(VISUAL, 14), (14, 14), (14, 8)]
    assert has_bias(method.sketch_generator[-1])
    assert widths(method.discriminator) == [(8, 4), (4, 4), (4, 1)]
    assert widths(method.sketch_reconstructor) == [(8, 14), (14, 14), (14, VISUAL)]
    assert len(method.decoders) == 0
    assert [list(head) for head in heads(method)] == [[method.sketch_generator], [method.photo_generator]]
    aligned = method.eval().aligned(*method.visual(BATCH))
    assert all(torch.equal(*pair) for pair in zip(method.codes(*aligned), aligned, strict=True))


def test_direct_projection_is_judged_against_the_reduced_embedding() -> None:
    method = build(progressive=False)
    assert method.autoencoder is not None
    embedding = method.embeddings[BATCH.sketch.labels]
    torch.testing.assert_close(method.real(BATCH), method.autoencoder.encoder(embedding))
    losses = method.discriminator_losses(BATCH)
    assert all(key.startswith("discriminator.") for key in gradients(losses["discriminator"], method))


def test_the_auto_encoder_learns_the_embeddings_and_nothing_else_does() -> None:
    method = build(progressive=False, autoencoder_optimiser={"name": "adam", "rate": 1e-2})
    autoencoder = method.autoencoder
    assert autoencoder is not None
    phase = phases(method)["autoencoder"]
    optimiser = build_optimiser(phase)
    embedding = method.embeddings[BATCH.sketch.labels]
    first = phase.losses(BATCH)["autoencoder"]
    with torch.no_grad():
        rebuilt = autoencoder(embedding).double().numpy()
    expected = reference.mean_square(rebuilt, embedding.double().numpy())
    np.testing.assert_allclose(first.item(), expected, rtol=1e-5)
    assert all(key.startswith("autoencoder.") for key in gradients(first, method))
    for _ in range(100):
        move(phase, optimiser, total_loss(phase.losses(BATCH), method.weights))
    assert phase.losses(BATCH)["autoencoder"] < 0.1 * first


def test_terms_are_the_weights_in_either_form() -> None:
    for method in (build(), build(progressive=False)):
        terms = {term for phase in method.phases() for term in phase.losses(BATCH)}
        assert terms == method.weights.keys()
    assert "autoencoder" not in build().weights


@pytest.mark.parametrize(
    ("term", "silent"),
    [("reconstruction", ("sketch_reconstructor", "photo_reconstructor")), ("euclidean", ())],
)
def test_a_zero_weight_takes_a_term_out(term: str, silent: tuple[str, ...]) -> None:
    weights = problems.method_tree("pcmsn")["weights"]
    method = build(weights=weights | {term: 0.0}).eval()
    torch.manual_seed(3)
    losses = method.generator_losses(BATCH)
    rest = sum(weights[name] * value for name, value in losses.items() if name != term)
    total = total_loss(losses, method.weights)
    torch.testing.assert_close(total, rest)
    found = gradients(total, method)
    assert found
    assert not any(key.startswith(silent) for key in found if silent)


@pytest.mark.parametrize("changes", [{"adversarial_form": "log"}, {"progressive": False}])
def test_losses_fall_and_sketches_find_photos_of_their_class(changes: dict[str, Any]) -> None:
    fast = {"name": "adam", "rate": 1e-2}
    method = build(optimiser=fast, discriminator_optimiser=fast, **changes).train()
    optimisers = {phase.name: build_optimiser(phase) for phase in method.phases()}
    totals: list[dict[str, float]] = []
    for step in range(25):
        batch = feature_level.batch(visual=VISUAL, classes=CLASSES, each=EACH, seed=step)
        terms: dict[str, float] = {}
        for phase in method.phases():
            losses = phase.losses(batch)
            move(phase, optimisers[phase.name], total_loss(losses, method.weights))
            terms |= {name: float(value.detach()) for name, value in losses.items()}
        totals.append(terms)
    for term in ("classification", "reconstruction"):
        assert np.mean([t[term] for t in totals[-5:]]) < 0.9 * np.mean([t[term] for t in totals[:5]]), term
    with torch.no_grad():
        sketch, photo = method.eval().codes(*method.aligned(*method.visual(BATCH)))
    nearest = (nn.functional.normalize(sketch) @ nn.functional.normalize(photo).T).argmax(dim=1)
    assert (BATCH.photo.labels[nearest] == BATCH.sketch.labels).float().mean() > 0.9


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"progressive": False, "shared_decoder": False}, "shared_decoder = false needs progressive = true"),
        ({"real_label": [1.0, 0.7]}, r"real_label = \[1.0, 0.7\] is empty"),
        ({"fake_label": [0.3, 0.0]}, r"fake_label = \[0.3, 0.0\] is empty"),
        ({"reconstruction": "none"}, r"method\.reconstruction"),
        ({"noise": -0.1}, r"method\.noise"),
    ],
)
def test_a_configuration_that_says_nothing_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config(**changes)


def test_it_needs_embeddings() -> None:
    problem = feature_level.problem(visual=VISUAL, embedding=EMBEDDING, classes=CLASSES)
    mute = TrainingProblem(
        problem.class_names, type(problem.semantics)(problem.semantics.imagenet_relation), problem.extractor
    )
    with pytest.raises(ConfigError, match=r"\[semantics\]"):
        Pcmsn(config(), mute)


CONFIGS = sorted(
    path.name for pattern in ("pcmsn-*.toml", "finetune-*.toml") for path in problems.CONFIGS.glob(pattern)
)


@pytest.mark.parametrize("name", CONFIGS)
def test_every_configuration_is_read(name: str) -> None:
    experiment = load_experiment(problems.CONFIGS / name, [])
    if name.startswith("finetune-"):
        assert isinstance(experiment.method, FinetuneConfig)
        return
    assert experiment.features is not None
    made_by = load_experiment(problems.CONFIGS / f"{Path(experiment.features.run).name}.toml", [])
    # Features are those of the size that is served, whatever size the backbone was trained at.
    assert experiment.data.training_size == experiment.data.preprocessing.size
    assert made_by.data.model_copy(update={"training_size": experiment.data.training_size}) == experiment.data
    assert made_by.method.backbone == experiment.method.backbone
