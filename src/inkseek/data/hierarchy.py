"""Class names in WordNet's hierarchy: how alike two classes are, and vectors of classes over nodes of the hierarchy.

The classes of Sketchy, TU-Berlin and QuickDraw Extended need no WordNet: their synsets and all above are packaged. Any
other name is looked up in WordNet's own files, where they are installed.

Everywhere below, `synsets` maps class names to synset ids (`n` and eight digits, WordNet 3.0) where another noun is
meant than would be found, and `wordnet` is the folder of `data.noun` and `index.noun`, None for where `wordnet_folder`
looks.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkseek.data.class_synsets import Nouns, class_synset_rows, known_synsets
from inkseek.data.classes import class_key
from inkseek.data.noun_similarity import Hierarchy, Similarity
from inkseek.data.spelling import with_nearest
from inkseek.data.wordnet import WordNet, read_senses, wordnet_folder
from inkseek.errors import DataError

_TABLE = "hierarchy.npz"


def hierarchy_similarity(
    class_names: Sequence[str],
    kind: Similarity,
    *,
    synsets: Mapping[str, str] | None = None,
    wordnet: Path | None = None,
) -> NDArray[np.float32]:
    """Similarity of each class to each other, float32 [c, c] in [0, 1], symmetric, 1 on the diagonal.

    `Hierarchy.similarity` states the formulas and their sources.

    Raises:
        DataError: a name or synset is unknown, or there is no such kind.
        FormatError: the files are not those of WordNet 3.0.
    """
    places = class_synsets(class_names, synsets=synsets, wordnet=wordnet)
    return _hierarchy_of(places, wordnet).similarity(kind, places, places)


def hierarchy_nodes(
    class_names: Sequence[str], *, synsets: Mapping[str, str] | None = None, wordnet: Path | None = None
) -> tuple[str, ...]:
    """Ids of the nodes that a vector of a class is made of: the classes' synsets and all above them, sorted.

    For zero-shot work give the seen classes alone. The released tables of SEM-PCYC and PCMSN hold unseen classes too.

    Raises:
        DataError: a name or synset is unknown.
        FormatError: the files are not those of WordNet 3.0.
    """
    places = class_synsets(class_names, synsets=synsets, wordnet=wordnet)
    return _hierarchy_of(places, wordnet).nodes(places)


def hierarchy_vectors(
    class_names: Sequence[str],
    kind: Similarity,
    *,
    nodes: Sequence[str],
    synsets: Mapping[str, str] | None = None,
    wordnet: Path | None = None,
) -> NDArray[np.float32]:
    """v_ij = similarity of class i to node j, float32 [c, nodes] in [0, 1].

    Source: hierarchical side information of SEM-PCYC (Dutta and Akata, CVPR 2019) and PCMSN (Deng et al., TIP 2020).

    Raises:
        DataError: a name, synset or node is unknown, or there is no such kind.
        FormatError: the files are not those of WordNet 3.0.
    """
    places = class_synsets(class_names, synsets=synsets, wordnet=wordnet)
    return _hierarchy_of((*places, *nodes), wordnet).similarity(kind, places, nodes)


def class_synsets(
    class_names: Sequence[str], *, synsets: Mapping[str, str] | None = None, wordnet: Path | None = None
) -> tuple[str, ...]:
    """Synset of each class: the one given, else that of the packaged table, else WordNet's first sense of the noun.

    Raises:
        DataError: names are unknown; all are listed, each with its nearest known names.
        FormatError: the files are not those of WordNet 3.0.
    """
    known = {**known_synsets(), **{class_key(name): synset for name, synset in (synsets or {}).items()}}
    unknown = [name for name in class_names if class_key(name) not in known]
    if unknown:
        known.update(_first_senses(unknown, wordnet))
    return tuple(known[class_key(name)] for name in class_names)


def _first_senses(names: Sequence[str], wordnet: Path | None) -> dict[str, str]:
    folder = wordnet_folder(wordnet)
    if folder is None:
        listed = with_nearest(names, [row["class"] for row in class_synset_rows()])
        raise DataError(
            f"unknown classes: {listed}; install Debian's wordnet-base for other nouns, or name their synsets"
        )
    nouns = _installed_nouns(folder)
    senses = {name: nouns.senses(name) for name in names}
    missing = [name for name, found in senses.items() if not found]
    if missing:
        raise DataError(f"no nouns of WordNet: {with_nearest(missing, nouns.names)}; rename them or name their synsets")
    return {class_key(name): found[0] for name, found in senses.items()}


def _hierarchy_of(synsets: Iterable[str], wordnet: Path | None) -> Hierarchy:
    """The packaged hierarchy where it holds all the synsets, else the installed one."""
    packaged = packaged_hierarchy()
    other = sorted({synset for synset in synsets if synset not in packaged.hyponyms})
    if not other:
        return packaged
    folder = wordnet_folder(wordnet)
    if folder is None:
        raise DataError(f"{', '.join(other)}: no synsets of known classes; install Debian's package wordnet-base")
    return _installed_hierarchy(folder)


@cache
def packaged_hierarchy() -> Hierarchy:
    """The synsets of `tables/class_synsets.tsv` and all above them."""
    with (
        resources.as_file(resources.files("inkseek.data").joinpath("tables", _TABLE)) as file,
        np.load(file, allow_pickle=False) as table,
    ):
        names = [str(name) for name in table["synsets"]]
        parents: dict[str, tuple[str, ...]] = dict.fromkeys(names, ())
        instance_of = dict(parents)
        for pairs, above in ((table["hypernyms"], parents), (table["instances"], instance_of)):
            for lower, higher in pairs.tolist():
                above[names[lower]] += (names[higher],)
        hyponyms = dict(zip(names, table["hyponyms"].tolist(), strict=True))
        return Hierarchy(WordNet(parents, instance_of), hyponyms, int(table["size"]))


def save_hierarchy(file: Path, hierarchy: Hierarchy) -> None:
    """Write a hierarchy: `synsets`, pairs of positions in `hypernyms` and `instances`, `hyponyms`, `size`."""
    names = sorted(hierarchy.hyponyms)
    positions = {name: position for position, name in enumerate(names)}
    hypernyms, instances = (
        np.array([(positions[name], positions[up]) for name in names for up in above[name]], dtype=np.int16)
        for above in (hierarchy.wordnet.parents, hierarchy.wordnet.instance_of)
    )
    np.savez_compressed(
        file,
        synsets=np.array(names),
        hypernyms=hypernyms.reshape(-1, 2),
        instances=instances.reshape(-1, 2),
        hyponyms=np.array([hierarchy.hyponyms[name] for name in names], dtype=np.int32),
        size=np.int32(hierarchy.size),
    )


@cache
def _installed_nouns(folder: Path) -> Nouns:
    return Nouns(read_senses(folder / "index.noun"))


@cache
def _installed_hierarchy(folder: Path) -> Hierarchy:
    return Hierarchy.whole(WordNet.read(folder / "data.noun"))
