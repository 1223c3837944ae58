"""Imitation of a frozen ImageNet teacher, softened towards what WordNet says of the class."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def teacher_targets(
    teacher_logits: Float[Tensor, "n k"],
    relation: Float[Tensor, "n k"],
    *,
    teacher_scale: float,
    relation_bonus: float,
) -> Float[Tensor, "n k"]:
    """Distribution that the student is asked for.

    q_i = softmax(teacher_scale * o_i + relation_bonus * a_(y_i))

    Args:
        teacher_logits: o, ImageNet logits of the frozen teacher.
        relation: a_(y_i), WordNet relation in [0, 1] of each sample's class to the 1,000 ImageNet classes.
        teacher_scale: lambda_kd; 1.0 in SAKE.
        relation_bonus: lambda_neg; 0.3 in SAKE, which multiplies the odds of a related class by e^0.3.

    Source: SAKE (Liu et al., ICCV 2019); dsn.md section 4.2.
    """
    return F.softmax(teacher_scale * teacher_logits + relation_bonus * relation, dim=1)


def distillation(student_logits: Float[Tensor, "n k"], targets: Float[Tensor, "n k"]) -> Float[Tensor, ""]:
    """Mean cross-entropy of the student against the teacher's distribution, temperature 1.

    L = -(1/n) sum_i sum_k q_ik log softmax(student_i)_k

    Source: SAKE; dsn.md section 4.2.
    """
    return -(targets * F.log_softmax(student_logits, dim=1)).sum(dim=1).mean()
