"""Shapes stated in signatures are checked in tests only; determinism and quiet threads for all."""

from jaxtyping import install_import_hook

# Before anything of the train half is imported.
install_import_hook(
    ["inkseek.encoders", "inkseek.losses", "inkseek.methods", "inkseek.training"], "beartype.beartype"
)
