"""What can be fetched from stable public sources: the strokes of Quick, Draw! and the sketches of TU-Berlin."""

import difflib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from inkseek.data.archives import unpack_zip
from inkseek.data.classes import class_key, packaged_list, quickdraw_aliases
from inkseek.data.download import Download, download
from inkseek.data.splits import named_split
from inkseek.errors import DataError

Part = Literal["seen", "unseen", "all"]

MEGABYTE = 1_000_000

Steps = Callable[[str, int, int | None], None]
"""Called with what is being done and in which unit, how much of it is done and how much there is."""


@dataclass(frozen=True)
class Source:
    """A public source.

    Attributes:
        base: address of the folder that holds its files.
        terms: licence, and whom to name.
    """

    base: str
    terms: str


QUICKDRAW = Source(
    "https://storage.googleapis.com/quickdraw_dataset/full/simplified",
    "The Quick, Draw! Dataset, Google; CC BY 4.0",
)
"""Public bucket of googlecreativelab/quickdraw-dataset; it states the MD5 of every file as it sends it."""

TUBERLIN = Source(
    "https://cybertron.cg.tu-berlin.de/eitz/projects/classifysketch",
    "Eitz, Hays, Alexa, How Do Humans Sketch Objects?, SIGGRAPH 2012; CC BY 4.0",
)
"""The authors' own page."""

TUBERLIN_ARCHIVE = "sketches_png.zip"
TUBERLIN_MD5 = "023123df86a928a5273e3ba11990d8fd"
"""As two repositories state it: PengBoXiangShang/torchsketch (`md5sum_table.py`) and DeepMind's dm_nevis."""
TUBERLIN_FOLDER = "png"
_OF_A_DRAWING = frozenset({"word", "key_id", "drawing"})
_TUBERLIN_FILES = 100_000
_TUBERLIN_BYTES = 8 << 30


@cache
def quickdraw_words() -> tuple[str, ...]:
    """The 345 words of the game, in the spelling of the file names."""
    return tuple(packaged_list("quickdraw_words.txt").splitlines())


def quickdraw_word(name: str) -> str | None:
    """The word for a class name or for another spelling of the word; None where the game has none."""
    words = {class_key(word).removeprefix("the_"): word for word in quickdraw_words()}
    others = {class_key(class_name): word for word, class_name in quickdraw_aliases().items()}
    key = class_key(name).removeprefix("the_")
    return words.get(key) or words.get(others.get(key, ""))


def named_words(names: Sequence[str]) -> list[str]:
    """Words for class names or words of the game, each once.

    Raises:
        DataError: the game has no such word; the nearest ones are offered.
    """
    found = {name: quickdraw_word(name) for name in names}
    missing = [name for name, word in found.items() if word is None]
    if missing:
        near = difflib.get_close_matches(missing[0].lower(), quickdraw_words(), n=3)
        hint = f"; near it are {', '.join(near)}" if near else ""
        raise DataError(f"Quick, Draw! has no word for {', '.join(map(repr, missing))}{hint}")
    return list(dict.fromkeys(word for word in found.values() if word is not None))


def split_words(split: str, part: Part) -> tuple[list[str], list[str]]:
    """Words for the classes of a split.

    Args:
        split: name of a published split.
        part: its seen classes, its unseen ones or all; strokes to train on are those of the seen.

    Returns:
        The words, and the classes for which the game has none.

    Raises:
        SplitError: there is no such split.
    """
    classes = named_split(split)
    names = [*(classes.seen if part != "unseen" else ()), *(classes.unseen if part != "seen" else ())]
    found = {name: quickdraw_word(name) for name in sorted(names)}
    words = [word for word in found.values() if word is not None]
    return words, [name for name, word in found.items() if word is None]


def fetch_quickdraw(words: Sequence[str], folder: Path, base: str = QUICKDRAW.base, *, steps: Steps) -> list[Download]:
    """Fetch `<word>.ndjson` for each word; files that are there already are kept.

    Where the server states no checksum, `fault_of_drawings` looks into the file.

    Args:
        words: as `named_words` or `split_words` gives them.
        folder: where to put them.
        base: address of a folder with the same files.
        steps: told of every block.

    Raises:
        DataError: a file cannot be fetched; those before it stay.
    """
    return [
        download(
            f"{base.rstrip('/')}/{quote(word)}.ndjson",
            folder / f"{word}.ndjson",
            fault_of=fault_of_drawings,
            progress=_naming(steps, f"{word} ({number} of {len(words)}), megabytes", MEGABYTE),
            notice=_noticing(steps),
        )
        for number, word in enumerate(words, start=1)
    ]


def fault_of_drawings(file: Path) -> str | None:
    """The first line of an ndjson file that is no drawing, in words; None where every line is one. Blank ones pass."""
    found = False
    with file.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                record = None
            if not isinstance(record, dict) or not record.keys() >= _OF_A_DRAWING:
                return f"line {number} is no drawing with word, key_id and drawing"
            found = True
    return None if found else "it holds no drawing"


def fetch_tuberlin(folder: Path, base: str = TUBERLIN.base, *, steps: Steps) -> Download | None:
    """Fetch the archive of the 20,000 sketches and unpack it as `png/<class>/*.png`.

    Args:
        folder: where the archive and `png/` go.
        base: address of a folder with the same archive.
        steps: told of every block and of every file.

    Returns:
        The archive, or None where `png/` is there already.

    Raises:
        DataError: it cannot be fetched or unpacked.
    """
    if (folder / TUBERLIN_FOLDER).exists():
        return None
    archive = folder / TUBERLIN_ARCHIVE
    url = f"{base.rstrip('/')}/{TUBERLIN_ARCHIVE}"
    megabytes = _naming(steps, f"{TUBERLIN_ARCHIVE}, megabytes", MEGABYTE)
    done = download(url, archive, md5=TUBERLIN_MD5, progress=megabytes, notice=_noticing(steps))
    unpack_zip(
        archive,
        folder / TUBERLIN_FOLDER,
        max_files=_TUBERLIN_FILES,
        max_bytes=_TUBERLIN_BYTES,
        progress=_naming(steps, "unpacking, files"),
    )
    return done


def _naming(steps: Steps, doing: str, unit: int = 1) -> Callable[[int, int | None], None]:
    return lambda done, total: steps(doing, done // unit, None if total is None else -(-total // unit))


def _noticing(steps: Steps) -> Callable[[str], None]:
    return lambda text: steps(text, 0, None)
