"""Retrieval: the encoder of a model folder, the gallery of encoded photos, the index over it, and search."""
