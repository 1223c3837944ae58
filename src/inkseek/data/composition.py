"""Vectors of class names from vectors of words: the whole name where it is known, else the mean of its words."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from inkseek.data.classes import class_key
from inkseek.data.word_vectors import WordVectors

FUNCTION_WORDS = frozenset({"a", "an", "and", "for", "in", "of", "on", "the", "with"})
"""Words that say nothing of what a thing looks like and are left out of a mean."""

ALIASES = {"jack_o_lantern": "pumpkin lantern", "tablelamp": "table lamp"}
"""Class key -> what is looked up where the name itself has no vector."""

_BRACKETS = str.maketrans("()", "  ")


def words_of(name: str) -> list[str]:
    """Words of a class name: split at spaces, `_`, `-` and brackets; function words are left out.

    The words in brackets stay: they tell a `mouse (animal)` from a `computer-mouse`.
    """
    words = class_key(name).translate(_BRACKETS).replace("_", " ").split()
    return [word for word in words if word not in FUNCTION_WORDS] or words


def looked_up(class_names: Iterable[str]) -> set[str]:
    """Every name and word whose vector `compose` may need: what to keep of a large file."""
    forms = {form for name in class_names for form in (name, ALIASES.get(class_key(name), name))}
    return forms | {word for form in forms for word in words_of(form)}


def compose(vectors: WordVectors, name: str) -> NDArray[np.float32] | None:
    """Vector [s] of a class name, or None where a word of it has none.

    1. the whole name, in any spelling of its spaces, `_` and `-`;
    2. the whole name of its alias in `ALIASES`;
    3. mean_i w_i over the vectors w_i of its words (of its alias's words, where it has an alias).
    """
    alias = ALIASES.get(class_key(name), name)
    whole = vectors.find(name)
    if whole is None:
        whole = vectors.find(alias)
    if whole is not None:
        return whole
    words = [vector for vector in map(vectors.find, words_of(alias)) if vector is not None]
    if not words or len(words) < len(words_of(alias)):
        return None
    mean: NDArray[np.float32] = np.mean(words, axis=0, dtype=np.float32)
    return mean


def missing_words(vectors: WordVectors, name: str) -> list[str]:
    """Words of a class name that have no vector."""
    return [word for word in words_of(ALIASES.get(class_key(name), name)) if vectors.find(word) is None]
