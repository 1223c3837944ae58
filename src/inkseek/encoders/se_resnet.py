"""CSE-ResNet-50: a Caffe-flavoured SE-ResNet-50 whose gates also hear the modality.

Hu et al., Squeeze-and-Excitation Networks (CVPR 2018), as converted by Cadene's pretrained-models.pytorch and under its
names; the conditional gates are those of SAKE and DSN (dsn.md sections 2.1 and 2.2). What differs from torchvision's
ResNet-50: the first 1x1 convolution of a block takes the stride, and the stem's pooling has no border, but a last
window that may reach over the edge. The checkpoint wants red, green, blue, as its own settings say; the network that
its authors published for Caffe wants blue, green, red.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from inkseek.encoders.resnet import EXPANSION, STEM_CHANNELS, Bottleneck, ResidualBackbone, relu, residual_stages

REDUCTION = 16

_SQUEEZE = ".se_module.fc1.weight"
_EXCITE = ".se_module.fc2.weight"


class ConditionalSE(nn.Module):
    """The papers' gate: g = sigmoid(W2 [h; t] + b2) with h = ReLU(W1 s + b1), output x * g per channel.

    s is the mean over positions of x and t the modality. The column of W2 for t starts at zero, so that at first the
    gate is that of the SE network, whatever the modality.

    Args:
        channels: channels of the feature map.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, channels // REDUCTION)
        self.fc2 = nn.Linear(channels // REDUCTION + 1, channels)
        with torch.no_grad():
            self.fc2.weight[:, -1] = 0

    def forward(self, x: Float[Tensor, "n k h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n k h w"]:
        """Gated map, same shape as `x`; `modality` is 0 for a sketch and 1 for a photo."""
        hidden = relu(self.fc1(x.mean((2, 3))))
        gate = torch.sigmoid(self.fc2(torch.cat((hidden, modality[:, None].to(hidden.dtype)), dim=1)))
        return x * gate[:, :, None, None]


class SEBottleneck(Bottleneck):
    """A bottleneck whose first convolution takes the stride, with the papers' gate."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__(inputs, width, (stride, 1))
        self.se_module = ConditionalSE(EXPANSION * width)

    def gated(self, y: Float[Tensor, "n k h w"], modality: Float[Tensor, " n"]) -> Float[Tensor, "n k h w"]:
        """Through the gate."""
        gated: Tensor = self.se_module(y, modality)
        return gated


class CSEResNet50(ResidualBackbone):
    """Cadene's `se_resnet50` without its `last_linear`, every one of its 16 gates with a column for the modality."""

    classifier_name = "last_linear"

    def __init__(self) -> None:
        super().__init__("cse-resnet50")
        self.layer0 = nn.ModuleDict(
            {
                "conv1": nn.Conv2d(3, STEM_CHANNELS, 7, 2, padding=3, bias=False),
                "bn1": nn.BatchNorm2d(STEM_CHANNELS),
            }
        )
        self.layer1, self.layer2, self.layer3, self.layer4 = residual_stages(SEBottleneck)

    def stem(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 64 y x"]:
        """Convolution 7x7, batch norm, ReLU, and the largest of 3x3 without a border, sizes rounded up."""
        return F.max_pool2d(relu(self.layer0["bn1"](self.layer0["conv1"](x))), 3, 2, ceil_mode=True)

    def public_shape(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The checkpoint's gates are 1x1 convolutions, and the second has no column for the modality."""
        if name.endswith(_SQUEEZE):
            return (*shape, 1, 1)
        return (shape[0], shape[1] - 1, 1, 1) if name.endswith(_EXCITE) else shape

    def own_tensor(self, name: str, tensor: Tensor) -> Tensor:
        """The 1x1 convolutions of the gates as matrices, the second with one more column of zeros."""
        if name.endswith(_SQUEEZE):
            return tensor[:, :, 0, 0]
        return F.pad(tensor[:, :, 0, 0], (0, 1)) if name.endswith(_EXCITE) else tensor
