"""SVG outlines, and files that would grow or reach outside."""

import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkseek.errors import PictureError, PictureFault
from inkseek.sketch import svg
from inkseek.sketch.model import Drawing
from inkseek.sketch.svg import svg_drawing

LINE = '<path d="M0 0L10 5" fill="none" stroke="black"/>'


def document(body: str, head: str = "") -> str:
    return (
        f'<?xml version="1.0"?>{head}<svg xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 100 100">{body}</svg>'
    )


def drawn(body: str) -> Drawing:
    return svg_drawing(document(body), "x.svg")


def refused(text: str | bytes) -> PictureError:
    with pytest.raises(PictureError) as caught:
        svg_drawing(text, "x.svg")
    return caught.value


def test_lines_keep_their_points() -> None:
    (stroke,) = drawn(LINE).strokes
    np.testing.assert_allclose(stroke.points, [[0, 0.25], [1, 0.75]], atol=1e-6)


def test_a_circle_is_flattened_onto_the_circle() -> None:
    (stroke,) = drawn('<circle cx="50" cy="50" r="20" fill="none" stroke="#123"/>').strokes
    radius = np.hypot(*(stroke.points - 0.5).T)
    np.testing.assert_allclose(radius, 0.5, atol=2e-3)


@pytest.mark.parametrize("curve", ["C0 10 10 10 10 0", "Q5 10 10 0", "A5 5 0 0 1 10 0"])
def test_curves_become_many_points(curve: str) -> None:
    assert drawn(f'<path d="M0 0{curve}" stroke="black"/>').point_count == 17


def test_subpaths_are_strokes_of_their_own() -> None:
    assert len(drawn('<path d="M0 0L1 1M5 5L9 5Z" stroke="black"/>').strokes) == 2


def test_transforms_and_use_are_followed() -> None:
    body = f'<defs><g id="a">{LINE}</g></defs><use href="#a"/><use xlink:href="#a" transform="translate(0 30)"/>'
    one, two = drawn(body).strokes
    np.testing.assert_allclose(two.points - one.points, np.full((2, 2), (0, 30 / 35)), atol=1e-6)


@pytest.mark.parametrize(
    "invisible",
    [
        '<rect width="100" height="100" fill="white"/>',
        '<rect width="100" height="100" fill="none"/>',
        '<rect width="100" height="100" style="display:none"/>',
        '<g display="none"><rect width="100" height="100"/></g>',
        '<rect width="100" height="100" visibility="hidden"/>',
        "<text>cat</text>",
        '<image href="file:///etc/passwd" width="100" height="100"/>',
        '<image href="http://127.0.0.1:9/x.png" width="100" height="100"/>',
        '<use href="other.svg#a"/>',
    ],
)
def test_what_leaves_no_ink_is_left_out(invisible: str) -> None:
    assert drawn(invisible + LINE).point_count == 2
    assert refused(document(invisible)).fault is PictureFault.NO_INK


def test_a_filled_shape_counts_by_its_outline() -> None:
    assert drawn('<polygon points="0,0 10,0 5,8" fill="green"/>').box == pytest.approx((0, 0.1, 1, 0.9))


DOUBLINGS = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<!DOCTYPE svg [<!ENTITY e0 "bomb">{DOUBLINGS}]>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_entity_bomb_is_refused_at_once(encoding: str) -> None:
    text = document(f"<text>&e9;</text>{LINE}", BOMB).replace('"1.0"?', f'"1.0" encoding="{encoding}"?')
    started = time.monotonic()
    error = refused(text.encode(encoding))
    assert error.fault is PictureFault.CORRUPT
    assert "entity" in str(error)
    assert time.monotonic() - started < 1


def test_an_external_entity_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("M0 0L9 9")
    head = f'<!DOCTYPE svg [<!ENTITY s SYSTEM "file://{tmp_path}/secret">]>'
    assert "entity" in str(refused(document("<text>&s;</text>", head)))


def test_a_doctype_without_entities_is_fine() -> None:
    head = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    assert svg_drawing(document(LINE, head), "x.svg").point_count == 2


@pytest.mark.parametrize("href", ["href", "xlink:href"])
@pytest.mark.parametrize("mark", ["#", "x"])
def test_nested_use_is_refused(href: str, mark: str) -> None:
    doubling = "".join(
        f'<g id="g{n}"><use {href}="{mark}g{n - 1}"/><use {href}="{mark}g{n - 1}"/></g>' for n in range(1, 40)
    )
    assert "use" in str(refused(document(f'<g id="g0">{LINE}</g>{doubling}')))
    assert "use" in str(refused(document(f'<g id="a"><use {href}="{mark}a"/>{LINE}</g>')))


def test_a_prefix_that_is_never_declared_is_refused() -> None:
    assert refused(document(f"<a:b>{LINE}</a:b>")).fault is PictureFault.CORRUPT


def test_depth_is_limited() -> None:
    assert drawn("<g>" * 50 + LINE + "</g>" * 50).point_count == 2
    assert "deep" in str(refused(document("<g>" * 2000 + LINE + "</g>" * 2000)))


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svg, "MAX_ELEMENTS", 50)
    monkeypatch.setattr(svg, "MAX_POINTS", 100)
    monkeypatch.setattr(svg, "MAX_SVG_BYTES", 5000)
    repeated = f'<g id="a">{LINE * 10}</g>' + '<use href="#a"/>' * 5
    assert drawn(LINE * 40).point_count == 80
    assert "elements" in str(refused(document(LINE * 60)))
    assert "elements" in str(refused(document(repeated)))
    assert "points" in str(refused(document(f'<path d="M0 0{"l1 1" * 200}" stroke="red"/>')))
    assert "bytes" in str(refused(document(" " * 5000)))
    assert refused(document(LINE * 60)).fault is PictureFault.TOO_LARGE


@pytest.mark.parametrize(
    "text", ["", "cat", "<svg", "<html/>", b"\xff\xfe\x00", '<?xml version="1.0" encoding="klingon"?><svg/>']
)
def test_what_is_no_svg(text: str | bytes) -> None:
    assert refused(text).fault is PictureFault.CORRUPT
    assert "no SVG" in str(refused(text))


@settings(max_examples=60, deadline=None)
@given(
    st.text(alphabet="MLHVCSQTAZmlhvcsqtaz0123456789.,- e", max_size=40), st.text("matrixscale(),0 1-e", max_size=20)
)
def test_any_path_is_drawn_or_refused(path: str, transform: str) -> None:
    with suppress(PictureError):
        assert drawn(f'<path d="{path}" transform="{transform}" stroke="black"/>').point_count
