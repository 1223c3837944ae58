"""From pixels to retrieval feature: the only part of a method that leaves training."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from inkseek.encoders.backbone import Backbone

Tap = Literal["code", "visual", "stages"]

SKETCH = 0.0
PHOTO = 1.0


class ModalityCentre(nn.Module):
    """Takes each modality's mean away from its codes, so that no direction is left that only says "this is a sketch".

    In training the mean is the batch's, and a running mean follows it; in use the running mean of training is taken.
    Nothing of a query or a gallery enters.

    Args:
        dimension: d.
        momentum: share of the batch's mean in the running mean.
    """

    mean: Tensor

    def __init__(self, dimension: int, momentum: float = 0.05) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("mean", torch.zeros(2, dimension))

    def forward(self, code: Float[Tensor, "n d"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n d"]:
        """Centred codes; `modality` is 0 for a sketch and 1 for a photo."""
        if self.training:
            member = torch.stack((1 - modality, modality)).to(code.dtype)[:, :, None]
            count = member.sum(dim=1)
            # A sum and no matrix product, which autocast would round to bf16.
            batch_mean = (member * code).sum(dim=1) / count.clamp(min=1)
            with torch.no_grad():
                present = (count > 0).to(code.dtype) * self.momentum
                self.mean += present * (batch_mean - self.mean)
            mean = batch_mean
        else:
            mean = self.mean
        return code - torch.lerp(mean[:1], mean[1:], modality[:, None].to(code.dtype))


class RetrievalNetwork(nn.Module, ABC):
    """Pixels to retrieval feature z / ||z||."""

    @abstractmethod
    def code(self, pixels: Float[Tensor, "m 3 h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n d"]:
        """Code z before normalisation, in float32; `modality` is 0 for a sketch and 1 for a photo.

        m = n but in a step that many processes share: see `Samples`.
        """

    def forward(self, pixels: Float[Tensor, "n 3 h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n d"]:
        """Unit rows."""
        return F.normalize(self.code(pixels, modality), dim=1)


class SharedNetwork(RetrievalNetwork):
    """One network for both modalities; it is served as one file.

    z = H f(x, t) - mean_t

    Args:
        backbone: f.
        projection: H, visual feature [v] to retrieval feature [d].
        centre: takes mean_t away; None leaves z = H f.
    """

    def __init__(self, backbone: Backbone, projection: nn.Linear, centre: ModalityCentre | None = None) -> None:
        super().__init__()
        self.backbone = backbone
        self.projection = projection
        self.centre = centre

    def code(self, pixels: Float[Tensor, "m 3 h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n d"]:
        """Code z before normalisation, in float32."""
        return self.project(self.backbone(pixels, modality), modality)

    def project(self, visual: Float[Tensor, "n v"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n d"]:
        """Code of a visual feature."""
        code: Tensor = self.projection(visual).float()
        return code if self.centre is None else self.centre(code, modality)


class ModalityNetwork(nn.Module):
    """A network that only ever sees one modality.

    Args:
        network: pixels and modality to code.
        modality: `SKETCH` or `PHOTO`.
    """

    def __init__(self, network: SharedNetwork, modality: float) -> None:
        super().__init__()
        self.network = network
        self.modality = modality

    def forward(self, pixels: Float[Tensor, "m 3 h w"]) -> Float[Tensor, "n d"]:
        """Codes in float32."""
        visual = self.network.backbone(pixels, torch.full_like(pixels[:, 0, 0, 0], self.modality))
        return self.network.project(visual, torch.full_like(visual[:, 0], self.modality))


def by_modality(
    sketch: nn.Module, photo: nn.Module, pixels: Float[Tensor, "n 3 h w"], modality: Float[Tensor, " n"]
) -> Float[Tensor, "n k"]:
    """Each row by the network of its modality, in the order of `pixels`."""
    is_photo = modality > 0
    rows = torch.arange(len(pixels), device=pixels.device)
    chosen = [
        (rows[mask], network(pixels[mask]))
        for network, mask in ((sketch, ~is_photo), (photo, is_photo))
        if bool(mask.any())
    ]
    order = torch.cat([places for places, _ in chosen]).argsort()
    return torch.cat([found for _, found in chosen])[order]


class CoupledNetwork(RetrievalNetwork):
    """One network a modality; each is served as a file of its own.

    Args:
        sketch: pixels [n, 3, h, w] of sketches to codes [n, d], in float32.
        photo: the same for photos.
    """

    def __init__(self, sketch: nn.Module, photo: nn.Module) -> None:
        super().__init__()
        self.sketch = sketch
        self.photo = photo

    def code(self, pixels: Float[Tensor, "n 3 h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n d"]:
        """Each row by the network of its modality."""
        return by_modality(self.sketch, self.photo, pixels, modality)


class TappedNetwork(nn.Module):
    """Features of one modality from inside a trained network.

    Args:
        network: trained on seen classes.
        modality: `SKETCH` or `PHOTO`.
        taps: what to concatenate, in this order: `code` is z [d], `visual` is f [v], `stages` the means of the stages'
            last maps.
    """

    def __init__(self, network: SharedNetwork, modality: float, taps: Sequence[Tap]) -> None:
        super().__init__()
        self.network = network
        self.modality = modality
        self.taps = tuple(taps)
        backbone = network.backbone
        widths = {
            "code": network.projection.out_features,
            "visual": backbone.dimension,
            "stages": sum(backbone.stage_dimensions[:-1]),
        }
        self.dimension = sum(widths[tap] for tap in self.taps)

    @torch.no_grad()
    def forward(self, pixels: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n v"]:
        """Features in float32."""
        modality = torch.full_like(pixels[:, 0, 0, 0], self.modality)
        *stages, visual = self.network.backbone.stages(pixels, modality)
        found = {
            "code": self.network.project(visual, modality),
            "visual": visual,
            "stages": torch.cat(stages, dim=1),
        }
        return torch.cat([found[tap].float() for tap in self.taps], dim=1)


class Extractor(nn.Module):
    """What gives a feature-level method its visual features: frozen, in eval mode, never a gradient.

    Args:
        network: of sketches and, without a second one, of photos too.
        taps: see `TappedNetwork`.
        photo_network: of photos.
    """

    def __init__(
        self, network: SharedNetwork, taps: Sequence[Tap] = ("code",), photo_network: SharedNetwork | None = None
    ) -> None:
        super().__init__()
        self.sketch = TappedNetwork(network, SKETCH, taps)
        self.photo = TappedNetwork(photo_network or network, PHOTO, taps)
        self.taps = tuple(taps)
        self.dimension = self.sketch.dimension
        self.backbone_name = network.backbone.name
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> "Extractor":
        """Stay in eval mode whatever the method does."""
        return super().train(False)

    def forward(self, pixels: Float[Tensor, "n 3 h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n v"]:
        """Features in float32; `modality` is 0 for a sketch and 1 for a photo."""
        return by_modality(self.sketch, self.photo, pixels, modality)


class FeatureBranch(nn.Module):
    """One modality of a feature-level method, from pixels to code: a head on frozen features.

    Args:
        extractor: of this modality.
        head: visual feature [n, v] to code [n, d].
    """

    def __init__(self, extractor: TappedNetwork, head: nn.Module) -> None:
        super().__init__()
        self.extractor = extractor
        self.head = head

    def forward(self, pixels: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n d"]:
        """Codes in float32."""
        code: Tensor = self.head(self.extractor(pixels))
        return code.float()
