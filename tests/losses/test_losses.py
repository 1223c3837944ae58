"""Every shared loss equals its loop."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from inkseek.losses.contrastive import supervised_contrastive
from inkseek.losses.distillation import distillation, teacher_targets
from tests.reference import losses_reference as reference


@given(seed=st.integers(0, 2**31), n=st.integers(1, 6), bonus=st.floats(0, 2), scale=st.floats(0, 2))
def test_distillation_equals_its_loop(seed: int, n: int, bonus: float, scale: float) -> None:
    rng = np.random.default_rng(seed)
    teacher, student, relation = rng.normal(size=(n, 7)) * 4, rng.normal(size=(n, 7)) * 4, rng.random((n, 7))
    targets = teacher_targets(
        torch.from_numpy(teacher), torch.from_numpy(relation), teacher_scale=scale, relation_bonus=bonus
    )
    expected = reference.kd_targets(teacher, relation, scale, bonus)
    np.testing.assert_allclose(targets.numpy(), expected, atol=1e-12)
    found = distillation(torch.from_numpy(student), targets)
    np.testing.assert_allclose(found.item(), reference.kd(student, expected), atol=1e-10)


@given(seed=st.integers(0, 2**31), n=st.integers(2, 8), classes=st.integers(1, 8), tau=st.floats(0.05, 2))
def test_supervised_contrastive_equals_its_loop(seed: int, n: int, classes: int, tau: float) -> None:
    rng = np.random.default_rng(seed)
    u = rng.normal(size=(n, 5))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    labels = rng.integers(0, classes, n)
    found = supervised_contrastive(torch.from_numpy(u), torch.from_numpy(labels), tau)
    np.testing.assert_allclose(found.item(), reference.supcon(u, labels.tolist(), tau), atol=1e-8)


def test_bonus_multiplies_the_odds_of_a_related_class() -> None:
    logits, relation = torch.zeros(1, 4, dtype=torch.float64), torch.tensor([[1.0, 0, 0, 0]], dtype=torch.float64)
    q = teacher_targets(logits, relation, teacher_scale=1.0, relation_bonus=0.3)
    np.testing.assert_allclose((q[0, 0] / q[0, 1]).item(), np.exp(0.3))


def test_contrastive_without_any_pair_is_zero_and_differentiable() -> None:
    feature = torch.nn.functional.normalize(torch.randn(3, 4), dim=1).requires_grad_()
    loss = supervised_contrastive(feature, torch.tensor([0, 1, 2]), 0.07)
    (gradient,) = torch.autograd.grad(loss, feature)
    assert loss.item() == 0.0
    assert torch.equal(gradient, torch.zeros_like(gradient))


def test_extreme_scores_stay_finite() -> None:
    feature = torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]])
    assert torch.isfinite(supervised_contrastive(feature, torch.tensor([0, 0, 1]), 1e-3))
