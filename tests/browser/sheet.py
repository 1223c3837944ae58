"""What a person does on the page: draw strokes, look at the photos, wait for what changes."""

import json
import re
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Request

Stroke = Sequence[tuple[float, float]]

CIRCLE: Stroke = [(500, 200), (700, 300), (800, 500), (700, 700), (500, 800), (300, 700), (200, 500), (300, 300)]
TILES = "[...document.querySelectorAll('#grid > li')].map((tile) => Number(tile.dataset.id))"
LINE: Stroke = [(100, 100), (500, 120), (900, 100)]


def sample(name: str) -> list[Stroke]:
    """Outline of a packed drawing, in canvas units: its longest strokes, with every sixth point."""
    text = resources.files("inkseek").joinpath("assets", "drawings", f"{name}.json").read_text(encoding="utf-8")
    strokes = [stroke[::6] for stroke in json.loads(text)["strokes"] if len(stroke) > 30]
    return [[(100 + 3 * x, 100 + 3 * y) for x, y in stroke] for stroke in strokes]


class Sheet:
    """The page in one window."""

    def __init__(self, page: "Page") -> None:
        self.page = page

    def open(self, address: str, *, loaded: bool = True) -> None:
        """Go to the page; `loaded` waits until its samples are there."""
        self.page.goto(address)
        if loaded:
            self.page.locator(".sample").first.wait_for()

    def at(self, point: tuple[float, float]) -> tuple[float, float]:
        """Where a point of the canvas is in the window."""
        box = self.page.locator("#canvas").bounding_box()
        assert box
        return box["x"] + point[0] / 1000 * box["width"], box["y"] + point[1] / 1000 * box["height"]

    def press(self, stroke: Stroke) -> None:
        """Draw a stroke and keep the pen down."""
        self.page.mouse.move(*self.at(stroke[0]))
        self.page.mouse.down()
        for point in stroke[1:]:
            self.page.mouse.move(*self.at(point))

    def draw(self, *strokes: Stroke) -> None:
        """Draw strokes with the mouse."""
        for stroke in strokes:
            self.press(stroke)
            self.page.mouse.up()

    def search(self, *strokes: Stroke, over: Sequence[Stroke] = ()) -> list[dict[str, Any]]:
        """Draw strokes over those that are there; gives the results for all of them, once the page shows them.

        The page may send the same once more when the pen is lifted: what is awaited next needs a sign of its own.
        """
        self.draw(*strokes[:-1])
        points = [len(stroke) for stroke in (*over, *strokes)]
        with self.page.expect_response(lambda found: _points(found.request) == points) as answer:
            self.draw(strokes[-1])
        results: list[dict[str, Any]] = answer.value.json()["results"]
        self.shows([result["id"] for result in results])
        return results

    def shows(self, ids: Sequence[int]) -> None:
        """Wait until the grid shows these photos in this order."""
        self.page.wait_for_function(
            f"ids => JSON.stringify({TILES}) === JSON.stringify(ids)",
            arg=list(ids),
        )

    def ids(self) -> list[int]:
        """Photos of the grid, in its order."""
        found: list[int] = self.page.evaluate(TILES)
        return found

    def changes_from(self, ids: Sequence[int]) -> list[int]:
        """Wait until the grid shows other photos, or another order."""
        self.page.wait_for_function(
            f"ids => {TILES}.length > 0 && JSON.stringify({TILES}) !== JSON.stringify(ids)",
            arg=list(ids),
        )
        return self.ids()

    def strokes(self) -> int:
        """How many strokes the canvas says it has."""
        label = self.page.locator("#canvas").get_attribute("aria-label") or ""
        return int(re.findall(r"\d+", label)[0])

    def has_strokes(self, count: int) -> None:
        """Wait until the canvas has so many strokes."""
        self.page.locator(f'#canvas[aria-label^="Canvas, {count} "]').wait_for()

    def start_from(self, name: str) -> None:
        """Start from a sample drawing, and wait for its photos."""
        self.page.locator(".sample", has_text=name).click()
        self.page.locator(".tile").first.wait_for()

    def notice(self, text: str) -> "Locator":
        """Wait for a message that holds this text."""
        found = self.page.locator(".notice", has_text=text).first
        found.wait_for()
        return found


def body_of(request: "Request") -> dict[str, Any]:
    """What a request sends; nothing where it has no body."""
    body: dict[str, Any] = json.loads(request.post_data or "{}")
    return body


def _points(request: "Request") -> list[int]:
    """How many points each stroke of a request has."""
    return [len(stroke) for stroke in body_of(request).get("sketch", {}).get("strokes", [])]
