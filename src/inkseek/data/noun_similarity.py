"""How near two nouns lie in WordNet's hierarchy: similarities of synsets.

Symbols: `up(c)` c and all above it; `steps(c, a)` fewest steps from c up to a; `hypo(c)` how many synsets lie below c;
N all synsets of the hierarchy. An instance lies below its class, as in the WordNet 2.0 of the sources.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from inkseek.data.wordnet import WordNet
from inkseek.errors import DataError

Similarity = Literal["path", "jiang_conrath"]
SIMILARITIES: tuple[Similarity, ...] = get_args(Similarity)


@dataclass(frozen=True)
class Hierarchy:
    """A part of WordNet that is closed upwards, and how much lies below each synset in the whole.

    Attributes:
        wordnet: the synsets and what is above them.
        hyponyms: hypo(c) of every synset of the part.
        size: N, of the whole.
    """

    wordnet: WordNet
    hyponyms: Mapping[str, int]
    size: int

    @classmethod
    def whole(cls, wordnet: WordNet) -> "Hierarchy":
        """The hierarchy of all nouns."""
        hyponyms = dict.fromkeys(wordnet.parents, 0)
        for synset in wordnet.parents:
            for above in _above(wordnet, synset):
                hyponyms[above] += 1
        return cls(wordnet, hyponyms, len(hyponyms))

    def part(self, synsets: Iterable[str]) -> "Hierarchy":
        """The synsets and all above them."""
        kept = self.nodes(synsets)
        wordnet = WordNet(
            {name: self.wordnet.parents[name] for name in kept}, {name: self.wordnet.instance_of[name] for name in kept}
        )
        return Hierarchy(wordnet, {name: self.hyponyms[name] for name in kept}, self.size)

    def nodes(self, synsets: Iterable[str]) -> tuple[str, ...]:
        """The synsets and all above them, sorted by id.

        Raises:
            DataError: the hierarchy holds no such synset.
        """
        return tuple(sorted({name for synset in synsets for name in self.wordnet.ancestors(synset)}))

    def information_content(self, synset: str) -> float:
        """IC(c) = 1 - log(hypo(c) + 1) / log N, in [0, 1]: 0 at the root, 1 where nothing lies below.

        Intrinsic: it counts the hierarchy and needs no text. Source: Seco, Veale and Hayes, An Intrinsic Information
        Content Metric for Semantic Similarity in WordNet, ECAI 2004.
        """
        return 1.0 - math.log(self.hyponyms[synset] + 1) / math.log(self.size)

    def similarity(self, kind: Similarity, first: Sequence[str], second: Sequence[str]) -> NDArray[np.float32]:
        """Similarity of each synset to each other one, float32 [n, m] in [0, 1]; 1 for the same synset.

        path            1 / (1 + min_a [steps(c, a) + steps(d, a)]) over the common ancestors a; 0 without any
        jiang_conrath   1 - dist / 2, dist = IC(c) + IC(d) - 2 max_a IC(a) over the common ancestors a, in [0, 2]

        Sources: path, Pedersen, Patwardhan and Michelizzi, WordNet::Similarity, NAACL 2004; distance, Jiang and
        Conrath, Semantic Similarity Based on Corpus Statistics and Lexical Taxonomy, ROCLING 1997; as a similarity,
        with intrinsic information content, Seco et al., ECAI 2004.

        Raises:
            DataError: the hierarchy holds no such synset, or there is no such kind.
        """
        if kind not in SIMILARITIES:
            raise DataError(f"no similarity of the hierarchy is named {kind!r}; known are {', '.join(SIMILARITIES)}")
        nodes = self.nodes({*first, *second})
        up, other_up = self._steps(first, nodes), self._steps(second, nodes)
        found = np.zeros((len(first), len(second)))
        if kind == "path":
            for row, steps in zip(found, up, strict=True):
                row[:] = 1.0 / (1.0 + (steps + other_up).min(axis=1))
            return found.astype(np.float32)
        content = {name: self.information_content(name) for name in nodes}
        of_nodes = np.array([content[name] for name in nodes])
        of_second = np.array([content[name] for name in second])
        for row, name, steps in zip(found, first, up, strict=True):
            common = np.where(np.isfinite(steps + other_up), of_nodes, 0.0).max(axis=1)
            row[:] = 1.0 - (content[name] + of_second - 2.0 * common) / 2.0
        return found.astype(np.float32)

    def _steps(self, synsets: Sequence[str], nodes: Sequence[str]) -> NDArray[np.float64]:
        """steps(c, a), float64 [n, nodes]; infinite where a is not above c."""
        positions = {name: position for position, name in enumerate(nodes)}
        steps = np.full((len(synsets), len(nodes)), np.inf)
        for row, synset in zip(steps, synsets, strict=True):
            for name, count in self.wordnet.ancestors(synset).items():
                row[positions[name]] = count
        return steps


def _above(wordnet: WordNet, synset: str) -> set[str]:
    above: set[str] = set()
    edge = [synset]
    while edge:
        name = edge.pop()
        found = {*wordnet.parents[name], *wordnet.instance_of[name]} - above
        above |= found
        edge.extend(found)
    return above
