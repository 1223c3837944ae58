"""The one loop, its configuration, its checkpoints and the way out of it: the model folder."""
