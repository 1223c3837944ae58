"""Coverage-guided fuzzing of everything that reads a stranger's bytes: `python -m tests.fuzz.parsers PARSER [options]`.

Options are libFuzzer's, for instance `-max_total_time=60`. A parser may refuse bytes with an `InkseekError`; anything
else that it raises, and any crash, ends the run with an exit status of its own.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["inkseek", "PIL"]):
    from PIL import Image

    from inkseek.errors import InkseekError
    from inkseek.pictures.decode import decode_rgba
    from inkseek.pictures.limits import PictureLimits
    from inkseek.service.models import SearchQuery
    from inkseek.sketch.model import Drawing
    from inkseek.sketch.readers import stroke_json_drawing, svg_drawing
    from inkseek.sketch.renderer import normalise_raster, render

SIZE = 32
LIMITS = PictureLimits(max_bytes=1 << 16, max_pixels=1 << 16)


def picture(data: bytes) -> None:
    """A picture file, decoded, and taken for a sketch."""
    normalise_raster(decode_rgba(data, "fuzz", limits=LIMITS, target=SIZE), SIZE)


def stroke_json(data: bytes) -> None:
    """Stroke JSON, rendered."""
    render(stroke_json_drawing(data, "fuzz"), SIZE)


def svg(data: bytes) -> None:
    """SVG, rendered."""
    render(svg_drawing(data, "fuzz"), SIZE)


def query(data: bytes) -> None:
    """The body of a search, as the service takes it."""
    from pydantic import ValidationError

    with suppress(ValidationError):
        asked = SearchQuery.model_validate_json(data)
        if asked.sketch is not None and asked.sketch.strokes is not None:
            render(Drawing.from_points(asked.sketch.strokes), SIZE)


def seeds(parser: str) -> Iterator[bytes]:
    """Inputs to begin with: mutations of what is right reach farther than noise."""
    strokes = b"[[[0,0,0,0.5],[30,40,9,1]],[[1.5,2e1]]]"
    match parser:
        case "picture":
            image = Image.linear_gradient("L").resize((24, 16))
            for name in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"):
                stream = BytesIO()
                image.save(stream, name)
                yield stream.getvalue()
        case "stroke_json":
            yield b'{"format":1,"name":"cat","strokes":' + strokes + b"}"
        case "svg":
            yield (
                b'<svg viewBox="0 0 9 9"><g transform="rotate(9)"><path d="M0 0C1 2 3 4 5 6z"/>'
                b'<circle cx="4" cy="4" r="2" stroke="red" fill="none"/></g></svg>'
            )
        case "query":
            yield b'{"sketch":{"strokes":' + strokes + b'},"k":5,"filters":{"since":"2020-01-01"}}'


PARSERS: dict[str, Callable[[bytes], None]] = {parser.__name__: parser for parser in (picture, stroke_json, svg, query)}


def main() -> None:
    """Fuzz one parser."""
    name = sys.argv.pop(1)
    parser = PARSERS[name]

    def one_input(data: bytes) -> None:
        with suppress(InkseekError):
            parser(data)

    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds(name)):
            (Path(corpus) / str(number)).write_bytes(seed)
        atheris.Setup([*sys.argv, corpus], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
