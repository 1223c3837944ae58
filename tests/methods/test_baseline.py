"""The baseline's own pieces: imitation by sketches, and the centre of a modality."""

import numpy as np
import torch
import torch.nn.functional as F

from inkseek.methods._networks import ModalityCentre
from inkseek.methods.baseline import Baseline
from tests.contracts import problems
from tests.reference import losses_reference as reference


def test_terms_equal_the_loops_over_the_methods_own_logits() -> None:
    method, batch = problems.build("baseline").eval(), problems.batch()
    assert isinstance(method, Baseline)
    n = len(batch.sketch.labels)
    with torch.no_grad():
        found = method.losses(batch)
        code = method.network.code(batch.pixels, batch.modality)
        imitated = method.imitation(code).double().numpy()
        teacher = method.teacher(batch.photo.pixels).double().numpy()
    relation = method.relation[batch.photo.labels].double().numpy()
    targets = reference.kd_targets(teacher, relation, 1.0, 0.3)
    labels = batch.labels.tolist()
    expected = {
        "distillation": reference.kd(imitated[n:], targets),
        "contrastive": reference.supcon(F.normalize(code, dim=1).double().numpy(), labels, 0.07),
        "sketch_distillation": reference.sketch_kd(imitated[:n], targets, labels[:n], labels[n:]),
    }
    for term, value in expected.items():
        np.testing.assert_allclose(found[term].item(), value, rtol=1e-4, err_msg=term)


def test_a_sketch_without_photos_of_its_class_is_left_out() -> None:
    method = problems.build("baseline").eval()
    assert isinstance(method, Baseline)
    batch = problems.batch(3, 2)
    photo = type(batch.photo)(batch.photo.pixels[:2], batch.photo.labels[:2])  # class 0 alone
    lone = type(batch)(batch.sketch, photo)
    only = type(batch)(type(photo)(batch.sketch.pixels[:2], batch.sketch.labels[:2]), photo)
    with torch.no_grad():
        torch.testing.assert_close(
            method.losses(lone)["sketch_distillation"], method.losses(only)["sketch_distillation"]
        )


def test_the_centre_takes_each_modalitys_mean_away() -> None:
    centre = ModalityCentre(4, momentum=1.0).train()
    code = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    modality = torch.tensor([0.0, 1, 1, 0, 1, 1])
    out = centre(code, modality)
    for bit in (0, 1):
        member = [i for i in range(6) if int(modality[i]) == bit]
        mean = sum(code[i] for i in member) / len(member)
        for i in member:
            torch.testing.assert_close(out[i], code[i] - mean)
        torch.testing.assert_close(centre.mean[bit], mean)
    torch.testing.assert_close(centre.eval()(code, modality), out)


def test_a_batch_of_one_modality_leaves_the_others_mean() -> None:
    centre = ModalityCentre(4, momentum=0.5).train()
    before = centre.mean.clone()
    centre(torch.ones(3, 4), torch.ones(3))
    assert torch.equal(centre.mean[0], before[0])
    torch.testing.assert_close(centre.mean[1], torch.full((4,), 0.5))
