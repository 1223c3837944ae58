"""Photos in a terminal: by the picture protocols of kitty and iTerm2, or in coloured half blocks."""

import base64
import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PIL import Image

Protocol = Literal["kitty", "iterm2", "blocks"]

ROWS = 6
"""Lines of text that a photo takes."""

_SIDE = 256
_CHUNK = 4096
_ITERM2 = frozenset({"iTerm.app", "WezTerm", "mintty", "rio"})
_UPPER_HALF = "\u2580"


def terminal_protocol(environment: Mapping[str, str]) -> Protocol | None:
    """How a terminal shows pictures, from what it says of itself; None where it does not."""
    if "KITTY_WINDOW_ID" in environment or environment.get("TERM") in {"xterm-kitty", "xterm-ghostty"}:
        return "kitty"
    if environment.get("TERM_PROGRAM") in _ITERM2:
        return "iterm2"
    if environment.get("COLORTERM") in {"truecolor", "24bit"}:
        return "blocks"
    return None


def terminal_picture(path: Path, protocol: Protocol) -> str:
    """A photo as text for a terminal, `ROWS` lines high; empty where it can no longer be read."""
    from inkseek.errors import PictureError
    from inkseek.pictures.decode import open_picture

    try:
        picture = open_picture(path, target=_SIDE)
    except PictureError:
        return ""
    match protocol:
        case "kitty":
            return _kitty(_png(picture))
        case "iterm2":
            return _iterm2(_png(picture))
        case "blocks":
            return _blocks(picture)


def _png(picture: "Image.Image") -> str:
    picture.thumbnail((_SIDE, _SIDE))
    stream = BytesIO()
    picture.save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode("ascii")


def _kitty(data: str) -> str:
    chunks = [data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK)]
    first = f"a=T,f=100,r={ROWS},"
    lines = [
        f"\x1b_G{first if not place else ''}m={int(place + 1 < len(chunks))};{chunk}\x1b\\"
        for place, chunk in enumerate(chunks)
    ]
    return "".join(lines)


def _iterm2(data: str) -> str:
    return f"\x1b]1337;File=inline=1;height={ROWS};preserveAspectRatio=1:{data}\a"


def _blocks(picture: "Image.Image") -> str:
    import numpy as np

    # A character is about twice as high as wide, and holds two pixels one above the other.
    height = 2 * ROWS
    width = max(1, min(4 * ROWS, round(height * picture.width / picture.height)))
    levels = np.asarray(picture.resize((width, height)))
    lines = []
    for upper, lower in zip(levels[::2].tolist(), levels[1::2].tolist(), strict=True):
        cells = [
            f"\x1b[38;2;{_colour(above)};48;2;{_colour(under)}m{_UPPER_HALF}"
            for above, under in zip(upper, lower, strict=True)
        ]
        lines.append("".join(cells) + "\x1b[0m")
    return "\n".join(lines)


def _colour(levels: list[int]) -> str:
    return ";".join(map(str, levels))


def shown_in() -> Protocol | None:
    """How the terminal on stdout shows pictures; None where stdout is none."""
    return terminal_protocol(os.environ) if os.isatty(1) else None
