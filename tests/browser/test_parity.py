"""Strokes mean the same: a drawing drawn again on the page gives the pixels, and finds the photos, of its file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inkseek.pictures.preprocessing import Preprocessing, sketch_pixels
from inkseek.retrieval.encoder import load_encoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.search import Searcher
from inkseek.sketch.model import Drawing
from inkseek.sketch.readers import quickdraw_drawing
from tests.browser.conftest import REAL_PHOTOS, NewSheet

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = [pytest.mark.real, pytest.mark.slow]

QUICKDRAW = REAL_PHOTOS.parents[3] / "quickdraw"
CLASSES = ("cow", "dolphin", "giraffe", "guitar", "hammer", "horse", "mouse", "mushroom", "penguin", "scissors", "tree")
DRAWINGS = 100

TOLERANCE = 1.5
"""Grey levels by which a drawn-again picture may differ from its file's in the mean over all pixels: coordinates of the
page are rounded to a ten-thousandth of the canvas, the renderer works to an eighth of a pixel."""

REPLAY = """strokes => {
    const canvas = document.querySelector("#canvas"), box = canvas.getBoundingClientRect();
    const event = (type, [x, y], buttons) => canvas.dispatchEvent(new PointerEvent(type, {
        bubbles: true, cancelable: true, pointerId: 1, pointerType: "mouse", isPrimary: true, button: 0, buttons,
        pressure: buttons ? 0.5 : 0, clientX: box.left + x * box.width, clientY: box.top + y * box.height,
    }));
    for (const stroke of strokes) {
        event("pointerdown", stroke[0], 1);
        for (const point of stroke.slice(1)) event("pointermove", point, 1);
        event("pointerup", stroke[stroke.length - 1], 0);
    }
}"""


def records() -> list[tuple[str, dict[str, Any]]]:
    """Class and record of the drawings, as many of each class."""
    found = []
    for name in CLASSES:
        file = QUICKDRAW / f"{name}.ndjson"
        if file.is_file():
            lines = file.read_text(encoding="utf-8").splitlines()
            found.append([(name, json.loads(line)) for line in lines[:DRAWINGS]])
    if not found:
        pytest.skip("no real drawings here")
    return [drawing for row in zip(*found, strict=False) for drawing in row][:DRAWINGS]


def captured(page: "Page", strokes: list[list[list[float]]]) -> list[list[list[float]]]:
    """What the page sends for strokes of the unit square that are drawn on a blank canvas."""
    sent: list[Any] = []

    def answer(route: "Route") -> None:
        body = json.loads(route.request.post_data or "{}")
        sent.append(body["sketch"]["strokes"])
        route.fulfill(json={"gallery": "photos", "photos": 0, "results": [], "milliseconds": {"total": 1}})

    page.route("**/v1/search", answer)
    page.evaluate(REPLAY, strokes)
    while not sent or len(sent[-1]) != len(strokes):
        page.wait_for_timeout(5)
    page.unroute("**/v1/search")
    page.locator("#clear").click()
    last: list[list[list[float]]] = sent[-1]
    return last


@pytest.fixture(scope="module")
def preprocessing() -> Preprocessing:
    return load_encoder("bundled").config.preprocessing


def test_drawings_on_the_page_are_those_of_the_file(
    new_sheet: NewSheet, address: str, photos: Path, preprocessing: Preprocessing
) -> None:
    page = new_sheet(address).page
    of_page, of_file, names = [], [], []
    for name, record in records():
        drawing = quickdraw_drawing(record, name)
        unit = [[[0.1 + 0.8 * x, 0.1 + 0.8 * y] for x, y in stroke.points.tolist()] for stroke in drawing.strokes]
        sent = Drawing.from_points([[point[:2] for point in stroke] for stroke in captured(page, unit)])
        of_page.append(sketch_pixels(sent, preprocessing))
        of_file.append(sketch_pixels(drawing, preprocessing))
        names.append(name)

    difference = np.abs(np.stack(of_page).astype(float) - np.stack(of_file)).mean(axis=(1, 2))
    assert len(names) == DRAWINGS
    assert difference.max() < TOLERANCE, names[int(difference.argmax())]
    live, file = (mean_average_precision(photos, pixels, names) for pixels in (of_page, of_file))
    assert file > 0.3
    assert live == pytest.approx(file, abs=0.005)


def mean_average_precision(photos: Path, pixels: list[NDArray[np.uint8]], names: list[str]) -> float:
    """mAP@all (`standard`) of sketches over the gallery of the browser tests; a photo's name begins with its class."""
    with Gallery.open(photos.with_name("photos.gallery"), write=False) as gallery:
        searcher = Searcher(gallery, load_encoder("bundled"))
        values = []
        for sketch, name in zip(pixels, names, strict=True):
            hits = searcher.search(sketch, k=len(gallery)).hits
            ranks = [hit.rank for hit in hits if hit.path.name.startswith(f"{name}-")]
            values.append(np.mean([place / rank for place, rank in enumerate(ranks, start=1)]))
    return float(np.mean(values))
