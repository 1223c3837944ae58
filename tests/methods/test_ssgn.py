"""SSGN's networks, terms and their switches against ssgn.md and against loops."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inkseek.errors import ConfigError
from inkseek.methods._base import Batch
from inkseek.methods._ssgn_networks import ClassCentroids
from inkseek.methods.ssgn import Ssgn, SsgnConfig, kl_divergence, squared_distance
from tests.contracts import problems
from tests.methods import feature_level
from tests.methods.ssgn_cases import (
    BATCH,
    CLASSES,
    EACH,
    LABELS,
    VISUAL,
    array,
    build,
    every_switch,
    in_float64,
    layers,
    random,
    widths,
)
from tests.reference import ssgn_reference as reference


def test_sizes_are_those_that_were_inferred() -> None:
    problem = feature_level.problem(visual=1000, embedding=300, classes=104)
    weights = dict.fromkeys(("reconstruction", "kl", "regression", "classification", "semantic_prediction"), 1.0)
    tree = {"name": "ssgn", "backbone": "efficientnet-lite0", "dimension": 1000, "optimiser": {"rate": 2e-4}}
    method = Ssgn(SsgnConfig.parse(tree | {"weights": weights}, "test"), problem)
    assert widths(method.encoder) == [(2000, 2048), (2048, 1024), (1024, 256), (1024, 256)]
    assert widths(method.sketch_head.decoder) == [(556, 2048), (2048, 1000), (2000, 2048), (2048, 1000)]
    assert widths(method.regressors) == [(1000, 1024), (1024, 300)]
    assert widths(method.classifier) == [(1000, 104)]
    assert method.sketch_head.predictor is not None
    assert widths(method.sketch_head.predictor) == [(1000, 1024), (1024, 300)]
    assert [layer.p for layer in method.modules() if isinstance(layer, nn.Dropout)] == [0.3, 0.3]  # E and Q
    assert method.sketch_head.noise.shape == (100, 256)


def test_the_encoder_equals_its_loops() -> None:
    encoder, rows = build().double().eval().encoder, [random(seed, 5, 8) for seed in (1, 2)]
    first, second, mean, log_variance = ([layer] for layer in layers(encoder))
    shrink = 1 / np.sqrt(1 + 1e-5)  # batch norm as it starts
    hidden = np.maximum(reference.perceptron(array(torch.cat(rows, 1)), first), 0) * shrink
    hidden = np.maximum(reference.perceptron(hidden, second), 0) * shrink
    for found, head in zip(encoder(*rows), (mean, log_variance), strict=True):
        np.testing.assert_allclose(array(found), np.tanh(reference.perceptron(hidden, head)), atol=1e-6)


def test_pure_losses_equal_their_loops() -> None:
    a, b = random(0, 5, 7), random(1, 5, 7)
    for found, expected in (
        (kl_divergence(a, b), reference.kl(array(a), array(b))),
        (squared_distance(a, b, "sum"), reference.squared_norm(array(a), array(b))),
        (squared_distance(a, b, "element_mean"), reference.element_mean(array(a), array(b))),
    ):
        np.testing.assert_allclose(found.item(), expected, rtol=0, atol=1e-6)


def test_the_divergence_of_the_prior_from_itself_is_zero() -> None:
    assert kl_divergence(torch.zeros(2, 5), torch.zeros(2, 5)).item() == 0.0


def expected_stages(method: Ssgn, z: Tensor, condition: Tensor, sketch: Tensor) -> dict[str, reference.Array]:
    """Synthesised features by loops over the method's own weights."""
    config, decoder = method.config, method.sketch_head.decoder
    if config.decoder == "sketch":
        return {"fine": reference.perceptron(array(torch.cat((z, sketch), 1)), layers(decoder))}
    coarse = reference.perceptron(array(torch.cat((z, condition), 1)), layers(decoder)[:2])
    if config.decoder == "coarse":
        return {"coarse": coarse}
    given = [coarse, array(sketch), array(z)] if config.latent_to_fine else [coarse, array(sketch)]
    fine = reference.perceptron(np.concatenate(given, axis=1), layers(decoder)[2:])
    added = {"none": np.zeros_like(fine), "coarse": coarse, "sketch": array(sketch)}[config.residual_fine]
    return {"coarse": coarse, "fine": fine + added}


def expected_terms(method: Ssgn, batch: Batch, seed: int) -> dict[str, float]:
    """ssgn.md section 4, by loops."""
    config, (sketch, photo) = method.config, method.reduced(batch)
    mean, log_variance = method.encoder(photo, sketch)
    torch.manual_seed(seed)
    z = mean + torch.exp(0.5 * log_variance) * torch.randn(mean.shape, dtype=torch.float64)
    is_true = (torch.rand(len(LABELS), 1) < config.true_share).double()
    s = method.embeddings[batch.sketch.labels]
    known = torch.zeros_like(s)
    if config.predicts:
        assert method.sketch_head.predictor is not None
        known = torch.from_numpy(reference.perceptron(array(sketch), layers(method.sketch_head.predictor)))
    found = expected_stages(method, z, is_true * s + (1 - is_true) * known, sketch)

    x = array(photo)
    t_c = np.array([reference.centroid(list(x), LABELS, y) for y in LABELS]) if config.coarse_target != "photo" else x
    per_element = 1.0 if config.elbo == "sum" else 1.0 / x.shape[1]
    rec = sum(
        share * reference.squared_norm(found[stage], target) * per_element
        for stage, share, target in (("coarse", config.coarse_share, t_c), ("fine", 1.0, x))
        if stage in found
    )
    judges = {stage: layers(method.regressors["joint" if config.joint_regressor else stage]) for stage in found}
    regression = sum(
        reference.squared_norm(reference.perceptron(found[stage], judge), array(s))
        + reference.squared_norm(reference.perceptron(x, judge), array(s)) / len(judges)
        for stage, judge in judges.items()
    )
    logits = [reference.perceptron(rows, layers(method.classifier)) for rows in (*found.values(), x)]
    terms = {
        "reconstruction": rec,
        "kl": reference.kl(array(mean), array(log_variance)),
        "regression": regression,
        "classification": sum(reference.cross_entropy(rows, LABELS) for rows in logits),
    }
    return terms | ({"semantic_prediction": reference.squared_norm(array(known), array(s))} if config.predicts else {})


@every_switch
def test_terms_equal_the_loops_over_the_methods_own_weights(changes: dict[str, Any]) -> None:
    method, batch = build(**changes).double().eval(), in_float64(BATCH)
    torch.manual_seed(3)
    found = method.losses(batch)
    expected = expected_terms(method, batch, 3)
    assert found.keys() == expected.keys()
    for term, value in expected.items():
        np.testing.assert_allclose(found[term].item(), value, rtol=0, atol=1e-6, err_msg=term)


@every_switch
def test_terms_are_weighted_and_every_parameter_learns(changes: dict[str, Any]) -> None:
    method = build(**changes)
    losses = method.losses(BATCH)
    assert losses.keys() == method.weights.keys()
    (phase,) = method.phases()
    names = {id(parameter): key for key, parameter in method.named_parameters()}
    total = torch.stack(list(losses.values())).sum()
    for parameter, gradient in zip(
        phase.parameters, torch.autograd.grad(total, phase.parameters, allow_unused=True), strict=True
    ):
        assert gradient is not None, names[id(parameter)]
        assert gradient.abs().max() > 0, names[id(parameter)]


def test_the_condition_in_training_is_the_true_one_in_the_share_that_is_asked_for() -> None:
    known, embedding = torch.zeros(2000, 2), torch.ones(2000, 2)
    torch.manual_seed(0)
    shares = {share: build(true_share=share).condition(known, embedding) for share in (0.0, 0.25, 1.0)}
    assert torch.equal(shares[0.0], known)
    assert torch.equal(shares[1.0], embedding)
    assert torch.equal(shares[0.25][:, 0], shares[0.25][:, 1])  # whole vectors, never parts
    assert abs(shares[0.25].mean().item() - 0.25) < 0.03


def test_only_its_own_term_teaches_the_predictor() -> None:
    method = build(true_share=0.0)
    assert method.sketch_head.predictor is not None
    parameters = list(method.sketch_head.predictor.parameters())
    for term, value in method.losses(BATCH).items():
        found = torch.autograd.grad(value, parameters, allow_unused=True, retain_graph=True)
        assert all((gradient is not None) == (term == "semantic_prediction") for gradient in found), term


def test_a_predictor_that_is_used_must_be_trained() -> None:
    weights = problems.method_tree("ssgn")["weights"] | {"semantic_prediction": 0.0}
    with pytest.raises(ConfigError, match=r"method\.weights\.semantic_prediction: 0 .* test_condition"):
        build(weights=weights)
    switches: list[dict[str, Any]] = [{"test_condition": "zero"}, {"decoder": "sketch"}]
    for changes in switches:
        assert "semantic_prediction" not in build(weights=weights, **changes).weights


def test_centroids_are_means_over_all_photos_met() -> None:
    centroids = ClassCentroids(4, 5).double()
    rows, labels = random(7, 12, 5), [0, 0, 1, 2, 1, 0, 2, 2, 2, 0, 1, 1]
    for start in (0, 4, 8):
        block, own = rows[start : start + 4], torch.tensor(labels[start : start + 4])
        before = centroids.mean.clone()
        seen = [array(row) for row in rows[: start + 4]]
        mean, count = centroids.including(block, own)
        assert torch.equal(centroids.mean, before)
        for label in set(labels[: start + 4]):
            np.testing.assert_allclose(mean[label], reference.centroid(seen, labels[: start + 4], label), atol=1e-6)
        assert count.tolist() == [labels[: start + 4].count(label) for label in range(4)]
        centroids.take_in(block, own)
    assert torch.equal(centroids.mean[3], torch.zeros(5, dtype=torch.float64))


def test_the_coarse_target_remembers_the_photos_of_earlier_steps() -> None:
    method = build(coarse_target="centroid")
    earlier = feature_level.batch(visual=VISUAL, classes=CLASSES, each=EACH, seed=8)
    method.losses(earlier)
    method.after_step(earlier)
    assert method.centroids is not None
    assert method.centroids.count.tolist() == [EACH] * CLASSES
    photos = [array(row) for batch in (earlier, BATCH) for row in method.reduced(batch)[1]]
    found = method.coarse_target(method.reduced(BATCH)[1], BATCH)
    expected = [reference.centroid(photos, LABELS + LABELS, label) for label in LABELS]
    np.testing.assert_allclose(found, expected, atol=1e-5)
