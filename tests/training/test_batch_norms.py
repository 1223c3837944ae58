"""Batch norms measured for the weights that are served."""

import copy
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from inkseek.methods._base import Batch, Samples
from inkseek.methods._networks import ModalityCentre, SharedNetwork
from inkseek.training.batch_norms import measure_batch_norms
from tests.methods.tiny_tcn import TinyBackbone, pairs, tiny_tcn, use_tiny_backbone


def means_of(network: nn.Module) -> dict[str, Tensor]:
    """Running means by name, without those that two names share."""
    return {name: value.clone() for name, value in network.named_buffers() if name.endswith("running_mean")}


def batches() -> Iterator[Batch]:
    return (pairs(seed) for seed in range(3))


def test_statistics_are_the_mean_over_batches_whatever_they_were() -> None:
    torch.manual_seed(0)
    backbone = TinyBackbone()
    network = SharedNetwork(backbone, nn.Linear(10, 4)).eval()
    seen = [backbone.stem(batch.pixels / 255) for batch in batches()]
    expected = {
        "stem_norm.running_mean": torch.stack([maps.mean((0, 2, 3)) for maps in seen]).mean(0),
        "stem_norm.running_var": torch.stack([maps.var((0, 2, 3)) for maps in seen]).mean(0),
    }
    for start in (9.0, -9.0):
        for name in expected:
            backbone.state_dict()[name].fill_(start)
        measure_batch_norms(network, batches())
        for name, value in expected.items():
            torch.testing.assert_close(backbone.state_dict()[name], value)
    assert not network.training


def test_no_batch_is_an_error_and_leaves_modes_and_momenta_as_they_were() -> None:
    network = SharedNetwork(TinyBackbone(), nn.Linear(10, 4), ModalityCentre(4))
    with pytest.raises(ValueError, match="no batch"):
        measure_batch_norms(network, [])
    assert network.training
    assert network.centre is not None
    assert network.centre.momentum == 0.05
    assert all(getattr(module, "momentum", 0.1) == 0.1 for module in network.backbone.modules())


def test_a_centre_is_the_mean_over_batches_too() -> None:
    torch.manual_seed(0)
    network = SharedNetwork(TinyBackbone(), nn.Linear(10, 4), ModalityCentre(4)).eval()
    assert network.centre is not None
    network.centre.mean.fill_(5.0)
    plain = SharedNetwork(network.backbone, network.projection).train()
    with torch.no_grad():
        codes = [plain.code(batch.pixels, batch.modality) for batch in batches()]
    of_photos = torch.stack([code[batch.modality > 0].mean(0) for code, batch in zip(codes, batches(), strict=True)])
    measure_batch_norms(network, batches())
    torch.testing.assert_close(network.centre.mean[1], of_photos.mean(0))


def test_frozen_norms_keep_their_statistics() -> None:
    class Frozen(TinyBackbone):
        def train(self, mode: bool = True) -> "Frozen":
            return super().train(False)

    network = SharedNetwork(Frozen(), nn.Linear(10, 4)).train()
    before = means_of(network)
    measure_batch_norms(network, batches())
    assert network.training
    assert not network.backbone.training
    for name, mean in means_of(network).items():
        assert torch.equal(mean, before[name]), name


def test_a_norm_that_both_branches_call_gets_the_mean_over_all_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny_backbone(monkeypatch)
    common, apart = (tiny_tcn(head_norm=head_norm).network for head_norm in ("common", "specific"))
    for network in (common, apart):
        measure_batch_norms(network, batches())
    of_both = (apart.sketch.norm.running_mean, apart.photo.norm.running_mean)
    assert isinstance(of_both[0], Tensor)
    assert isinstance(of_both[1], Tensor)
    torch.testing.assert_close(common.sketch.norm.running_mean, (of_both[0] + of_both[1]) / 2)


def test_only_statistics_change_and_training_goes_on_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny_backbone(monkeypatch)
    network = tiny_tcn(head_norm="specific").network
    before = copy.deepcopy(network)
    measure_batch_norms(network, batches())
    for (name, old), new in zip(before.named_parameters(), network.parameters(), strict=True):
        assert torch.equal(old, new), name
    for module in network.modules():
        assert getattr(module, "momentum", 0.1) == 0.1
    old_means = means_of(before)
    for name, mean in means_of(network).items():
        assert not torch.equal(mean, old_means[name]), name


def test_each_branch_is_measured_on_its_modality(monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny_backbone(monkeypatch)
    one, other = (tiny_tcn(head_norm="specific").network for _ in range(2))

    def brighter(batch: Batch) -> Batch:
        return Batch(batch.sketch, Samples(batch.photo.pixels + 20, batch.photo.labels))

    measure_batch_norms(one, batches())
    measure_batch_norms(other, map(brighter, batches()))
    of_other = means_of(other)
    for name, mean in means_of(one).items():
        assert torch.equal(mean, of_other[name]) == name.startswith("sketch"), name
