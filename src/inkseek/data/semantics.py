"""What a class name means, as numbers: its semantic embedding, and its relation to the 1,000 classes of ImageNet."""

from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkseek.data.classes import class_key
from inkseek.data.composition import compose, looked_up, missing_words
from inkseek.data.semantic_sources import BUILT_IN, GLOVE, MINILM, MINILM_DIMENSION, glove_50, minilm
from inkseek.data.spelling import nearest_names
from inkseek.data.word_vectors import WordVectors, read_word_vectors, word_names
from inkseek.errors import DataError

_OFFERED = 3
RELATION_TABLES = {"sketchy": "sketchy125", "tuberlin": "tuberlin250", "quickdraw": "quickdraw110"}


def semantic_embeddings(
    class_names: Sequence[str],
    source: str | Path | WordVectors,
    *,
    dimension: int | None = None,
    unit_rows: bool = False,
) -> NDArray[np.float32]:
    """Vector of each class name, float32 [c, s].

    From word vectors: the vector of the whole name, else the mean of its words' vectors; `compose` states the rule.
    From `minilm`: the sentence vector of `PROMPT` filled with the name.

    Args:
        class_names: classes (c), in any spelling of spaces, `_` and `-`.
        source: "glove-50" (s = 50) or "minilm" (s = 384), a file that `read_word_vectors` reads, or what it read.
        dimension: the s that is expected; None takes what the source has.
        unit_rows: divide each row by its Euclidean norm; else rows are as the source has them (those of minilm: 1).

    Raises:
        DataError: a class has no vector (all are listed, each with the nearest known names), the dimension is another,
            a file is none of word vectors, or a row is zero that should become of norm 1.
        MissingExtraError: a built-in source is not installed.
    """
    origin = source.origin if isinstance(source, WordVectors) else str(source)
    words = None if source == MINILM else _word_vectors(class_names, source)
    found = MINILM_DIMENSION if words is None else words.dimension
    if dimension not in {None, found}:
        raise DataError(f"{origin}: its vectors have {found} numbers, {dimension} are expected")
    rows = minilm(class_names) if words is None else _word_embeddings(class_names, words)
    if not unit_rows:
        return rows
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not norms.all():
        raise DataError(f"{origin}: the vector of {class_names[int(np.argmin(norms))]!r} is zero")
    unit: NDArray[np.float32] = rows / norms
    return unit


def _word_vectors(class_names: Sequence[str], source: str | Path | WordVectors) -> WordVectors:
    if isinstance(source, WordVectors):
        return source
    if source == GLOVE:
        return glove_50()
    if isinstance(source, str) and not Path(source).exists():
        raise DataError(f"{source}: no such file of word vectors; built-in sources are {' and '.join(BUILT_IN)}")
    return read_word_vectors(Path(source), wanted=looked_up(class_names))


def _word_embeddings(class_names: Sequence[str], vectors: WordVectors) -> NDArray[np.float32]:
    rows = np.zeros((len(class_names), vectors.dimension), dtype=np.float32)
    missing = []
    for row, name in zip(rows, class_names, strict=True):
        found = compose(vectors, name)
        if found is None:
            missing.append(name)
        else:
            row[:] = found
    if missing:
        raise DataError(_missing(missing, len(class_names), vectors))
    return rows


def _missing(names: Sequence[str], count: int, vectors: WordVectors) -> str:
    """Sentence that lists classes without a vector, each with the names nearest to it, or to its missing words."""
    path = Path(vectors.origin)
    known = word_names(path) if path.is_file() else vectors.names
    told = []
    for name, near in zip(names, nearest_names(names, known), strict=True):
        words = missing_words(vectors, name)
        offered = near or [word for found in nearest_names(words, known, _OFFERED) for word in found][:_OFFERED]
        told.append(f"{name!r} (nearest: {', '.join(offered)})" if offered else repr(name))
    listed = ", ".join(told)
    return f"{vectors.origin}: no vector for {len(names)} of {count} classes: {listed}; rename them or add vectors"


def imagenet_relation(class_names: Sequence[str], *, data_set: str | None = None) -> NDArray[np.float32]:
    """Rows `a_y` of the packaged tables, float32 [c, 1000] in [0, 1]; zero where a class is in none of them.

    1: same synset, or one above the other; 1/3, 1/4: WordNet path similarity; 0: not related.
    Source: SAKE (Liu et al., ICCV 2019), as its released mask shows; `tables/SOURCES.md` states how it is computed.

    Args:
        class_names: classes (c), in any spelling of spaces, `_` and `-`.
        data_set: "sketchy", "tuberlin" or "quickdraw", whose row counts first: a class of two data sets has the synsets
            of its photos in each. None: Sketchy's, then TU-Berlin's, then QuickDraw's.

    Raises:
        DataError: there is no table of that data set.
    """
    if data_set is not None and data_set not in RELATION_TABLES:
        raise DataError(f"no relation to ImageNet is kept for {data_set!r}; known are {', '.join(RELATION_TABLES)}")
    order = sorted(RELATION_TABLES, key=lambda name: name != data_set)
    tables = [_relation_table(RELATION_TABLES[name]) for name in order]
    rows = np.zeros((len(class_names), 1000), dtype=np.float32)
    for row, key in zip(rows, map(class_key, class_names), strict=True):
        for positions, relation in tables:
            if key in positions:
                row[:] = relation[positions[key]]
                break
    return rows


@cache
def _relation_table(name: str) -> tuple[dict[str, int], NDArray[np.float32]]:
    file = resources.files("inkseek.data").joinpath("tables", f"imagenet_relation_{name}.npz")
    with resources.as_file(file) as path, np.load(path, allow_pickle=False) as table:
        names = [str(name) for name in table["names"]]
        return {class_key(name): position for position, name in enumerate(names)}, table["relation"]


def save_relation(
    file: Path, class_synsets: dict[str, list[str]], imagenet_synsets: Sequence[str], relation: NDArray[np.float32]
) -> None:
    """Write a relation table: `names`, their `synsets` (joined by spaces), `imagenet` synsets and `relation`."""
    np.savez_compressed(
        file,
        names=np.array(list(class_synsets)),
        synsets=np.array([" ".join(synsets) for synsets in class_synsets.values()]),
        imagenet=np.array(imagenet_synsets),
        relation=relation,
    )
