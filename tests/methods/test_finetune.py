"""Fine-tuning: two networks from ImageNet that learn their own modality and share nothing."""

import torch
import torch.nn.functional as F

from inkseek.encoders.build import build_backbone, load_imagenet
from inkseek.methods.finetune import Finetune
from tests.contracts import problems


def method() -> Finetune:
    built = problems.build("finetune")
    assert isinstance(built, Finetune)
    return built


def test_the_two_networks_start_from_imagenet_and_share_no_parameter() -> None:
    network = method().network
    sketch, photo = network.sketch.network, network.photo.network
    assert not {id(p) for p in sketch.parameters()} & {id(p) for p in photo.parameters()}
    backbone = build_backbone("efficientnet-lite0")
    load_imagenet(backbone)
    for key, value in backbone.state_dict().items():
        assert torch.equal(sketch.backbone.state_dict()[key], value)
        assert torch.equal(photo.backbone.state_dict()[key], value)
    assert not torch.equal(sketch.projection.weight, photo.projection.weight)


def test_each_term_is_the_cross_entropy_of_its_modality_and_moves_only_its_network() -> None:
    built = method().eval()
    batch = problems.batch()
    losses = built.losses(batch)
    for place, (name, network, samples) in enumerate(
        (("sketch", built.network.sketch, batch.sketch), ("photo", built.network.photo, batch.photo))
    ):
        term = losses[f"{name}_classification"]
        expected = F.cross_entropy(built.classifiers[place](network(samples.pixels)), samples.labels)
        torch.testing.assert_close(term, expected)
        gradients = torch.autograd.grad(term, list(built.parameters()), allow_unused=True)
        moved = {key for (key, _), found in zip(built.named_parameters(), gradients, strict=True) if found is not None}
        assert moved
        assert all(key.startswith((f"network.{name}.", f"classifiers.{place}.")) for key in moved)
