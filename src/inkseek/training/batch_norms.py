"""Statistics of batch norms, measured for the weights that are served.

Running statistics lag behind the weights; those of averaged weights were never anybody's. An encoder that sees sketches
alone pays most: channels that look for colour hardly vary on grey pictures, and their norm makes a small drift large
(docs/adr/0022). Izmailov, Podoprikhin, Garipov, Vetrov, Wilson, UAI 2018 (arXiv 1803.05407, section 3.2) measure them
anew for averaged weights.
"""

from collections.abc import Iterable

import torch
from torch.nn.modules.batchnorm import _BatchNorm

from inkseek.methods._base import Batch
from inkseek.methods._networks import RetrievalNetwork


@torch.no_grad()
def measure_batch_norms(network: RetrievalNetwork, batches: Iterable[Batch]) -> None:
    """Replace the running statistics by the mean of those of `batches`, each counting alike.

    Args:
        network: with the weights to measure for. It is left in the mode it was in; norms of frozen parts, which stay in
            eval mode, are left alone.
        batches: as training draws them; a `ModalityCentre` follows them as in training.
    """
    training = network.training
    network.train()
    learning = (module for module in network.modules() if isinstance(module, _BatchNorm) and module.training)
    norms = {norm: norm.momentum for norm in learning}
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all calls
    for batch in batches:
        network.code(batch.pixels, batch.modality)
    for norm, momentum in norms.items():
        norm.momentum = momentum
    network.train(training)
