"""Three networks in float64 with NumPy, written from their papers and dsn.md section 2, ssgn.md section 2.1.

They read a state dict under its public names. Pictures are [3, h, w], from 0 to 255.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Tensors = Mapping[str, NDArray[np.float32]]

EPSILON = 1e-5


def normalised(picture: Array) -> Array:
    out = np.empty_like(picture)
    for channel, (mean, std) in enumerate(zip((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), strict=True)):
        out[channel] = (picture[channel] / 255 - mean) / std
    return out


def convolution(x: Array, weight: NDArray[np.float32], stride: int = 1, border: int = 0) -> Array:
    outputs, _, height, width = weight.shape
    padded = np.pad(x, ((0, 0), (border, border), (border, border)))
    rows = (padded.shape[1] - height) // stride + 1
    columns = (padded.shape[2] - width) // stride + 1
    out = np.zeros((outputs, rows, columns))
    for u in range(height):
        for v in range(width):
            seen = padded[:, u : u + stride * rows : stride, v : v + stride * columns : stride]
            out += np.tensordot(weight[:, :, u, v].astype(np.float64), seen, axes=1)
    return out


def batch_norm(x: Array, tensors: Tensors, name: str) -> Array:
    out = np.empty_like(x)
    for k in range(len(x)):
        scale = tensors[f"{name}.weight"][k] / math.sqrt(tensors[f"{name}.running_var"][k] + EPSILON)
        out[k] = (x[k] - tensors[f"{name}.running_mean"][k]) * scale + tensors[f"{name}.bias"][k]
    return out


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def pooled(x: Array, window: int, stride: int, border: int, *, ceiling: bool = False) -> Array:
    """Largest value of each window; with `ceiling` a last window may reach over the edge."""
    padded = np.pad(x, ((0, 0), (border, border), (border, border)), constant_values=-np.inf)
    rounded = math.ceil if ceiling else math.floor
    rows, columns = (int(rounded((side - window) / stride)) + 1 for side in padded.shape[1:])
    out = np.empty((len(x), rows, columns))
    for i in range(rows):
        for j in range(columns):
            seen = padded[:, i * stride : i * stride + window, j * stride : j * stride + window]
            out[:, i, j] = seen.max(axis=(1, 2))
    return out


def gate(x: Array, tensors: Tensors, name: str) -> Array:
    s = x.mean(axis=(1, 2))
    hidden = relu(tensors[f"{name}.fc1.weight"][:, :, 0, 0] @ s + tensors[f"{name}.fc1.bias"])
    logits = tensors[f"{name}.fc2.weight"][:, :, 0, 0] @ hidden + tensors[f"{name}.fc2.bias"]
    return x * (1 / (1 + np.exp(-logits)))[:, None, None]


def bottleneck(x: Array, tensors: Tensors, name: str, strides: tuple[int, int]) -> Array:
    y = relu(batch_norm(convolution(x, tensors[f"{name}.conv1.weight"], strides[0]), tensors, f"{name}.bn1"))
    y = relu(batch_norm(convolution(y, tensors[f"{name}.conv2.weight"], strides[1], 1), tensors, f"{name}.bn2"))
    y = batch_norm(convolution(y, tensors[f"{name}.conv3.weight"]), tensors, f"{name}.bn3")
    if f"{name}.se_module.fc1.weight" in tensors:
        y = gate(y, tensors, f"{name}.se_module")
    if f"{name}.downsample.0.weight" in tensors:
        stride = strides[0] * strides[1]
        shortcut = convolution(x, tensors[f"{name}.downsample.0.weight"], stride)
        x = batch_norm(shortcut, tensors, f"{name}.downsample.1")
    return relu(y + x)


def residual(x: Array, tensors: Tensors, *, first: bool) -> list[Array]:
    """Means of the four stages; `first`: the first convolution of a block has the stride, not the second."""
    means = []
    for layer, blocks in enumerate((3, 4, 6, 3), start=1):
        for block in range(blocks):
            stride = 2 if layer > 1 and block == 0 else 1
            strides = (stride, 1) if first else (1, stride)
            x = bottleneck(x, tensors, f"layer{layer}.{block}", strides)
        means.append(x.mean(axis=(1, 2)))
    return means


def resnet50(picture: Array, tensors: Tensors) -> list[Array]:
    """Means of the four stages' last maps."""
    x = convolution(normalised(picture), tensors["conv1.weight"], 2, 3)
    x = pooled(relu(batch_norm(x, tensors, "bn1")), 3, 2, 1)
    return residual(x, tensors, first=False)


def se_resnet50(picture: Array, tensors: Tensors) -> list[Array]:
    """Means of the four stages' last maps."""
    x = convolution(normalised(picture), tensors["layer0.conv1.weight"], 2, 3)
    x = pooled(relu(batch_norm(x, tensors, "layer0.bn1")), 3, 2, 0, ceiling=True)
    return residual(x, tensors, first=True)


def adaptive_mean(x: Array, size: int) -> Array:
    out = np.empty((len(x), size, size))
    for i in range(size):
        for j in range(size):
            (top, bottom), (left, right) = (
                (math.floor(k * side / size), math.ceil((k + 1) * side / size))
                for k, side in zip((i, j), x.shape[1:], strict=True)
            )
            out[:, i, j] = x[:, top:bottom, left:right].mean(axis=(1, 2))
    return out


def linear(x: Array, tensors: Tensors, name: str) -> Array:
    weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
    # A few rows at a time: the first matrix alone would take 800 MB in float64.
    rows = [weight[start : start + 256].astype(np.float64) @ x for start in range(0, len(weight), 256)]
    return np.concatenate(rows) + bias


def vgg16(picture: Array, tensors: Tensors) -> list[Array]:
    """Means of the five groups' last maps, and the second fully connected layer behind its ReLU."""
    x, place, out = normalised(picture), 0, []
    for convolutions in (2, 2, 3, 3, 3):
        for _ in range(convolutions):
            x = convolution(x, tensors[f"features.{place}.weight"], 1, 1)
            x = relu(x + tensors[f"features.{place}.bias"][:, None, None])
            place += 2  # the convolution and its ReLU
        out.append(x.mean(axis=(1, 2)))
        x = pooled(x, 2, 2, 0)
        place += 1
    x = adaptive_mean(x, 7).reshape(-1)
    x = relu(linear(x, tensors, "classifier.0"))
    return [*out, relu(linear(x, tensors, "classifier.3"))]
