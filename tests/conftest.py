"""For all tests: shapes in signatures are checked, small tensors take one thread, examples repeat."""

import os

from hypothesis import settings
from jaxtyping import install_import_hook

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# No deadline: a busy machine is not a failure.
settings.register_profile("inkseek", deadline=None, derandomize=True)
settings.load_profile("inkseek")

# Before anything of the train half is imported.
install_import_hook(["inkseek.encoders", "inkseek.losses", "inkseek.methods", "inkseek.training"], "beartype.beartype")

import torch  # noqa: E402

torch.set_num_threads(1)
