"""Outlines of an SVG file as strokes; nothing outside the file is ever read."""

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import PictureError, PictureFault
from inkseek.sketch.model import MAX_POINTS, Drawing

MAX_SVG_BYTES = 4 * 1024 * 1024
"""Largest SVG text in bytes."""

MAX_ELEMENTS = 20_000
"""Most elements of an SVG, those that `use` repeats included."""

_MAX_DEPTH = 64
_CURVE_STEPS = 16
"""Straight pieces that replace one Bézier curve or arc."""

_WHITE = 250
"""Red, green and blue from which on a filled shape without outline is paper."""


def svg_drawing(data: str | bytes, source: str) -> Drawing:
    """Drawing of an SVG text: one stroke for each outline, curves flattened to 16 straight pieces.

    A filled shape counts by its outline. Text, pictures, invisible shapes and white shapes without outline are left
    out. Transforms and `use` within the file are followed; an entity declaration is refused and no reference to
    anything outside the file is followed.

    Raises:
        PictureError: `CORRUPT` for no SVG or one with entities or nested `use`, `TOO_LARGE` over `MAX_SVG_BYTES`,
            `MAX_ELEMENTS` or the limits of `Drawing`, `NO_INK` without a visible shape.
    """
    import svgelements  # type: ignore[import-untyped]

    raw = data.encode() if isinstance(data, str) else data
    _Audit(source).run(raw)
    try:
        tree = svgelements.SVG.parse(BytesIO(raw), reify=True)
        shapes = [
            element for element in tree.elements() if isinstance(element, svgelements.Shape) and _visible(element)
        ]
        strokes = _strokes(shapes, source)
    except (SyntaxError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError) as error:
        raise PictureError(source, PictureFault.CORRUPT, f"SVG cannot be followed ({error})") from None
    return Drawing.from_points(strokes, source=source)


def _visible(shape: Any) -> bool:  # noqa: ANN401 - svgelements has no types
    if shape.values.get("display") == "none" or shape.values.get("visibility") in {"hidden", "collapse"}:
        return False
    if shape.stroke.value is not None and shape.stroke.alpha:
        return True
    fill = shape.fill
    return fill.value is not None and bool(fill.alpha) and min(fill.red, fill.green, fill.blue) < _WHITE


def _strokes(shapes: list[Any], source: str) -> list[NDArray[np.float64]]:
    import svgelements

    strokes: list[NDArray[np.float64]] = []
    count = 0
    for shape in shapes:
        for subpath in svgelements.Path(shape).as_subpaths():
            points = np.concatenate([_points(segment) for segment in subpath] or [np.empty((0, 2))])
            strokes.append(points)
            count += len(points)
            if count > MAX_POINTS:
                raise PictureError(source, PictureFault.TOO_LARGE, f"more than {MAX_POINTS} points; simplify the SVG")
    return strokes


def _points(segment: Any) -> NDArray[np.float64]:  # noqa: ANN401 - svgelements has no types
    """Points [n, 2] that follow the start of a segment."""
    import svgelements

    if segment.end is None:
        return np.empty((0, 2))
    if isinstance(segment, svgelements.Curve):
        curve: NDArray[np.float64] = np.asarray(segment.npoint(np.arange(1, _CURVE_STEPS + 1) / _CURVE_STEPS), float)
        return curve
    return np.array([[segment.end.x, segment.end.y]], dtype=np.float64)


@dataclass
class _Audit:
    """Reads an XML text once and refuses what would grow when it is followed.

    Attributes:
        source: name for error messages.
        elements: elements so far, then those that `use` adds.
        open_ids: `id` and first element number of the elements that are open, "" where there is none.
        sizes: elements inside of each `id`, itself included.
        uses: for each `use`, the id it repeats and the ids that it stands in.
    """

    source: str
    elements: int = 0
    open_ids: list[tuple[str, int]] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    uses: list[tuple[str, set[str]]] = field(default_factory=list)

    def run(self, data: bytes) -> None:
        """Audit a text.

        Raises:
            PictureError: `CORRUPT` or `TOO_LARGE`, as `svg_drawing` says.
        """
        if len(data) > MAX_SVG_BYTES:
            raise PictureError(self.source, PictureFault.TOO_LARGE, f"exceeds {MAX_SVG_BYTES} bytes; simplify the SVG")
        parser = expat.ParserCreate()
        parser.EntityDeclHandler = self._entity
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        try:
            parser.Parse(data, True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise self._corrupt(f"no SVG ({error})") from None
        repeated = {target for target, _ in self.uses}
        if any(inside & repeated for _, inside in self.uses):
            raise self._corrupt("repeats an element that itself repeats another; save it without nested `use`")
        self._count(sum(self.sizes.get(target, 0) for target, _ in self.uses))

    def _entity(self, *_: object) -> None:
        raise self._corrupt("declares an entity, which may hide a bomb; save it as plain SVG")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self.open_ids and name.rpartition(":")[2] != "svg":
            raise self._corrupt(f"no SVG: its root is <{name}>")
        self.open_ids.append((attributes.get("id", ""), self.elements))
        self._count(1)
        if len(self.open_ids) > _MAX_DEPTH:
            raise self._corrupt(f"elements are nested more than {_MAX_DEPTH} deep; flatten the groups")
        if name.rpartition(":")[2] == "use":
            inside = {identifier for identifier, _ in self.open_ids if identifier}
            targets = (value[1:] for key, value in attributes.items() if key.rpartition(":")[2] == "href")
            self.uses.extend((target, inside) for target in targets)

    def _end(self, _: str) -> None:
        identifier, first = self.open_ids.pop()
        self.sizes[identifier] = self.elements - first

    def _count(self, more: int) -> None:
        self.elements += more
        if self.elements > MAX_ELEMENTS:
            detail = f"more than {MAX_ELEMENTS} elements; simplify the SVG"
            raise PictureError(self.source, PictureFault.TOO_LARGE, detail)

    def _corrupt(self, detail: str) -> PictureError:
        return PictureError(self.source, PictureFault.CORRUPT, detail)
