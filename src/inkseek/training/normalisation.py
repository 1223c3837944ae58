"""Within-class normalisation: after training, a linear map that shrinks what differs between pictures of one class.

A trained network still spends part of its code on what tells pictures of one class apart, and on what tells a sketch
from a photo. Both are measured on the training pictures and shrunk; the map is folded into the projection, so that the
encoder that is served has not one number more. Ours after within-class covariance normalisation (Hatch, Kajarekar,
Stolcke, Interspeech 2006), with the gap between the modalities added to the covariance.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from inkseek.config import Config
from inkseek.data.cache import CachePair
from inkseek.errors import ConfigError, ManifestError
from inkseek.methods._base import Method
from inkseek.methods._networks import PHOTO, SKETCH, ModalityCentre, SharedNetwork
from inkseek.training.validation import encode

Matrix = NDArray[np.float64]


class NormalisationConfig(Config):
    """How strongly codes are normalised."""

    ridge: float = Field(gt=0)  # in mean eigenvalues of W; the larger, the less is changed
    gap: float = Field(default=1.0, ge=0)  # weight of the modality gap in W


@dataclass(frozen=True)
class LabelledCodes:
    """Codes [n, d] of one modality before they become unit rows, and their labels [n]."""

    codes: NDArray[np.floating]
    labels: NDArray[np.int64]


def within_class_map(sketch: LabelledCodes, photo: LabelledCodes, config: NormalisationConfig) -> Matrix:
    """The linear map A.

    A   = (W + r tr(W)/d I)^(-1/2)
    W   = W_sketch + W_photo + g G
    W_t = 1/n sum_i (z_i - m_(t,y_i)) (z_i - m_(t,y_i))^T      over the modality's codes; m_tc their mean in class c
    G   = 1/C sum_c (g_c - g) (g_c - g)^T,  g_c = m_sketch,c - m_photo,c,  g their mean    over classes that have both

    Returns:
        A [d, d], symmetric; r is `ridge` and g `gap`.

    Raises:
        ManifestError: no class has both sketches and photos.
    """
    both = np.intersect1d(sketch.labels, photo.labels)
    if len(both) == 0:
        raise ManifestError("normalisation: no class has both sketches and photos; add sources or remove the table")
    means = [_class_means(part) for part in (sketch, photo)]
    apart = np.stack([means[0][c] - means[1][c] for c in both.tolist()])
    gap = np.cov(apart, rowvar=False, bias=True)
    within = sum(_within(part, of) for part, of in zip((sketch, photo), means, strict=True)) + config.gap * gap
    eigenvalues, eigenvectors = np.linalg.eigh(within)
    shrunk = np.clip(eigenvalues, 0, None) + config.ridge * eigenvalues.mean()
    result: Matrix = (eigenvectors * shrunk**-0.5) @ eigenvectors.T
    return result


def _class_means(part: LabelledCodes) -> dict[int, Matrix]:
    return {c: part.codes[part.labels == c].mean(axis=0, dtype=np.float64) for c in np.unique(part.labels).tolist()}


def _within(part: LabelledCodes, means: dict[int, Matrix]) -> Matrix:
    apart = part.codes - np.stack([means[c] for c in part.labels.tolist()])
    scatter: Matrix = apart.T @ apart / len(apart)
    return scatter


def centred_network(method: Method) -> tuple[SharedNetwork, ModalityCentre]:
    """The network that a normalisation is folded into.

    Raises:
        ConfigError: the method ends in two networks, or in one that takes no mean away.
    """
    network = method.retrieval_network()
    if isinstance(network, SharedNetwork) and network.centre is not None:
        return network, network.centre
    raise ConfigError(
        f"normalisation: {method.paper.method} as configured has no network for both modalities that takes their means "
        f"away; train with method.centred = true if it has that switch, or remove the table"
    )


def normalise(method: Method, pictures: CachePair, config: NormalisationConfig, device: torch.device) -> None:
    """Measure the training pictures' codes and fold what follows into the network.

    Args:
        method: trained.
        pictures: all training pictures, of the size that is served.
        config: strength.
        device: where the method is.
    """
    codes = _Codes(centred_network(method)[0])
    sketch, photo = (
        LabelledCodes(encode(codes, cache.pixels, modality, device), cache.labels(pictures.class_names))
        for cache, modality in ((pictures.sketch, SKETCH), (pictures.photo, PHOTO))
    )
    fold(method, sketch, photo, config)


class _Codes(nn.Module):
    """A network's codes before they become unit rows."""

    def __init__(self, network: SharedNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor, modality: Tensor) -> Tensor:
        return self.network.code(pixels, modality)


@torch.no_grad()
def fold(method: Method, sketch: LabelledCodes, photo: LabelledCodes, config: NormalisationConfig) -> None:
    """Fold mean and map into the network: z' = A (z - m_t), with m_t the modality's mean of the codes z given."""
    network, centre = centred_network(method)
    transform = torch.from_numpy(within_class_map(sketch, photo, config))
    means = torch.stack([torch.from_numpy(part.codes.mean(axis=0, dtype=np.float64)) for part in (sketch, photo)])
    projection = network.projection
    projection.weight.copy_(transform @ projection.weight.double().cpu())
    projection.bias.copy_(transform @ projection.bias.double().cpu())
    centre.mean.copy_((centre.mean.double().cpu() + means) @ transform)
