"""Photos in a terminal."""

import base64
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from inkseek.cli.terminal_pictures import ROWS, Protocol, terminal_picture, terminal_protocol


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A wide photo, red above and blue below."""
    picture = Image.new("RGB", (200, 100), (255, 0, 0))
    picture.paste((0, 0, 255), (0, 50, 200, 100))
    picture.save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM_PROGRAM": "WezTerm", "COLORTERM": "truecolor"}, "iterm2"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "blocks"),
        ({"TERM": "dumb"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_a_terminal_is_known_by_what_it_says(environment: Mapping[str, str], expected: Protocol | None) -> None:
    assert terminal_protocol(environment) == expected


def test_half_blocks_hold_the_photos_colours(photo: Path) -> None:
    lines = terminal_picture(photo, "blocks").split("\n")

    assert len(lines) == ROWS
    assert lines[0].startswith("\x1b[38;2;255;0;0;48;2;255;0;0m\u2580")
    assert "\x1b[38;2;0;0;255;48;2;0;0;255m" in lines[-1]
    assert lines[0].count("\u2580") == 4 * ROWS


@pytest.mark.parametrize(("protocol", "start", "end"), [("kitty", "\x1b_G", "\x1b\\"), ("iterm2", "\x1b]1337;", "\a")])
def test_the_protocols_carry_a_png(photo: Path, protocol: Protocol, start: str, end: str) -> None:
    text = terminal_picture(photo, protocol)

    assert text.startswith(start)
    assert text.endswith(end)
    parts = text.removesuffix(end).split(end) if protocol == "kitty" else [text.removesuffix(end)]
    data = "".join(part.rpartition(";" if protocol == "kitty" else ":")[2] for part in parts)
    assert Image.open(BytesIO(base64.b64decode(data))).size == (200, 100)


def test_a_photo_that_is_gone_shows_nothing(tmp_path: Path) -> None:
    assert terminal_picture(tmp_path / "gone.png", "blocks") == ""
