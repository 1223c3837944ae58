"""Shapes stated in signatures are checked in tests only; small tensors want one thread."""

import os

from jaxtyping import install_import_hook

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# Before anything of the train half is imported.
install_import_hook(
    ["inkseek.encoders", "inkseek.losses", "inkseek.methods", "inkseek.training"], "beartype.beartype"
)

import torch  # noqa: E402

torch.set_num_threads(1)
