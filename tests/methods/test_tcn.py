"""TCN's file against tcn.md: its start, its terms, its head."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from inkseek.methods import tcn
from inkseek.methods._base import Batch
from inkseek.methods.tcn import MetricKind, Tcn, batch_hard, entropy_weight, kernels, semantic_metric, soft_sharing
from inkseek.training.loop import build_optimiser, total_loss
from tests.contracts.steps import take_step
from tests.methods.tiny_tcn import pairs, tiny_tcn, use_tiny_backbone
from tests.reference import losses_reference, tcn_reference

Array = NDArray[np.float64]


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny_backbone(monkeypatch)


def trained(method: Tcn, steps: int = 3) -> Tcn:
    method.train()
    optimisers = {phase.name: build_optimiser(phase) for phase in method.phases()}
    for step in range(steps):
        take_step(method, optimisers, pairs(seed=step))
    return method


def encoder_kernels(method: Tcn) -> tuple[dict[str, torch.nn.Parameter], dict[str, torch.nn.Parameter]]:
    return kernels(method.network.sketch.encoder), kernels(method.network.photo.encoder)


def array(tensor: Tensor) -> Array:
    return tensor.detach().double().numpy()


def linear(layer: torch.nn.Linear | None, rows: Array) -> Array:
    assert layer is not None
    return tcn_reference.affine(rows, array(layer.weight), array(layer.bias))


# Soft weight sharing, section 3.1.


def test_sharing_is_zero_without_gradient_at_the_start() -> None:
    """Section 8 (a)."""
    method = tiny_tcn().train()
    found = method.losses(pairs())["sharing"]
    gradients = torch.autograd.grad(found, [kernel for side in encoder_kernels(method) for kernel in side.values()])
    assert found.item() == 0.0
    assert all(torch.equal(gradient, torch.zeros_like(gradient)) for gradient in gradients)


@given(seed=st.integers(0, 2**31))
def test_sharing_equals_its_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = {"stem.weight": (4, 3, 2, 2), "last.weight": (5, 4, 1, 1), "last.bias": (5,)}
    sketch, photo = ({name: rng.normal(size=shape) for name, shape in shapes.items()} for _ in range(2))
    photo["last.weight"] = sketch["last.weight"].copy()  # one kernel that has not parted
    leaves = [
        {name: torch.tensor(value, requires_grad=True) for name, value in side.items()} for side in (sketch, photo)
    ]
    found = soft_sharing(*leaves)
    np.testing.assert_allclose(found.item(), tcn_reference.soft_sharing(sketch, photo), atol=1e-6)
    for sign, side in zip((1, -1), leaves, strict=True):
        for name, gradient in zip(
            shapes, torch.autograd.grad(found, list(side.values()), retain_graph=True), strict=True
        ):
            expected = sign * tcn_reference.soft_sharing_gradient(sketch[name], photo[name])
            np.testing.assert_allclose(gradient.numpy(), expected, atol=1e-6)


def test_sharing_compares_kernels_of_one_name() -> None:
    one, other = {"stem.weight": torch.zeros(2)}, {"head.weight": torch.zeros(2)}
    with pytest.raises(ValueError, match=r"head\.weight"):
        soft_sharing(one, other)


def test_batch_norms_part_and_the_price_does_not_touch_them() -> None:
    """Section 8 (c)."""
    method = trained(tiny_tcn(), 1)
    sketch, photo = method.network.sketch.encoder, method.network.photo.encoder
    for (name, one), other in zip(sketch.named_buffers(), photo.buffers(), strict=True):
        assert name.endswith("num_batches_tracked") or not torch.equal(one, other)
    affine = [
        parameter
        for encoder in (sketch, photo)
        for name, parameter in encoder.named_parameters()
        if name not in kernels(encoder)
    ]
    assert len(affine) == 8
    price = method.losses(pairs())["sharing"]
    assert price.item() > 0
    assert all(gradient is None for gradient in torch.autograd.grad(price, affine, allow_unused=True))


@pytest.mark.parametrize("autocast", [False, True])
def test_the_price_has_all_its_digits(autocast: bool) -> None:
    method = trained(tiny_tcn())
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        found = method.losses(pairs())["sharing"]
    sketch, photo = ({name: array(kernel) for name, kernel in side.items()} for side in encoder_kernels(method))
    np.testing.assert_allclose(found.item(), tcn_reference.soft_sharing(sketch, photo), rtol=1e-6)


# Discrimination, section 3.2.


def test_the_heads_start_from_the_imagenet_classifier_with_its_bias() -> None:
    method = tiny_tcn(dimension=10)
    teacher = method.teacher.classifier
    feature = torch.randn(4, 10)
    with torch.no_grad():
        found = method.imitation(method.network.sketch.projection(feature))
        torch.testing.assert_close(found, teacher(feature), atol=1e-5, rtol=1e-5)


def test_discrimination_equals_the_loops_over_the_methods_own_logits() -> None:
    method, batch = trained(tiny_tcn()).eval(), pairs()
    with torch.no_grad():
        found = method.losses(batch)
        sketch, photo = method.network.sketch(batch.sketch.pixels), method.network.photo(batch.photo.pixels)
        teacher = array(method.teacher(batch.photo.pixels))
    labels = batch.sketch.labels.tolist()
    for term, code in (("sketch_classification", sketch), ("photo_classification", photo)):
        expected = tcn_reference.cross_entropy(linear(method.classifier, array(code)), labels)
        np.testing.assert_allclose(found[term].item(), expected, rtol=1e-5)
    targets = losses_reference.kd_targets(teacher, np.zeros_like(teacher), 1.0, 0.0)
    expected = losses_reference.kd(linear(method.imitation, array(photo)), targets)
    np.testing.assert_allclose(found["distillation"].item(), expected, rtol=1e-5)


def test_only_photos_are_distilled() -> None:
    method, batch = trained(tiny_tcn()).eval(), pairs()
    with torch.no_grad():
        first, second = method.losses(batch), method.losses(Batch(pairs(seed=9).sketch, batch.photo))
    assert first["distillation"].item() == second["distillation"].item()
    assert first["sketch_classification"].item() != second["sketch_classification"].item()


# Semantic metric, section 3.3.


def metric_problem(seed: int, n: int, classes: int) -> tuple[Array, Array, list[int], Array]:
    """Anchors, codes, labels with each class at least twice, and the anchors' logits."""
    rng = np.random.default_rng(seed)
    labels = [*rng.integers(0, classes, n).tolist(), *range(classes), *range(classes)]
    size = len(labels)
    return rng.normal(size=(size, 4)), rng.normal(size=(size, 4)), labels, 3 * rng.normal(size=(size, classes))


@given(seed=st.integers(0, 2**31), n=st.integers(0, 6), classes=st.integers(2, 4))
def test_the_semantic_metric_equals_its_loop(seed: int, n: int, classes: int) -> None:
    """Section 8 (d)."""
    m, x, labels, logits = metric_problem(seed, n, classes)
    anchor, code, anchor_logits = (torch.from_numpy(value) for value in (m, x, logits))
    found = semantic_metric(anchor, code, torch.tensor(labels), anchor_logits)
    np.testing.assert_allclose(found.item(), tcn_reference.batch_hard(m, x, labels, logits), atol=1e-6)


def test_its_gradient_goes_through_anchors_codes_and_weights() -> None:
    m, x, labels, logits = metric_problem(4, 3, 3)
    leaves = [torch.tensor(value, requires_grad=True) for value in (m, x, logits)]
    assert torch.autograd.gradcheck(lambda m, x, o: semantic_metric(m, x, torch.tensor(labels), o), leaves)


@pytest.mark.parametrize("metric", ["sbht", "bht", "bht_sr"])
def test_the_terms_of_every_metric_equal_their_loops(metric: MetricKind) -> None:
    method, batch = trained(tiny_tcn(metric=metric)).eval(), pairs()
    labels = batch.labels.tolist()
    with torch.no_grad():
        torch.manual_seed(5)
        found = method.losses(batch)
        x = array(method.retrieval_network().code(batch.pixels, batch.modality))
    m = x
    if metric == "sbht":
        torch.manual_seed(5)
        alpha = array(torch.rand(len(x)))  # one a sample, sketches first
        m = tcn_reference.anchors(x, linear(method.blend, array(method.words[labels])), alpha)
    expected = tcn_reference.batch_hard(m, x, labels, linear(method.classifier, m))
    np.testing.assert_allclose(found["metric"].item(), expected, rtol=1e-5)
    if metric == "bht_sr":
        expected = tcn_reference.regression(linear(method.regression, x), array(method.words[labels]))
        np.testing.assert_allclose(found["regression"].item(), expected, rtol=1e-5)


def test_without_blending_it_is_batch_hard_triplets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Section 8 (e)."""
    blended, plain, batch = trained(tiny_tcn()).eval(), tiny_tcn(metric="bht").eval(), pairs()
    plain.load_state_dict({key: value for key, value in blended.state_dict().items() if key in plain.state_dict()})
    expected = plain.losses(batch)["metric"].item()
    assert blended.losses(batch)["metric"].item() != pytest.approx(expected, rel=1e-3)
    monkeypatch.setattr(torch, "rand_like", torch.zeros_like)
    assert blended.losses(batch)["metric"].item() == pytest.approx(expected, rel=1e-6)


@given(seed=st.integers(0, 2**31), scale=st.sampled_from([0.0, 1.0, 30.0, 1e4]), classes=st.integers(2, 9))
def test_an_anchor_weighs_more_than_one_and_at_most_two(seed: int, scale: float, classes: int) -> None:
    """Section 8 (f)."""
    logits = scale * torch.randn(5, classes, generator=torch.Generator().manual_seed(seed))
    found = entropy_weight(logits)
    assert bool((found > 1).all())
    assert bool((found <= 2).all())
    expected = [tcn_reference.entropy_weight(row) for row in array(logits)]
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)


def test_the_weight_of_a_sure_and_of_an_unsure_anchor() -> None:
    found = entropy_weight(torch.tensor([[1e4, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]))
    assert found.tolist() == pytest.approx([2.0, 1.25])


def test_a_triplet_worked_by_hand() -> None:
    code = torch.tensor([[0.0], [1.0], [3.0], [7.0]])
    found = batch_hard(code, code, torch.tensor([0, 0, 1, 1]))
    apart = [1 - 3, 1 - 2, 4 - 2, 4 - 6]  # hardest positive less hardest negative
    assert found.tolist() == pytest.approx([math.log1p(math.exp(value)) for value in apart])


def test_a_batch_of_one_class_and_equal_codes_are_finite() -> None:
    code = torch.ones(4, 3).requires_grad_()
    for labels in (torch.zeros(4, dtype=torch.int64), torch.tensor([0, 0, 1, 1])):
        found = batch_hard(code, code, labels).sum()
        (gradient,) = torch.autograd.grad(found, code)
        assert found.item() == pytest.approx(0.0 if labels.max() == 0 else 4 * math.log(2), abs=1e-4)
        assert bool(torch.isfinite(gradient).all())


def test_the_metric_has_all_its_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[torch.dtype] = []

    def watched(*tensors: Tensor) -> Tensor:
        seen.extend(tensor.dtype for tensor in tensors if tensor.is_floating_point())
        return semantic_metric(*tensors)

    monkeypatch.setattr(tcn, "semantic_metric", watched)
    method = tiny_tcn().train()
    with torch.autocast("cpu", torch.bfloat16):
        losses = method.losses(pairs())
    assert seen == [torch.float32] * 3
    assert bool(torch.isfinite(total_loss(losses, method.weights)))
