"""The thirteen promises that every method keeps (design section 5), run over the registry."""

import copy

import pytest
import torch
from torch import Tensor

from inkseek.errors import ConfigError
from inkseek.methods._base import Batch, Method, Samples
from inkseek.methods._features import FeatureMethod
from inkseek.registry import method_class, method_names, parse_method_config
from inkseek.training.average import WeightAverage
from inkseek.training.loop import build_optimiser, total_loss
from tests.contracts import problems
from tests.contracts.noise import PermutedNoise
from tests.contracts.steps import move, take_step, warm

pytestmark = pytest.mark.parametrize("name", method_names())


def parameters_of(method: Method) -> dict[str, Tensor]:
    return {key: value.detach().clone() for key, value in method.named_parameters()}


@pytest.fixture
def method(name: str) -> Method:
    return problems.build(name)


@pytest.mark.parametrize("classes", [2, 5])
def test_01_builds_from_config_and_problem_alone(name: str, classes: int) -> None:
    method = problems.build(name, classes)
    feature = method.eval().retrieval_network()(problems.batch(2, 1).pixels, problems.batch(2, 1).modality)
    assert feature.shape == (4, 16)
    torch.testing.assert_close(feature.norm(dim=1), torch.ones(4))


def test_02_loss_names_equal_weight_names(method: Method, name: str) -> None:
    terms = {term for phase in method.phases() for term in phase.losses(problems.batch())}
    assert terms == method.weights.keys(), name


def test_02_a_term_without_weight_is_an_error(method: Method, name: str) -> None:
    losses = method.phases()[0].losses(problems.batch())
    with pytest.raises(ConfigError, match=r"method\.weights"):
        total_loss(losses, {})
    tree = problems.method_tree(name)
    tree["weights"] = dict(tree["weights"]) | {"phantom": 1.0}
    with pytest.raises(ConfigError, match=r"method\.weights\.phantom"):
        parse_method_config(tree, "test")


def test_03_each_term_is_finite_and_alone_moves_a_parameter(method: Method, name: str) -> None:
    warm(method)
    for phase in method.phases():
        for term, value in phase.losses(problems.batch()).items():
            assert torch.isfinite(value), f"{name}: {term}"
            gradients = torch.autograd.grad(value, phase.parameters, allow_unused=True, retain_graph=True)
            moved = any(gradient is not None and bool(gradient.abs().max() > 0) for gradient in gradients)
            assert moved or term in method.dead_terms, f"{name}: {term} has no gradient"


def test_04_every_trainable_parameter_is_in_one_phase_and_gets_a_gradient(method: Method, name: str) -> None:
    warm(method)
    owned = [id(parameter) for phase in method.phases() for parameter in phase.parameters]
    trainable = {id(parameter): key for key, parameter in method.named_parameters() if parameter.requires_grad}
    assert len(owned) == len(set(owned))
    assert set(owned) == trainable.keys()
    for phase in method.phases():
        total = total_loss(phase.losses(problems.batch()), method.weights)
        for parameter, gradient in zip(
            phase.parameters, torch.autograd.grad(total, phase.parameters, allow_unused=True), strict=True
        ):
            assert gradient is not None, f"{name}: {trainable[id(parameter)]}"
            assert bool(gradient.abs().max() > 0), f"{name}: {trainable[id(parameter)]}"


def test_05_a_phase_leaves_everything_else_bit_identical(method: Method, name: str) -> None:
    warm(method)
    for phase in method.phases():
        before = parameters_of(method)
        mine = {id(parameter) for parameter in phase.parameters}
        move(phase, build_optimiser(phase), total_loss(phase.losses(problems.batch()), method.weights))
        for key, parameter in method.named_parameters():
            if id(parameter) not in mine:
                assert torch.equal(before[key], parameter), f"{name}: {phase.name} moved {key}"
    frozen = {key for key, parameter in method.named_parameters() if not parameter.requires_grad}
    fresh = problems.build(name)
    for key, parameter in fresh.named_parameters():
        if key in frozen:
            assert torch.equal(parameter, dict(method.named_parameters())[key]), f"{name}: {key} is not frozen"
    assert not any(
        module.training for key, module in method.named_modules() if key.startswith(("teacher", "extractor"))
    )


def test_06_losses_are_pure_given_the_random_state(method: Method, name: str) -> None:
    method.train()
    batch = problems.batch()
    for phase in method.phases():
        statistics = ("running_mean", "running_var", "num_batches_tracked", "centre.mean")
        state = copy.deepcopy({k: v for k, v in method.state_dict().items() if not k.endswith(statistics)})
        torch.manual_seed(7)
        first = phase.losses(batch)
        torch.manual_seed(7)
        second = phase.losses(batch)
        for term, value in first.items():
            torch.testing.assert_close(value, second[term], rtol=0, atol=0, msg=f"{name}: {term}")
        for key, value in state.items():
            assert torch.equal(value, method.state_dict()[key]), f"{name}: losses changed {key}"


def test_07_permuting_samples_and_their_noise_changes_nothing(method: Method, name: str) -> None:
    warm(method)
    batch = problems.batch()
    order = torch.randperm(len(batch.sketch.labels), generator=torch.Generator().manual_seed(3))

    def permuted(samples: Samples) -> Samples:
        return Samples(samples.pixels[order], samples.labels[order], tuple(view[order] for view in samples.views))

    other = Batch(permuted(batch.sketch), permuted(batch.photo))
    for phase in method.phases():
        torch.manual_seed(7)
        first = phase.losses(batch)
        torch.manual_seed(7)
        with PermutedNoise(order):
            second = phase.losses(other)
        for term, value in first.items():
            torch.testing.assert_close(value, second[term], rtol=1e-3, atol=1e-4, msg=f"{name}: {term}")


def mean_precision(method: Method, batch: Batch) -> float:
    """Mean average precision of sketches against photos; of each modality against itself if they do not compare."""
    network = copy.deepcopy(method.retrieval_network()).eval()
    with torch.no_grad():
        sketch, photo = network(batch.pixels, batch.modality).chunk(2)
    labels = batch.sketch.labels
    relevant = labels[:, None] == labels[None, :]
    if method.comparable:
        return average_precision(sketch @ photo.T, relevant)
    others = ~torch.eye(len(labels), dtype=torch.bool)
    scores = [(feature @ feature.T).masked_fill(~others, -2.0) for feature in (sketch, photo)]
    return sum(average_precision(score, relevant & others) for score in scores) / 2


def average_precision(score: Tensor, relevant: Tensor) -> float:
    ranked = relevant.gather(1, score.argsort(dim=1, descending=True))
    precision = ranked.cumsum(1) * ranked / torch.arange(1, score.shape[1] + 1)
    return float((precision.sum(1) / relevant.sum(1)).mean())


@pytest.mark.slow
def test_08_overfits_a_tiny_set_and_retrieves_better_than_untrained(method: Method, name: str) -> None:
    batch = problems.batch(3, 4)
    method.train()
    start = mean_precision(method, batch)
    optimisers = {phase.name: build_optimiser(phase) for phase in method.phases()}
    for _ in range(40):
        take_step(method, optimisers, batch)
    for _ in range(30):  # let the batch-norm statistics settle on what training shows, further views included
        for phase in method.phases():
            phase.losses(batch)
    assert mean_precision(method, batch) > max(start, 0.9), name


def test_09_encoder_is_deterministic_and_blind_to_its_batch(method: Method, name: str) -> None:
    warm(method)
    network = method.eval().retrieval_network()
    batch = problems.batch()
    with torch.no_grad():
        together = network(batch.pixels, batch.modality)
        again = network(batch.pixels, batch.modality)
        alone = torch.cat([network(batch.pixels[i : i + 1], batch.modality[i : i + 1]) for i in range(len(together))])
    assert torch.equal(together, again), name
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"phantom": 1}, "method.phantom"),
        ({"dimension": None}, "method.dimension"),
        ({"dimension": "many"}, "method.dimension"),
        ({"optimiser": {"rate": "fast"}}, "method.optimiser.rate"),
        ({"optimiser": {"rate": 1e-3, "momentun": 0.9}}, "method.optimiser.momentun"),
    ],
)
def test_13_a_wrong_key_is_an_error_with_its_dotted_path(name: str, change: dict[str, object], path: str) -> None:
    tree = problems.method_tree(name) | change
    if change.get("dimension", "") is None:
        del tree["dimension"]
    with pytest.raises(ConfigError, match=path.replace(".", r"\.")):
        parse_method_config(tree, "test.toml")


def test_the_average_of_a_method_is_its_weights_without_decay(method: Method, name: str) -> None:
    average = WeightAverage(method, 0.0)
    warm(method, 1)
    average.update(method)
    for key, value in average.state.items():
        assert torch.equal(value, method.state_dict()[key]), f"{name}: {key}"


def test_a_feature_level_method_sees_the_same_in_pixels_and_in_cached_features(method: Method, name: str) -> None:
    if not isinstance(method, FeatureMethod):
        assert not hasattr(method, "extractor"), f"{name} holds an extractor and is no FeatureMethod"
        return
    method.train()
    batch = problems.batch()
    sketch, photo = method.visual(batch)

    def cached(samples: Samples, features: Tensor) -> Samples:
        return Samples(samples.pixels[..., :0, :0], samples.labels, features=features)

    for phase in method.phases():
        torch.manual_seed(7)
        seen = phase.losses(batch)
        torch.manual_seed(7)
        read = phase.losses(Batch(cached(batch.sketch, sketch), cached(batch.photo, photo)))
        for term, value in seen.items():
            torch.testing.assert_close(value, read[term], rtol=1e-5, atol=1e-6, msg=f"{name}: {term}")


def test_the_registry_and_the_paper_agree_on_the_name(name: str) -> None:
    assert method_class(name).paper.method == name
