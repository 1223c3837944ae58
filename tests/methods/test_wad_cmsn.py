"""WAD-CMSN's networks and terms against wad_cmsn.md and against loops."""

import copy
import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]
from torch import Tensor, nn

from inkseek.methods import _wad_networks, wad_cmsn
from inkseek.methods._adversarial import GaussianNoise, mlp
from inkseek.methods.wad_cmsn import WadCmsn
from inkseek.training.experiment import load_experiment, parse_experiment
from tests.methods.wad_cases import (
    LABELS,
    Outputs,
    array,
    arrays,
    build,
    close,
    layers,
    scores,
    take_turns,
    terms,
    widths,
)
from tests.reference import wad_cmsn_reference as reference

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("wad_cmsn-*.toml"))


def random(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def small_critic(inputs: int) -> nn.Sequential:
    torch.manual_seed(1)
    return mlp((inputs, 7, 7, 1), activation="leaky_relu", norm="none").double()


def test_the_wasserstein_critics_loss_equals_its_loop() -> None:
    real, sketch, photo = (random(seed, 9) for seed in range(3))
    found = [_wad_networks.critic_loss("wgan_gp", real, fake) for fake in (sketch, photo)]
    close(found[0] + found[1], reference.wasserstein_critic(array(real), arrays(sketch, photo)))
    both = _wad_networks.generator_loss("wgan_clip", sketch) + _wad_networks.generator_loss("wgan_clip", photo)
    close(both, reference.wasserstein_generator(arrays(sketch, photo)))


def test_the_gradient_penalty_equals_its_loop_with_the_chain_rule() -> None:
    critic = small_critic(5)
    real, fake, share = random(2, 6, 5), random(3, 6, 5), torch.rand(6, 1, dtype=torch.float64)
    found = _wad_networks.gradient_penalty(critic, real, fake, share)
    close(found, reference.penalty(array(real), array(fake), array(share[:, 0]), layers(critic)))


def test_the_reference_slope_is_the_slope_of_the_reference_score() -> None:
    network, x, steps = layers(small_critic(5)), random(4, 5).numpy(), np.eye(5) * 1e-6
    differences = [(reference.score(x + h, network) - reference.score(x - h, network)) / 2e-6 for h in steps]
    np.testing.assert_allclose(reference.slope(x, network), differences, atol=1e-8)


def test_a_linear_critic_of_slope_one_has_no_penalty_and_of_slope_three_four() -> None:
    real, fake = random(5, 4, 3), random(6, 4, 3)
    share = torch.rand(4, 1, dtype=torch.float64)
    for length, expected in ((1.0, 0.0), (3.0, 4.0)):
        direction = length * F.normalize(random(7, 3), dim=0)
        close(_wad_networks.gradient_penalty(partial(torch.matmul, other=direction), real, fake, share), expected)


def test_the_penalty_moves_the_critic_and_nothing_else() -> None:
    critic = small_critic(5)
    real, fake = (random(seed, 6, 5).requires_grad_() for seed in (2, 3))
    found = _wad_networks.gradient_penalty(critic, real, fake, torch.rand(6, 1, dtype=torch.float64))
    weights = [layer.weight for layer in critic if isinstance(layer, nn.Linear)]
    assert all(bool(gradient.any()) for gradient in torch.autograd.grad(found, weights, retain_graph=True))
    assert all(gradient is None for gradient in torch.autograd.grad(found, (real, fake), allow_unused=True))


def test_clipping_equals_its_loop() -> None:
    parameter = nn.Parameter(random(8, 4, 3))
    expected = reference.clipped(array(parameter), 0.5)
    _wad_networks.clip_weights([parameter], 0.5)
    np.testing.assert_array_equal(parameter.detach().numpy(), expected)
    assert np.abs(expected).max() == 0.5


def test_matching_and_sparsity_equal_their_loops() -> None:
    a, b, weight = random(9, 6, 5), random(10, 6, 5), random(11, 5, 8)
    close(wad_cmsn.matching(a, b), reference.matching(array(a), array(b)))
    close(wad_cmsn.column_sparsity(weight, 6), reference.column_norms(array(weight), 6))


def test_a_dropped_feature_has_a_finite_gradient() -> None:
    weight = random(11, 5, 8)
    weight[:, 2] = 0
    weight.requires_grad_()
    (gradient,) = torch.autograd.grad(wad_cmsn.column_sparsity(weight, 1), weight)
    assert bool(gradient.isfinite().all())
    assert not gradient[:, 2].any()


def test_least_squares_equals_its_loop_and_draws_soft_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[tuple[float, float], Tensor]] = []

    def noisy_labels(score: Tensor, bounds: tuple[float, float]) -> Tensor:
        drawn.append((bounds, random(20 + len(drawn), len(score))))
        return drawn[-1][1]

    monkeypatch.setattr(_wad_networks, "noisy_labels", noisy_labels)
    real, fake = random(12, 9), random(13, 9)
    found = _wad_networks.critic_loss("least_squares", real, fake)
    t, u = arrays(*(values for _, values in drawn))
    close(found, reference.least_squares(array(real), t) + reference.least_squares(array(fake), u))
    found = _wad_networks.generator_loss("least_squares", fake)
    close(found, reference.least_squares(array(fake), array(drawn[2][1])))
    assert [bounds for bounds, _ in drawn] == [(0.7, 1.0), (0.0, 0.3), (0.7, 1.0)]


def test_terms_equal_the_loops_over_the_methods_own_outputs() -> None:
    method = build().double().eval()
    found, own = terms(method, "critic"), Outputs(method)
    real, sketch, photo = scores(method.critic, own.semantic, *own.codes)
    torch.manual_seed(3)
    shares = arrays(*(torch.rand(len(LABELS), 1, dtype=torch.float64)[:, 0] for _ in range(2)))
    ends = [(array(own.semantic), array(code), share) for code, share in zip(own.codes, shares, strict=True)]
    close(found["critic_sketch"], reference.wasserstein_critic(real, [sketch]))
    close(found["critic_photo"], reference.wasserstein_critic(real, [photo]))
    close(found["penalty"], math.fsum(reference.penalty(*end, layers(method.critic)) for end in ends))

    found, codes = terms(method, "generator"), arrays(*own.codes)
    weight, semantic = array(method.classifier.weight), array(own.semantic)
    close(found["adversarial"], reference.wasserstein_generator([sketch, photo]))
    close(found["identity"], math.fsum(reference.matching(code, semantic) for code in codes))
    close(found["pair"], reference.matching(codes[0], codes[1]))
    close(found["classification"], math.fsum(reference.cross_entropy(code @ weight.T, LABELS) for code in codes))


def test_the_auto_encoders_terms_equal_their_loops() -> None:
    method = build().double()
    found, embedding = terms(method, "autoencoder"), array(Outputs(method).embedding)
    assert method.autoencoder is not None
    encoder, decoder = layers(method.autoencoder)
    rebuilt = reference.linear_layer(reference.relu_layer(embedding, *encoder), *decoder)
    close(found["autoencoder"], reference.squared(rebuilt, embedding))
    close(found["sparsity"], reference.column_norms(encoder[0], len(LABELS)))


@pytest.mark.parametrize(("embedding", "hidden"), [(654, 288), (964, 288)])
def test_layouts_are_the_specs(embedding: int, hidden: int) -> None:
    method = build(512, embedding, dimension=64, critic_width=256)
    for network in (method.sketch_generator, method.photo_generator):
        assert widths(network) == [(512, hidden), (hidden, hidden), (hidden, 64)]
        assert [part.p for part in network if isinstance(part, nn.Dropout)] == [0.5, 0.5]
        assert sum(isinstance(part, nn.BatchNorm1d) for part in network) == 2
    assert widths(method.critic) == [(64, 256), (256, 256), (256, 1)]
    assert not any(isinstance(part, nn.BatchNorm1d) for part in method.critic.modules())
    assert method.autoencoder is not None
    assert widths(method.autoencoder) == [(embedding, 64), (64, embedding)]
    assert method.classifier.bias is None


def test_the_base_has_the_layout_of_sem_pcyc() -> None:
    method = build(512, 654, dimension=64, distance="least_squares", cycle=True)
    assert widths(method.critic) == [(64, 32), (32, 32), (32, 1)]
    assert [part.sigma for part in method.critic.modules() if isinstance(part, GaussianNoise)] == [0.3]
    assert sum(isinstance(part, nn.BatchNorm1d) for part in method.critic.modules()) == 2
    for branch in method.back:
        assert widths(branch.generator) == [(64, 288), (288, 288), (288, 512)]
        assert widths(branch.critic) == [(512, 256), (256, 256), (256, 1)]
        assert widths(branch.classifier) == [(512, 4)]


def test_retrieval_takes_each_modality_through_its_own_generator() -> None:
    method = build().eval()
    pixels = torch.rand(3, 3, 4, 4) * 255
    with torch.no_grad():
        found = method.retrieval_network()(pixels, torch.tensor([0.0, 1.0, 0.0]))
        visual = method.extractor(pixels, torch.tensor([0.0, 1.0, 0.0]))
        sketch, photo = method.sketch_generator(visual), method.photo_generator(visual)
    torch.testing.assert_close(found, F.normalize(torch.stack((sketch[0], photo[1], sketch[2])), dim=1))


def distance(method: WadCmsn) -> float:
    """Wasserstein distance of the codes from the classes' codes, by the best assignment; summed over modalities."""
    with torch.no_grad():
        own = Outputs(copy.deepcopy(method).double())
        costs = [array(torch.cdist(code, own.semantic)) for code in own.codes]
    return math.fsum(cost[linear_sum_assignment(cost)].mean() for cost in costs)


def test_the_game_makes_the_distance_and_its_estimate_small() -> None:
    quick = [{"name": "adam", "rate": rate, "betas": [0.5, 0.9]} for rate in (1e-3, 3e-3)]
    method = build(
        optimiser=quick[0],
        critic_optimiser=quick[1],
        critic_width=32,
        dropout=0.0,
        weights={"identity": 0.0, "pair": 0.0, "classification": 0.0},
    )

    def estimate() -> float:
        found = take_turns(method, 15, ("critic",))
        return -(found["critic_sketch"] + found["critic_photo"]).item()

    take_turns(method, 5, ("autoencoder",))
    estimated, true = estimate(), distance(method)
    assert 0.3 * true < estimated < 1.2 * true
    take_turns(method, 90, ("critic", "generator"))
    assert distance(method) < true / 2
    assert estimate() < estimated / 2


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.stem)
def test_every_configuration_is_an_experiment(file: Path) -> None:
    experiment = load_experiment(file, [])
    assert experiment.method.name == "wad_cmsn"
    assert experiment.method.dimension == 64
    assert experiment.training.batch.steps == 100
    assert experiment.features is not None
    assert experiment.semantics is not None
    assert parse_experiment(experiment.tree(), "config.json") == experiment
