"""WAD-CMSN's switches: what each changes in the terms, and what a phase may touch."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inkseek.errors import ConfigError
from inkseek.methods._base import Samples, Semantics, TrainingProblem
from inkseek.methods.wad_cmsn import WadCmsn
from inkseek.training.experiment import BatchConfig, ScheduleConfig, TrainingConfig
from inkseek.training.features import LabelledFeatures, TrainingFeatures
from inkseek.training.loop import Trainer, total_loss
from tests.methods import feature_level
from tests.methods.wad_cases import (
    BATCH,
    LABELS,
    Outputs,
    array,
    arrays,
    build,
    close,
    config,
    gradients,
    layers,
    phases,
    scores,
    take_turns,
    terms,
)
from tests.reference import wad_cmsn_reference as reference

DISTANCES = ("wgan_gp", "wgan_clip", "least_squares")
READINGS = ("semantic", "mapping", "selection")


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("reading", READINGS)
def test_terms_are_weights_and_every_parameter_learns_whatever_the_switches(distance: str, reading: str) -> None:
    flags = ("cycle", "direct", "conditional", "auto_encoder")
    for chosen in itertools.product((False, True), repeat=len(flags)):
        switches = dict(zip(flags, chosen, strict=True))
        method = build(distance=distance, identity=reading, **switches)
        found: list[str] = []
        owned: list[int] = []
        for phase in method.phases():
            losses = phase.losses(BATCH)
            found += losses
            owned += [id(parameter) for parameter in phase.parameters]
            for gradient in torch.autograd.grad(total_loss(losses, method.weights), phase.parameters):
                assert bool(gradient.isfinite().all()), switches
                assert bool(gradient.any()), switches
        assert len(found) == len(set(found)), switches
        assert set(found) == method.weights.keys(), switches
        trainable = {id(parameter) for parameter in method.parameters() if parameter.requires_grad}
        assert len(owned) == len(set(owned)), switches
        assert set(owned) == trainable, switches


def test_weights_of_switched_terms_are_the_specs_unless_they_are_given() -> None:
    assert build().weights == {
        "critic_sketch": 1.0,
        "critic_photo": 1.0,
        "adversarial": 1.0,
        "identity": 1.0,
        "pair": 1.0,
        "classification": 10.0,  # of the configuration that is built on
        "penalty": 10.0,
        "autoencoder": 1.0,
        "sparsity": 0.001,
    }
    assert build(weights={"penalty": 3.0, "sparsity": 0.0}).weights["penalty"] == 3.0
    assert build(weights={"sparsity": 0.0}).weights["sparsity"] == 0.0
    assert build(cycle=True).weights["visual_regression"] == 0.1


@pytest.mark.parametrize(
    ("switches", "term"),
    [
        ({"distance": "wgan_clip"}, "penalty"),
        ({"auto_encoder": False}, "autoencoder"),
        ({"auto_encoder": False}, "sparsity"),
        ({}, "direct"),
        ({}, "critic_direct"),
        ({}, "cycle"),
        ({}, "critic_visual"),
        ({"direct": True}, "visual_regression"),
    ],
)
def test_a_weight_without_its_switch_is_an_error_and_a_zero_is_none(switches: dict[str, Any], term: str) -> None:
    with pytest.raises(ConfigError, match=rf"no switch makes the term {term}; remove weights\.{term}"):
        config(**switches, weights={term: 2.0})
    assert term not in build(**switches, weights={term: 0.0}).weights


def test_without_semantics_the_remedy_is_named() -> None:
    problem = feature_level.problem(visual=4, embedding=3, classes=2)
    bare = TrainingProblem(problem.class_names, Semantics(torch.zeros(2, 1000)), problem.extractor)
    with pytest.raises(ConfigError, match=r"wad_cmsn needs semantic embeddings"):
        WadCmsn(config(), bare)


def test_reading_b_equals_its_loop() -> None:
    method = build(identity="mapping").double().eval()
    own, found = Outputs(method), terms(method, "generator")
    returned = [
        network(adapter(own.semantic))
        for network, adapter in zip((method.sketch_generator, method.photo_generator), method.adapters, strict=True)
    ]
    semantic = array(own.semantic)
    close(found["identity"], math.fsum(reference.absolute(code, semantic) for code in arrays(*returned)))
    close(found["pair"], reference.matching(array(own.codes[0]), array(own.codes[1])))


def test_reading_c_equals_its_loop() -> None:
    method = build(identity="selection").double().eval()
    own, found = Outputs(method), terms(method, "generator")
    assert method.autoencoder is not None
    decoder, embedding = layers(method.autoencoder.decoder)[0], array(own.embedding)
    rebuilt = [reference.linear_layer(code, *decoder) for code in arrays(*own.codes)]
    close(found["identity"], math.fsum(reference.matching(rows, embedding) for rows in rebuilt))


def test_the_direct_critic_plays_between_sketch_and_photo_codes() -> None:
    method = build(direct=True).double().eval()
    own = Outputs(method)
    assert method.direct_critic is not None
    sketch, photo = scores(method.direct_critic, *own.codes)
    close(terms(method, "critic")["critic_direct"], reference.wasserstein_critic(sketch, [photo]))
    close(terms(method, "generator")["direct"], -reference.wasserstein_critic(sketch, [photo]))


def test_a_conditional_critic_sees_the_class_and_its_penalty_does_not_differentiate_it() -> None:
    method = build(conditional=True).double().eval()
    found, own = terms(method, "critic"), Outputs(method)
    condition = own.semantic
    pairs = [torch.cat((code, condition), dim=1) for code in (own.semantic, *own.codes)]
    real, sketch, _ = scores(method.critic, *pairs)
    close(found["critic_sketch"], reference.wasserstein_critic(real, [sketch]))
    torch.manual_seed(3)
    shares = arrays(*(torch.rand(len(LABELS), 1, dtype=torch.float64)[:, 0] for _ in range(2)))
    network, held = layers(method.critic), array(condition)
    expected = [
        reference.penalty(array(own.semantic), array(code), share, network, held)
        for code, share in zip(own.codes, shares, strict=True)
    ]
    close(found["penalty"], math.fsum(expected))


def test_the_way_back_equals_its_loops() -> None:
    method = build(cycle=True).double().eval()
    own, found, critic = Outputs(method), terms(method, "generator"), terms(method, "critic")
    semantic, cycle, game, fooled, classified, regression = array(own.semantic), 0.0, 0.0, 0.0, 0.0, 0.0
    forth = (method.sketch_generator, method.photo_generator)
    for branch, network, x, code in zip(method.back, forth, own.visual, own.codes, strict=True):
        fake = branch.generator(own.semantic)
        visual, back, generated, returned = arrays(x, branch.generator(code), fake, network(fake))
        cycle += reference.absolute(back, visual) + reference.absolute(returned, semantic)
        real_score, fake_score = scores(branch.critic, x, fake)
        game += reference.wasserstein_critic(real_score, [fake_score])
        fooled += reference.wasserstein_generator([fake_score])
        classified += reference.cross_entropy(generated @ array(branch.classifier.weight).T, LABELS)
        regression += reference.squared(generated, visual)
    close(found["cycle"], cycle)
    close(critic["critic_visual"], game)
    close(found["visual_adversarial"], fooled)
    close(found["visual_classification"], classified)
    close(found["visual_regression"], regression)


def test_the_visual_critics_are_penalised_too() -> None:
    without, with_ = build(), build(cycle=True)
    with_.load_state_dict(without.state_dict(), strict=False)
    first, second = (terms(method.double().eval(), "critic")["penalty"].item() for method in (without, with_))
    assert second > first + 0.1  # a fresh critic is nearly flat: (0 - 1)^2 for each modality


def test_without_auto_encoder_all_is_as_wide_as_the_embedding() -> None:
    method = build(auto_encoder=False).eval()
    assert method.dimension == 14
    assert [phase.name for phase in method.phases()] == ["critic", "generator"]
    with torch.no_grad():
        feature = method.retrieval_network()(torch.rand(2, 3, 4, 4), torch.tensor([0.0, 1.0]))
    assert feature.shape == (2, 14)
    assert torch.equal(Outputs(method.double()).semantic, Outputs(method).embedding)


def test_a_frozen_classifier_stays_and_a_trained_one_moves() -> None:
    for classifier, moves in (("frozen", False), ("trained", True)):
        method = build(classifier=classifier, cycle=True)
        watched = [method.classifier, *(branch.classifier for branch in method.back)]
        before = [part.weight.detach().clone() for part in watched]
        take_turns(method, 1)
        assert [not torch.equal(a, b.weight) for a, b in zip(before, watched, strict=True)] == [moves] * 3


def snapshot(*networks: nn.Module) -> list[Tensor]:
    return [value.detach().clone() for network in networks for value in network.state_dict().values()]


def unchanged(before: list[Tensor], *networks: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(before, snapshot(*networks), strict=True))


@pytest.mark.parametrize("distance", DISTANCES)
def test_a_critic_step_leaves_generators_and_their_statistics_alone(distance: str) -> None:
    method = build(distance=distance)
    assert method.autoencoder is not None
    others = (method.sketch_generator, method.photo_generator, method.autoencoder, method.classifier)
    before, critic = snapshot(*others), snapshot(method.critic)
    take_turns(method, 2, ("critic",))
    assert unchanged(before, *others)
    assert not unchanged(critic, method.critic)
    before = [parameter.detach().clone() for parameter in method.critic.parameters()]
    take_turns(method, 1, ("generator",))
    assert all(torch.equal(a, b) for a, b in zip(before, method.critic.parameters(), strict=True))


@pytest.mark.parametrize("switches", [{"identity": "mapping"}, {"cycle": True}])
def test_retrievals_statistics_come_once_from_visual_features(switches: dict[str, Any]) -> None:
    method = build(**switches)
    sketch, _ = method.visual(BATCH)
    first = method.sketch_generator[0](sketch).mean(dim=0)
    phases(method)["critic"].losses(BATCH)
    phases(method)["generator"].losses(BATCH)
    norm = method.sketch_generator[1]
    assert isinstance(norm, nn.BatchNorm1d)
    torch.testing.assert_close(norm.running_mean, 0.1 * first)
    assert norm.num_batches_tracked == 1
    phases(method)["generator"].losses(BATCH)
    assert norm.num_batches_tracked == 2


def test_codes_are_detached_where_the_spec_says() -> None:
    for reading, decoded in (("semantic", False), ("mapping", False), ("selection", True)):
        method = build(identity=reading, cycle=True, direct=True, conditional=True)
        assert method.autoencoder is not None
        generated = total_loss(phases(method)["generator"].losses(BATCH), method.weights)
        judged = total_loss(phases(method)["critic"].losses(BATCH), method.weights)
        for total in (generated, judged):
            assert gradients(total, method.autoencoder.encoder) == [None, None]
        assert all((g is not None) == decoded for g in gradients(generated, method.autoencoder.decoder))
        for network in (method.sketch_generator, method.photo_generator, *(b.generator for b in method.back)):
            assert all(g is None for g in gradients(judged, network))


def labelled(samples: Samples) -> LabelledFeatures:
    assert samples.features is not None
    return LabelledFeatures(samples.features.numpy(), samples.labels.numpy())


@pytest.mark.parametrize(("distance", "clipped"), [("wgan_clip", True), ("wgan_gp", False)])
def test_the_loop_clips_every_weight_of_the_critics_after_each_move(distance: str, clipped: bool) -> None:
    method = build(distance=distance, direct=True, critic_steps=2)
    loop = TrainingConfig(
        epochs=1,
        precision="fp32",
        batch=BatchConfig(sampling="balanced_pairs", sketches=6, photos=6, steps=1),
        schedule=ScheduleConfig(kind="exponential", floor=1.0),
    )
    data = TrainingFeatures(labelled(BATCH.sketch), labelled(BATCH.photo))
    Trainer(method, data, loop, torch.device("cpu")).run_epoch(lambda record: None)
    assert method.direct_critic is not None
    for critic in (method.critic, method.direct_critic):
        largest = max(float(parameter.detach().abs().max()) for parameter in critic.parameters())
        assert (largest <= np.float32(0.01)) == clipped
    assert max(float(p.detach().abs().max()) for p in method.sketch_generator.parameters()) > 0.01


def test_the_critic_moves_as_often_as_is_said() -> None:
    assert [(phase.name, phase.repeats) for phase in build(critic_steps=3).phases()] == [
        ("autoencoder", 1),
        ("critic", 3),
        ("generator", 1),
    ]
