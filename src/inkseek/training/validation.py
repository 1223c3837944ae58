"""Measuring during training, on classes or pictures held out of the *seen* classes; never on unseen ones."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inkseek.data.cache import CachePair
from inkseek.evaluation.retrieval_metrics import retrieval_metrics
from inkseek.methods._networks import RetrievalNetwork
from inkseek.training.processes import largest, process_count, process_number, summed

BATCH = 64


@torch.no_grad()
def encode(
    network: nn.Module,
    pixels: NDArray[np.uint8],
    modality: float,
    device: torch.device,
    progress: Callable[[int], None] | None = None,
) -> NDArray[np.float32]:
    """What a network of (pixels, modality) gives for decoded pictures; sketches are [n, s, s], photos [n, s, s, 3].

    Many processes share the blocks of pictures, and all get the features of all; they have to come here together.
    `progress` is called with the number of pictures done.
    """
    network.eval()
    features: dict[int, NDArray[np.float32]] = {}
    for start in range(BATCH * process_number(), len(pixels), BATCH * process_count()):
        block = torch.from_numpy(np.array(pixels[start : start + BATCH])).to(device)
        block = block[..., None].expand(-1, -1, -1, 3) if block.ndim == 3 else block
        x = block.permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)
        features[start] = network(x, torch.full((len(x),), modality, device=device)).cpu().numpy()
        if progress is not None:
            progress(start + len(block))
    width = largest(max((of_block.shape[1] for of_block in features.values()), default=0))
    every = np.zeros((len(pixels), width), np.float32)
    for start, of_block in features.items():
        every[start : start + BATCH] = of_block
    return summed(every)


def validate(network: RetrievalNetwork, data: CachePair, device: torch.device) -> dict[str, float]:
    """Micro mAP@all, mAP@25 and P@25 of sketches against photos under `standard`."""
    sketch = encode(network, data.sketch.pixels, 0.0, device)
    photo = encode(network, data.photo.pixels, 1.0, device)
    labels = (data.sketch.labels(data.class_names), data.photo.labels(data.class_names))
    micro = retrieval_metrics(sketch, photo, *labels)["standard"].micro()
    return {name: micro[name] for name in ("mAP@all", "mAP@25", "P@25")}
