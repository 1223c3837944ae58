"""Statistics of batch norms, measured for the weights that are served.

Running statistics lag behind the weights; those of averaged weights were never anybody's. An encoder that sees sketches
alone pays most: channels that look for colour hardly vary on grey pictures, and their norm makes a small drift large
(docs/adr/0022). Izmailov, Podoprikhin, Garipov, Vetrov, Wilson, UAI 2018 (arXiv 1803.05407, section 3.2) measure them
anew for averaged weights.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch.nn.modules.batchnorm import _BatchNorm

from inkseek.methods._base import Batch
from inkseek.methods._networks import ModalityCentre, RetrievalNetwork


@torch.no_grad()
def measure_batch_norms(network: RetrievalNetwork, batches: Iterable[Batch]) -> None:
    """Replace the running statistics by the mean of those of `batches`, each counting alike.

    A `ModalityCentre` is measured with them: its means follow from what the norms give.

    Args:
        network: with the weights to measure for. It is left in the mode it was in; norms of frozen parts, which stay in
            eval mode, are left alone.
        batches: as training draws them, both modalities in each.

    Raises:
        ValueError: there is no batch.
    """
    with _measuring(network) as centres:
        count = 0
        for count, batch in enumerate(batches, start=1):
            for centre in centres:
                centre.momentum = 1 / count  # the mean over all batches so far
            network.code(batch.pixels, batch.modality)
    if count == 0:
        raise ValueError("no batch to measure batch norms on")


@contextmanager
def _measuring(network: RetrievalNetwork) -> Iterator[list[ModalityCentre]]:
    """Training mode with statistics from nothing; gives the modality centres. Modes and momenta come back after it."""
    modes = {module: module.training for module in network.modules()}
    network.train()
    learning = [module for module in network.modules() if module.training]
    norms = {norm: norm.momentum for norm in learning if isinstance(norm, _BatchNorm)}
    centres = {centre: centre.momentum for centre in learning if isinstance(centre, ModalityCentre)}
    try:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the mean over all calls
        yield list(centres)
    finally:
        for norm, momentum in norms.items():
            norm.momentum = momentum
        for centre, share in centres.items():
            centre.momentum = share
        for module, mode in modes.items():
            module.training = mode
