"""DSN's file against dsn.md: its start, its two views, its terms and their gradients, its switches."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkseek.encoders.gate import ConditionalGate
from inkseek.errors import ConfigError
from inkseek.losses.contrastive import supervised_contrastive
from inkseek.methods._base import Batch, Samples, Semantics, TrainingProblem
from inkseek.methods.dsn import Dsn, DsnConfig, memory_loss
from inkseek.training.experiment import load_experiment
from inkseek.training.loop import total_loss
from tests.contracts import problems
from tests.reference import dsn_reference as reference
from tests.reference import losses_reference

WEIGHTS = {"classification": 1.0, "distillation": 1.0, "contrastive": 0.1, "memory": 1.0}
BATCH = problems.batch()
N = len(BATCH.sketch.labels)


def dsn(**changes: Any) -> Dsn:  # noqa: ANN401
    relation = torch.rand(3, 1000, generator=torch.Generator().manual_seed(0))
    problem = TrainingProblem(problems.NAMES[:3], Semantics(relation))
    torch.manual_seed(0)
    return Dsn(DsnConfig.parse(problems.method_tree("dsn") | changes, "test.toml", prefix="method"), problem)


@pytest.fixture(scope="module")
def method() -> Dsn:
    """Gates that have left the identity, nine sketches of each class in the memory; tests leave it as it is."""
    method = dsn().eval()
    for gate in gates_of(method):
        nn.init.normal_(gate.excite.weight, std=0.1)
    for seed in (1, 2, 3):
        batch = problems.batch(seed=seed)
        with torch.no_grad():
            method.losses(batch)
        method.after_step(batch)
    return method


def gates_of(method: Dsn) -> list[ConditionalGate]:
    return [module for module in method.network.modules() if isinstance(module, ConditionalGate)]


def encoded(method: Dsn, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Visual features and codes, without gradient."""
    with torch.no_grad():
        visual = method.network.backbone(pixels, BATCH.modality)
        return visual, method.network.project(visual, BATCH.modality)


def view(number: int) -> Tensor:
    return torch.cat((BATCH.sketch.views[number], BATCH.photo.views[number]))


def contrast_loop(feature: Tensor) -> float:
    labels = BATCH.labels.tolist() * (len(feature) // len(BATCH.labels))
    return losses_reference.supcon(F.normalize(feature, dim=1).detach().double().numpy(), labels, 0.07)


def calls_of(method: Dsn) -> list[tuple[Tensor, Tensor]]:
    """Will hold the pixels and modalities of every call of the student's backbone."""
    calls: list[tuple[Tensor, Tensor]] = []
    method.network.backbone.register_forward_pre_hook(lambda _, arguments: calls.append(arguments))
    return calls


def test_at_full_rank_the_students_logits_are_the_teachers_less_the_bias() -> None:
    """dsn.md section 9 (a), and (b): flipping the modality changes nothing at the start."""
    method = dsn(dimension=1000).eval()
    with torch.no_grad():
        student = method.imitation(method.network.code(BATCH.pixels, BATCH.modality))
        flipped = method.imitation(method.network.code(BATCH.pixels, 1 - BATCH.modality))
        expected = method.teacher(BATCH.pixels) - method.teacher.classifier.bias
    torch.testing.assert_close(student, expected, atol=1e-3, rtol=1e-4)
    assert torch.equal(student, flipped)


def test_the_modality_matters_once_the_gates_have_learned(method: Dsn) -> None:
    with torch.no_grad():
        flipped = method.network.code(BATCH.pixels, 1 - BATCH.modality)
    assert not torch.allclose(encoded(method, BATCH.pixels)[1], flipped, atol=1e-2)


def test_contrast_of_two_views_of_both_modalities_equals_its_loop() -> None:
    """dsn.md section 9 (c): eight rows, two classes in both modalities and both views."""
    u = F.normalize(torch.randn(8, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0)), dim=1)
    labels = torch.tensor([0, 1, 0, 1]).repeat(2)
    found = supervised_contrastive(u, labels, 0.07).item()
    np.testing.assert_allclose(found, losses_reference.supcon(u.numpy(), labels.tolist(), 0.07), atol=1e-6)


def test_terms_and_their_total_equal_the_loops_over_the_methods_own_features(method: Dsn) -> None:
    visual, code = encoded(method, BATCH.pixels)
    with torch.no_grad():
        found = method.losses(BATCH)
        seen = method.classifier(code).double().numpy()
        imitated = method.imitation(code[N:]).double().numpy()
        teacher = method.teacher(BATCH.photo.pixels).double().numpy()
    relation = method.relation[BATCH.photo.labels].double().numpy()
    bank = [list(rows[:9]) for rows in method.memory_rows.double().numpy()]
    sketch, photo = visual.double().numpy()[:N], visual.double().numpy()[N:]
    labels = BATCH.labels.numpy()
    reference.update(bank, 10, sketch, labels[:N], photo, labels[N:])
    expected = {
        "classification": reference.classification(seen, labels.tolist()),
        "distillation": losses_reference.kd(imitated, losses_reference.kd_targets(teacher, relation, 1.0, 0.3)),
        "contrastive": contrast_loop(torch.cat([encoded(method, view(number))[1] for number in (0, 1)])),
        "memory": reference.memory_loss(bank, photo, labels[N:]),
    }
    for term, value in expected.items():
        np.testing.assert_allclose(found[term].item(), value, rtol=1e-5, atol=1e-6, err_msg=term)
    np.testing.assert_allclose(total_loss(found, method.weights).item(), reference.total(*expected.values()), rtol=1e-5)


def test_one_forward_sees_the_base_pictures_and_both_views(method: Dsn) -> None:
    method = copy.deepcopy(method)
    calls = calls_of(method)
    method.losses(BATCH)
    ((pixels, modality),) = calls
    assert method.views == 2
    assert torch.equal(pixels, torch.cat((BATCH.pixels, view(0), view(1))))
    assert torch.equal(modality, BATCH.modality.repeat(3))


def test_without_contrast_there_are_no_views_to_pay_for() -> None:
    """Its term is then of the base pictures alone. The gates are off as well, so the modality never matters."""
    method = dsn(weights=WEIGHTS | {"contrastive": 0.0}, gated=False).eval()
    calls = calls_of(method)
    with torch.no_grad():
        found = method.losses(BATCH)["contrastive"].item()
    assert [len(pixels) for pixels, _ in calls] == [len(BATCH.labels)]
    assert method.views == 0
    assert not gates_of(method)
    np.testing.assert_allclose(found, contrast_loop(encoded(method, BATCH.pixels)[1]), rtol=1e-5)


def test_the_projection_head_is_contrasted_trained_and_left_behind() -> None:
    method = dsn(projection_head="mlp").eval()
    assert method.projection_head is not None
    contrastive = method.losses(BATCH)["contrastive"]
    feature = method.projection_head(torch.cat([encoded(method, view(number))[0] for number in (0, 1)]))
    assert feature.shape == (4 * N, 128)
    np.testing.assert_allclose(contrastive.item(), contrast_loop(feature), rtol=1e-5)
    gradients = torch.autograd.grad(contrastive, tuple(method.projection_head.parameters()))
    assert all(bool(gradient.abs().max() > 0) for gradient in gradients)
    (phase,) = method.phases()
    moved = {id(parameter) for parameter in phase.parameters}
    assert moved == {id(parameter) for parameter in method.parameters() if parameter.requires_grad}
    assert not any("projection_head" in key for key in method.retrieval_network().state_dict())


def test_the_memory_term_moves_the_backbone_through_photos_alone(method: Dsn) -> None:
    """dsn.md section 9 (e), mode "paper"."""
    sketch, photo = (samples.pixels.clone().requires_grad_() for samples in (BATCH.sketch, BATCH.photo))
    batch = Batch(replace(BATCH.sketch, pixels=sketch), replace(BATCH.photo, pixels=photo))
    loss = method.losses(batch)["memory"]
    gradients = torch.autograd.grad(loss, (sketch, photo, *method.network.backbone.parameters()), allow_unused=True)
    assert torch.equal(gradients[0], torch.zeros_like(sketch))
    assert all(gradient is not None and bool(gradient.abs().max() > 0) for gradient in gradients[1:])
    assert method.dead_terms == frozenset()


def test_in_the_released_mode_the_memory_term_has_no_gradient(method: Dsn) -> None:
    """dsn.md section 9 (e), mode "released": the same value, and nothing moves by it."""
    released = dsn(memory_mode="released").eval()
    released.load_state_dict(method.state_dict())
    loss = released.losses(BATCH)["memory"]
    torch.testing.assert_close(loss, method.losses(BATCH)["memory"])
    assert not loss.requires_grad
    assert released.dead_terms == {"memory"}


def test_the_memory_is_flushed_by_epoch_updated_before_the_loss_and_committed_after_the_step(method: Dsn) -> None:
    method = copy.deepcopy(method)
    method.start_epoch(1)
    assert method.memory_counts.tolist() == [0, 0, 0]
    assert not method.memory_rows.any()
    visual, _ = encoded(method, BATCH.pixels)
    with torch.no_grad():
        loss = method.losses(BATCH)["memory"]
    assert loss > 0
    assert method.memory_counts.tolist() == [0, 0, 0]
    method.after_step(BATCH)
    assert method.memory_counts.tolist() == [3, 3, 3]
    torch.testing.assert_close(loss, memory_loss(visual[N:], BATCH.photo.labels, method.memory))
    assert {"memory_rows", "memory_counts"} <= method.state_dict().keys()


def test_the_released_index_is_a_switch() -> None:
    """Two slots are full after one batch; of the next batch a sketch goes over all slots of a class."""
    method = dsn(slots=2, released_index_bug=True).eval()
    for seed in (0, 1):
        with torch.no_grad():
            method.losses(problems.batch(seed=seed))
        method.after_step(BATCH)
    assert torch.equal(method.memory_rows[0, 0], method.memory_rows[0, 1])


def test_photos_of_classes_that_no_sketch_has_shown_have_no_memory_loss(method: Dsn) -> None:
    method = copy.deepcopy(method)
    method.start_epoch(1)

    def part(samples: Samples, rows: slice) -> Samples:
        return Samples(samples.pixels[rows], samples.labels[rows], tuple(one[rows] for one in samples.views))

    with torch.no_grad():
        found = method.losses(Batch(part(BATCH.sketch, slice(0, 3)), part(BATCH.photo, slice(3, None))))
    assert found["memory"].item() == 0.0


def test_the_centre_is_off_unless_asked_for(method: Dsn) -> None:
    assert method.network.centre is None
    assert dsn(centred=True).network.centre is not None


def test_the_released_index_wants_as_many_classes_as_slots() -> None:
    with pytest.raises(ConfigError, match=r"method\.released_index_bug: .* 0 to 9, but only 3"):
        dsn(released_index_bug=True)


@pytest.mark.parametrize("switch", [{"memory_mode": "dead"}, {"projection_head": "linear"}, {"slots": 0}])
def test_an_unknown_switch_is_an_error(switch: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=rf"method\.{next(iter(switch))}"):
        dsn(**switch)


@pytest.mark.parametrize("file", sorted(problems.CONFIGS.glob("dsn-*.toml")), ids=lambda file: file.stem)
def test_every_configuration_is_an_experiment_with_the_papers_weights(file: Path) -> None:
    experiment = load_experiment(file, [])
    method, training = experiment.method, experiment.training
    assert isinstance(method, DsnConfig)
    assert method.weights.model_dump() == WEIGHTS
    assert (method.temperature, method.slots, method.memory_mode) == (0.07, 10, "paper")
    if file.stem.endswith("sketchy25"):
        return
    tuberlin = "tuberlin" in file.stem
    assert method.backbone == "cse-resnet50"
    assert (method.optimiser.name, method.optimiser.rate, method.optimiser.weight_decay) == ("adam", 1e-4, 5e-4)
    assert (training.schedule.kind, training.schedule.floor) == ("exponential", 0.001)
    assert (training.epochs, training.seed) == ((16, 2021) if tuberlin else (20, 1))
    assert (training.batch.sketches, training.batch.photos) == ((9, 81) if tuberlin else (32, 64))
    assert (training.precision, training.average_decay) == ("fp32", 0.0)
    assert experiment.data.training_size == experiment.data.preprocessing.size == 224
    # The pixels of a view are the base picture's own, before its flip and colours.
    change = training.augmentation
    assert change.brightness == change.contrast == change.saturation == change.greyscale == change.thickness == 0
