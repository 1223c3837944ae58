"""Sketches: strokes, their readers, and the one renderer that every sketch takes to become pixels."""
