"""Nouns of WordNet 3.0 from its own files, as Debian's wordnet-base carries them, and the relation of two synsets.

Fellbaum (ed.), WordNet: An Electronic Lexical Database, 1998; file format in the manual page wndb(5WN).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import DataError, FormatError

DEBIAN_FOLDER = Path("/usr/share/wordnet")
FOLDER_VARIABLE = "WNSEARCHDIR"

_COMMENT = "  "
_VERSION = "WordNet 3.0"
_HYPERNYM = "@"
_INSTANCE_HYPERNYM = "@i"
_SIMILARITY_FLOOR = 0.2


@dataclass(frozen=True)
class WordNet:
    """The noun hierarchy.

    Attributes:
        parents: synset id, `n` and eight digits -> ids of its hypernyms.
        instance_of: synset id -> ids of what it is an instance of.
    """

    parents: dict[str, tuple[str, ...]]
    instance_of: dict[str, tuple[str, ...]]
    _distances: dict[str, dict[str, int]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def read(cls, file: Path) -> "WordNet":
        """Read `data.noun`.

        Raises:
            DataError: the file is missing.
            FormatError: the file has another format, or is of another WordNet, whose synsets have other ids.
        """
        try:
            entries = [_entry(line) for line in _lines(file)]
        except (ValueError, IndexError):
            raise FormatError(f"{file}: not the data.noun of {_VERSION}") from None
        return cls({name: up for name, up, _ in entries}, {name: of for name, _, of in entries})

    def ancestors(self, synset: str) -> dict[str, int]:
        """Every synset above `synset`, itself included, with the fewest steps to it; instances step to their class.

        Raises:
            DataError: WordNet holds no such synset.
        """
        if synset not in self._distances:
            steps = {synset: 0}
            edge = [synset]
            while edge:
                above = [up for name in edge for up in (*self._hypernyms(name), *self.instance_of[name])]
                distance = steps[edge[0]] + 1
                edge = [name for name in dict.fromkeys(above) if name not in steps]
                steps.update(dict.fromkeys(edge, distance))
            self._distances[synset] = steps
        return self._distances[synset]

    def path_similarity(self, first: str, second: str) -> float:
        """1 / (1 + steps of the shortest way between two synsets over a common ancestor); 0 where there is none."""
        from_first, from_second = self.ancestors(first), self.ancestors(second)
        ways = [steps + from_second[name] for name, steps in from_first.items() if name in from_second]
        return 1.0 / (1.0 + min(ways)) if ways else 0.0

    def is_above(self, higher: str, lower: str) -> bool:
        """Whether `higher` is reached from `lower` through hypernyms; being an instance is no hyponymy.

        Raises:
            DataError: WordNet holds no synset `lower`.
        """
        edge = list(self._hypernyms(lower))
        while edge:
            name = edge.pop()
            if name == higher:
                return True
            edge.extend(self._hypernyms(name))
        return False

    def _hypernyms(self, synset: str) -> tuple[str, ...]:
        if synset not in self.parents:
            raise DataError(f"WordNet 3.0 has no noun synset {synset}")
        return self.parents[synset]

    def relation(self, first: str, second: str) -> float:
        """1 for the same synset or one above the other, else the path similarity where it is over 0.2, else 0.

        Source: SAKE's released mask, restated in the notes on DSN, section 5.
        """
        if first == second or self.is_above(first, second) or self.is_above(second, first):
            return 1.0
        similarity = self.path_similarity(first, second)
        return similarity if similarity > _SIMILARITY_FLOOR else 0.0


def wordnet_folder(folder: Path | None = None) -> Path | None:
    """Folder of WordNet's files: the one given, else that of the variable `WNSEARCHDIR`, else Debian's; None if absent.

    `WNSEARCHDIR` is the variable of WordNet's own programs, manual page wnintro(1WN).

    Raises:
        DataError: the given folder, or that of the variable, holds no `data.noun`.
    """
    if folder is None and FOLDER_VARIABLE in os.environ:
        folder = Path(os.environ[FOLDER_VARIABLE])
    if folder is None:
        return DEBIAN_FOLDER if (DEBIAN_FOLDER / "data.noun").is_file() else None
    if not (folder / "data.noun").is_file():
        raise DataError(f"{folder}: holds no data.noun of {_VERSION}; Debian's package wordnet-base brings it")
    return folder


def read_senses(file: Path) -> dict[str, tuple[str, ...]]:
    """Synsets of each noun in the order of its senses, from `index.noun`; nouns in lower case, with `_` for spaces.

    Raises:
        DataError: the file is missing.
        FormatError: the file has another format, or is of another WordNet.
    """
    senses = {}
    try:
        for line in _lines(file):
            noun, _, count, *fields = line.split()
            senses[noun] = tuple(f"n{int(offset):08d}" for offset in fields[-int(count) :])
    except ValueError:
        raise FormatError(f"{file}: not the index.noun of {_VERSION}") from None
    return senses


def _lines(file: Path) -> list[str]:
    """Lines of a file of WordNet's, without the licence at its head, which names the version."""
    try:
        lines = file.read_text(encoding="latin-1").splitlines()
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); install Debian's wordnet-base") from None
    if not any(_VERSION in line for line in lines if line.startswith(_COMMENT)):
        raise FormatError(f"{file}: not a file of {_VERSION}")
    return [line for line in lines if not line.startswith(_COMMENT)]


def _entry(line: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Id, hypernyms and instance hypernyms of a line: offset, file, type, words (hexadecimal count), pointers."""
    fields = line.partition(" | ")[0].split()
    words = int(fields[3], 16)
    start = 4 + 2 * words
    pointers = [fields[start + 1 + 4 * position :][:3] for position in range(int(fields[start]))]
    up = tuple(f"n{offset}" for symbol, offset, kind in pointers if symbol == _HYPERNYM and kind == "n")
    instance = tuple(f"n{offset}" for symbol, offset, kind in pointers if symbol == _INSTANCE_HYPERNYM and kind == "n")
    return f"n{fields[0]}", up, instance


def relation_rows(
    wordnet: WordNet, class_synsets: Sequence[Sequence[str]], imagenet_synsets: Sequence[str]
) -> NDArray[np.float32]:
    """Relation of classes to ImageNet's classes, float32 [c, 1000] in [0, 1].

    Several synsets of one class are taken in their order; a later one overwrites the entries that it matches.

    Raises:
        DataError: WordNet holds no such synset.
    """
    rows = np.zeros((len(class_synsets), len(imagenet_synsets)), dtype=np.float32)
    for row, synsets in zip(rows, class_synsets, strict=True):
        for synset in synsets:
            found = np.array([wordnet.relation(synset, other) for other in imagenet_synsets], dtype=np.float32)
            row[found > 0] = found[found > 0]
    return rows
