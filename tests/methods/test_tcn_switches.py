"""Every switch of TCN: what is shared, whose statistics are used, which terms are there; and its configurations."""

import copy
from itertools import product
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from inkseek.encoders.build import build_backbone
from inkseek.errors import ConfigError
from inkseek.methods.tcn import MetricKind, Share, Tcn, TcnConfig, kernels, terms_of
from inkseek.training.experiment import load_experiment
from inkseek.training.loop import build_optimiser, total_loss
from inkseek.training.schedule import rate_factor
from tests.contracts.steps import take_step
from tests.methods.tiny_tcn import method_tree, pairs, tiny_tcn, use_tiny_backbone
from tests.reference import tcn_reference

Array = NDArray[np.float64]

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("tcn-*.toml"))
COMBINATIONS = list(product(get_args(Share), get_args(MetricKind)))


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny_backbone(monkeypatch)


def step(method: Tcn, count: int = 1) -> Tcn:
    method.train()
    optimisers = {phase.name: build_optimiser(phase) for phase in method.phases()}
    for seed in range(count):
        take_step(method, optimisers, pairs(seed))
    return method


# Terms, weights and parameters.


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(("share", "metric"), COMBINATIONS)
def test_terms_and_parameters_follow_the_switches(share: Share, metric: MetricKind) -> None:
    method = step(tiny_tcn(share, metric), 2)
    [phase] = method.phases()
    losses = phase.losses(pairs())
    assert losses.keys() == method.weights.keys() == terms_of(share, metric)
    assert ("sharing" in losses) == (share == "soft")
    assert ("metric" in losses) == (metric != "none")
    assert ("regression" in losses) == (metric == "bht_sr")
    trainable = {id(parameter): name for name, parameter in method.named_parameters() if parameter.requires_grad}
    assert sorted(trainable) == sorted(id(parameter) for parameter in phase.parameters)
    gradients = torch.autograd.grad(total_loss(losses, method.weights), phase.parameters)
    for parameter, gradient in zip(phase.parameters, gradients, strict=True):
        assert bool(gradient.abs().max() > 0), trainable[id(parameter)]


@pytest.mark.parametrize(("share", "metric"), COMBINATIONS)
@pytest.mark.parametrize("term", ["sharing", "metric", "regression"])
def test_weights_follow_the_switches(share: Share, metric: MetricKind, term: str) -> None:
    tree = method_tree(share, metric)
    there = term in tree["weights"]
    tree["weights"].pop(term, None)
    if there:
        with pytest.raises(ConfigError, match=rf"method\.weights\.{term}: is missing"):
            TcnConfig.parse(tree, "test", "method")
    else:
        TcnConfig.parse(tree, "test", "method")
        tree["weights"][term] = 0.0
        TcnConfig.parse(tree, "test", "method")
        tree["weights"][term] = 2.0
        with pytest.raises(ConfigError, match=rf"method\.weights\.{term}: is 2\.0, but .* set it to 0"):
            TcnConfig.parse(tree, "test", "method")


def test_a_resolved_configuration_is_read_again() -> None:
    config = TcnConfig.parse(method_tree("hard", "none"), "test", "method")
    assert TcnConfig.parse(config.model_dump(mode="json"), "test", "method") == config


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("metric", get_args(MetricKind))
def test_only_what_reads_word_vectors_asks_for_them(metric: MetricKind) -> None:
    if metric in {"none", "bht"}:
        assert "words" not in tiny_tcn("soft", metric, words=None).state_dict()
    else:
        with pytest.raises(ConfigError, match="semantics: method tcn"):
            tiny_tcn("soft", metric, words=None)


# Sharing, sections 2.1 and 3.1.


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("share", get_args(Share))
def test_what_the_encoders_share(share: Share) -> None:
    method = tiny_tcn(share)
    sketch, photo = (branch.encoder for branch in (method.network.sketch, method.network.photo))
    kernel_names = kernels(sketch).keys()
    assert kernel_names == {"stem.weight", "last.weight", "last.bias"}
    same = {name for name, value in sketch.named_parameters() if value is dict(photo.named_parameters())[name]}
    everything = {name for name, _ in sketch.named_parameters()}
    assert same == {"none": set(), "soft": set(), "hard": everything, "conv_hard": kernel_names}[share]
    assert (sketch is photo) == (share == "hard")
    for name, value in sketch.state_dict().items():
        assert torch.equal(value, photo.state_dict()[name])
    assert method.network.sketch.projection is method.network.photo.projection


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("share", get_args(Share))
def test_what_has_parted_after_some_steps(share: Share) -> None:
    method = step(tiny_tcn(share), 3)
    sketch, photo = method.network.sketch.encoder, method.network.photo.encoder
    norms_part = share != "hard"
    kernels_part = share in {"none", "soft"}
    assert (
        torch.equal(sketch.state_dict()["stem_norm.running_mean"], photo.state_dict()["stem_norm.running_mean"])
        != norms_part
    )
    assert torch.equal(sketch.state_dict()["stem_norm.weight"], photo.state_dict()["stem_norm.weight"]) != norms_part
    assert torch.equal(sketch.state_dict()["stem.weight"], photo.state_dict()["stem.weight"]) != kernels_part


@pytest.mark.usefixtures("tiny")
def test_the_price_keeps_the_kernels_together() -> None:
    def gap(method: Tcn) -> float:
        both = (kernels(branch.encoder).values() for branch in (method.network.sketch, method.network.photo))
        return max(float((one - other).detach().norm()) for one, other in zip(*both, strict=True))

    weights = method_tree()["weights"]
    free, cheap, dear = (step(tiny_tcn(weights=weights | {"sharing": price}), 20) for price in (0.0, 0.01, 1000.0))
    assert gap(dear) < gap(cheap) < gap(free)


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("share", ["hard", "conv_hard"])
def test_what_is_shared_stays_shared(share: Share) -> None:
    method = tiny_tcn(share, head_norm="specific")
    loaded = tiny_tcn(share, head_norm="specific")
    loaded.load_state_dict(step(method, 2).state_dict(), strict=True)
    moved = copy.deepcopy(loaded.to(memory_format=torch.channels_last)).double().float()  # type: ignore[call-overload]
    for found in (method, loaded, moved):
        sketch, photo = found.network.sketch, found.network.photo
        assert photo.encoder.get_parameter("stem.weight") is sketch.encoder.get_parameter("stem.weight")
        assert photo.norm.weight is sketch.norm.weight
        np.testing.assert_array_equal(statistics(photo.norm), statistics(method.network.photo.norm))


def test_53_kernels_of_a_resnet_50() -> None:
    """Section 8 (b)."""
    found = kernels(build_backbone("resnet50"))
    assert len(found) == 53
    assert all(kernel.ndim == 4 for kernel in found.values())


# The head, section 2.2.


def projected(method: Tcn) -> tuple[Array, Array]:
    """What the head's norm sees of the batch's sketches and photos while training."""
    found = []
    for branch, samples in ((method.network.sketch, pairs().sketch), (method.network.photo, pairs().photo)):
        with torch.no_grad():
            visual = branch.encoder(samples.pixels, torch.zeros(len(samples.labels)))
            found.append(branch.projection(visual).double().numpy())
    return found[0], found[1]


def array(tensor: Tensor | None) -> Array:
    assert tensor is not None
    return tensor.detach().double().numpy().copy()


def statistics(norm: torch.nn.BatchNorm1d) -> tuple[Array, Array]:
    return array(norm.running_mean), array(norm.running_var)


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("head_norm", ["common", "specific"])
def test_the_heads_norm_equals_its_loop(head_norm: str) -> None:
    method = step(tiny_tcn(head_norm=head_norm), 2)
    sketch, photo = method.network.sketch, method.network.photo
    norms = [sketch.norm, photo.norm]
    seen = projected(method)
    weight, bias = array(sketch.norm.weight), array(sketch.norm.bias)
    before = [statistics(norm) for norm in norms]
    with torch.no_grad():
        codes = [sketch(pairs().sketch.pixels), photo(pairs().photo.pixels)]
    for code, rows in zip(codes, seen, strict=True):
        np.testing.assert_allclose(code.numpy(), tcn_reference.batch_norm(rows, weight, bias), atol=1e-4)
    of_sketches = tcn_reference.running(before[0], seen[0])
    of_photos = tcn_reference.running(of_sketches if head_norm == "common" else before[1], seen[1])
    for norm, expected in zip(norms, (of_photos if head_norm == "common" else of_sketches, of_photos), strict=True):
        for value, other in zip(statistics(norm), expected, strict=True):
            np.testing.assert_allclose(value, other, rtol=1e-4, atol=1e-5)
    assert photo.norm.weight is sketch.norm.weight
    assert photo.norm.bias is sketch.norm.bias


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("test_norm", ["released", "matched"])
def test_whose_statistics_photos_take_at_test_time(test_norm: str) -> None:
    method = step(tiny_tcn(head_norm="specific", test_norm=test_norm), 3).eval()
    for branch, rows, pixels in zip(
        (method.network.sketch, method.network.photo),
        projected(method),
        (pairs().sketch.pixels, pairs().photo.pixels),
        strict=True,
    ):
        own = method.network.sketch.norm if test_norm == "released" else branch.norm
        expected = tcn_reference.batch_norm_test(rows, *statistics(own), array(own.weight), array(own.bias))
        with torch.no_grad():
            found = branch(pixels)
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-4)


@pytest.mark.usefixtures("tiny")
def test_dropout_is_for_training_alone() -> None:
    branch, pixels = tiny_tcn(dropout=0.7).train().network.sketch, pairs(each=20).sketch.pixels
    with torch.no_grad():
        assert 0.6 < float((branch(pixels) == 0).float().mean()) < 0.8
        assert torch.equal(branch.eval()(pixels), branch(pixels))
        assert not bool((branch(pixels) == 0).any())


# Configurations.


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_configuration_is_read(path: Path) -> None:
    experiment = load_experiment(path, [])
    assert isinstance(experiment.method, TcnConfig)
    # The paper's own, but in the few steps of two cores, where it would hold the kernels still.
    assert experiment.method.weights.sharing == (0.1 if path.stem == "tcn-sketchy25" else 1000.0)
    assert experiment.training.batch.sampling == "pairs"
    assert experiment.training.batch.sketches == experiment.training.batch.photos
    assert experiment.semantics is not None
    assert experiment.semantics.vectors != "none"


def test_the_papers_rate_ends_where_its_schedule_does() -> None:
    schedule = load_experiment(CONFIGS[0].with_name("tcn-tuberlin.toml"), []).training.schedule
    for epoch in range(10):
        assert rate_factor(schedule, 7 * epoch + 3, 7, 10) == pytest.approx(0.001 ** (epoch / 20), rel=1e-5)
