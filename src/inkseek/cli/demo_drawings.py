"""The drawings that the package carries, and the photos that count as right for each of them."""

import json
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import Field

from inkseek.config import Config
from inkseek.retrieval.stamps import StampRule

CAPTIONS = "captions.json"


class DrawnThing(Config):
    """One drawing of the demo.

    Attributes:
        name: what is drawn.
        file: stroke JSON beside `captions.json`.
        class_name: the class it belongs to, in Sketchy's spelling where Sketchy has the class.
        seen_as: the seen class of Sketchy's second split that it shows, or None; written down before training.
        right: photos that count as right: path in the gallery without suffix -> caption.
    """

    name: str
    file: str
    class_name: str = Field(alias="class")
    seen_as: str | None
    right: dict[str, str]


class DemoSet(Config):
    """`captions.json`: drawings, right photos and the rule of the gallery.

    Attributes:
        format: version of the file's layout.
        rule: how a photo came to count as right, in words.
        gallery: which photos are searched.
        drawings: the drawings, in the order they are shown.
    """

    format: Literal[1]
    rule: str
    gallery: StampRule
    drawings: tuple[DrawnThing, ...]


def drawings_folder() -> Path:
    """Folder of the drawings inside the package."""
    return Path(str(resources.files("inkseek").joinpath("assets", "drawings")))


def demo_set() -> DemoSet:
    """Drawings, right photos and gallery rule that the package carries."""
    path = drawings_folder() / CAPTIONS
    return DemoSet.parse(json.loads(path.read_text(encoding="utf-8")), CAPTIONS)
