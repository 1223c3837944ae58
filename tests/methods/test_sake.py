"""SAKE's file against dsn.md: its start, its teacher, its terms."""

import numpy as np
import torch

from inkseek.encoders.efficientnet_lite import EfficientNetLite, load_imagenet
from inkseek.methods._imagenet import split_classifier
from inkseek.methods.sake import Sake
from tests.contracts import problems
from tests.reference import losses_reference as reference


def sake() -> Sake:
    built = problems.build("sake")
    assert isinstance(built, Sake)
    return built


def test_at_full_rank_the_two_heads_are_the_imagenet_classifier() -> None:
    """dsn.md section 9 (a): K H with d = 1000 gives ImageNet's logits less the bias."""
    backbone = EfficientNetLite("efficientnet-lite0").eval()
    classifier = load_imagenet(backbone)
    projection, imitation = split_classifier(classifier.weight, 1000)
    feature = torch.rand(3, 1280)
    with torch.no_grad():
        torch.testing.assert_close(imitation(projection(feature)), feature @ classifier.weight.T, atol=1e-4, rtol=1e-4)


def test_lower_rank_is_the_best_approximation() -> None:
    torch.manual_seed(0)
    weight = torch.randn(30, 20)
    projection, imitation = split_classifier(weight, 5)
    error = torch.linalg.matrix_norm(imitation.weight @ projection.weight - weight)
    rest = torch.linalg.svdvals(weight)[5:]
    torch.testing.assert_close(error, rest.square().sum().sqrt())  # Eckart and Young


def test_flipping_the_modality_at_the_start_changes_nothing() -> None:
    """dsn.md section 9 (b)."""
    network = sake().eval().retrieval_network()
    pixels = problems.batch().pixels
    with torch.no_grad():
        assert torch.equal(network(pixels, torch.zeros(len(pixels))), network(pixels, torch.ones(len(pixels))))


def test_terms_equal_the_loops_over_the_methods_own_logits() -> None:
    method, batch = sake().eval(), problems.batch()
    n = len(batch.sketch.labels)
    with torch.no_grad():
        found = method.losses(batch)
        code = method.network.code(batch.pixels, batch.modality)
        seen_logits = method.classifier(code).double().numpy()
        imitated = method.imitation(code[n:]).double().numpy()
        teacher = method.teacher(batch.photo.pixels).double().numpy()
    relation = method.relation[batch.photo.labels].double().numpy()
    targets = reference.kd_targets(teacher, relation, 1.0, 0.3)
    np.testing.assert_allclose(found["distillation"].item(), reference.kd(imitated, targets), rtol=1e-5)
    rows = [-reference.log_softmax(row)[label] for row, label in zip(seen_logits, batch.labels.tolist(), strict=True)]
    np.testing.assert_allclose(found["classification"].item(), np.mean(rows), rtol=1e-5)


def test_only_photos_are_distilled() -> None:
    method, batch = sake().eval(), problems.batch()
    other = problems.batch(seed=9)
    changed = type(batch)(other.sketch, batch.photo)
    with torch.no_grad():
        first, second = method.losses(batch), method.losses(changed)
    torch.testing.assert_close(first["distillation"], second["distillation"])
    assert not torch.allclose(first["classification"], second["classification"])


def test_the_teacher_is_the_untouched_imagenet_network() -> None:
    method = sake().train()
    backbone = EfficientNetLite("efficientnet-lite0").eval()
    classifier = load_imagenet(backbone)
    pixels = problems.batch().photo.pixels
    with torch.no_grad():
        expected = backbone(pixels, torch.ones(len(pixels))) @ classifier.weight.T + classifier.bias
        torch.testing.assert_close(method.teacher(pixels), expected, atol=1e-4, rtol=1e-4)
    assert not any(parameter.requires_grad for parameter in method.teacher.parameters())
