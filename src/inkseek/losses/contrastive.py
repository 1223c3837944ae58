"""Supervised contrastive loss over whatever is in the batch, both modalities alike."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def supervised_contrastive(
    feature: Float[Tensor, "n d"], labels: Int[Tensor, " n"], temperature: float
) -> Float[Tensor, ""]:
    """Pull samples of one class together and push all others away.

    With P(a) the other samples of a's class and anchors restricted to those with non-empty P(a):

    L = mean_a  -(1/|P(a)|) sum_(p in P(a)) log( exp(u_a.u_p / t) / sum_(b != a) exp(u_a.u_b / t) )

    Args:
        feature: u, unit rows.
        labels: class of each row.
        temperature: t; 0.07 in DSN.

    Returns:
        The mean; 0 (still differentiable) if no two samples share a class.

    Source: Khosla et al., arXiv 2004.11362, the "out" form; DSN's L_con (dsn.md section 4.3).
    """
    score = feature @ feature.T / temperature
    others = ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    positive = (labels[:, None] == labels[None, :]) & others
    log_denominator = score.masked_fill(~others, -torch.inf).logsumexp(dim=1, keepdim=True)
    log_probability = score - log_denominator
    count = positive.sum(dim=1)
    per_anchor = -(log_probability * positive).sum(dim=1) / count.clamp(min=1)
    anchors = count > 0
    return (per_anchor * anchors).sum() / anchors.sum().clamp(min=1)
