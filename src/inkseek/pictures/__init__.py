"""Pictures: bytes to pixels under limits, and the preprocessing that a model folder states."""
