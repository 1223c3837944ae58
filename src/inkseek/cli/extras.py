"""Friendly refusal where an optional half is not installed."""

from importlib.util import find_spec

from inkseek.errors import MissingExtraError


def needs_train() -> None:
    """Refuse in one sentence without the train half.

    Raises:
        MissingExtraError: torch or one of its companions is missing.
    """
    for package in ("torch", "safetensors", "onnx", "jaxtyping", "tensorboard"):
        if find_spec(package) is None:
            raise MissingExtraError(package, "train")
