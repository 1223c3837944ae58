"""The conditional squeeze-and-excitation gate that tells one network which modality it looks at."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class ConditionalGate(nn.Module):
    """Scales channels by a function of their global means and of the modality bit.

    s = mean over positions of x, h = ReLU(W1 s + b1), g = 2 sigmoid(W2 [h; t] + b2), output x * g per channel.

    SAKE and DSN (dsn.md section 2.2) use sigmoid without the factor and copy W1, W2 from an SE network. Networks
    without such weights start here as the identity: W2 = 0 and b2 = 0 give g = 1 exactly.

    Args:
        channels: channels of the feature map.
        reduction: channels / reduction hidden units; 16 in SAKE.
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        hidden = max(channels // reduction, 4)
        self.squeeze = nn.Linear(channels, hidden)
        self.excite = nn.Linear(hidden + 1, channels)
        nn.init.zeros_(self.excite.weight)
        nn.init.zeros_(self.excite.bias)

    def forward(self, x: Float[Tensor, "n k h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n k h w"]:
        """Gated map, same shape as `x`; `modality` is 0 for a sketch and 1 for a photo."""
        hidden = torch.relu(self.squeeze(x.mean((2, 3))))
        gate = 2 * torch.sigmoid(self.excite(torch.cat((hidden, modality[:, None].to(hidden.dtype)), dim=1)))
        return x * gate[:, :, None, None]
