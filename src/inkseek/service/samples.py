"""Drawings to start from: the package's own."""

from functools import cache
from importlib import resources

from inkseek.service.models import Sample
from inkseek.sketch.readers import stroke_json_drawing

_DIGITS = 3


@cache
def sample_drawings() -> tuple[Sample, ...]:
    """Every sample drawing by name, its points in the unit square."""
    folder = resources.files("inkseek").joinpath("assets", "drawings")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    return tuple(
        _sample(file.name.removesuffix(".json").replace("_", " "), file.read_bytes())
        for file in files
        if file.name != "captions.json"
    )


def _sample(name: str, data: bytes) -> Sample:
    drawing = stroke_json_drawing(data, name)
    strokes = [
        [[round(x, _DIGITS), round(y, _DIGITS)] for x, y in stroke.points.tolist()] for stroke in drawing.strokes
    ]
    return Sample(name=name, strokes=strokes)
