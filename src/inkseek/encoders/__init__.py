"""Backbones: pixels -> visual feature."""
