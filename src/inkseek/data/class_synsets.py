"""Which noun of WordNet a class name means: fixed for the classes of the field's data sets, else its first sense."""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from inkseek.data.classes import class_key
from inkseek.data.spelling import spelling_key

_PLURALS = (
    *(("s", ""), ("ses", "s"), ("xes", "x"), ("zes", "z")),
    *(("ches", "ch"), ("shes", "sh"), ("men", "man"), ("ies", "y")),
)


@cache
def known_synsets() -> Mapping[str, str]:
    """Class key -> synset of what is drawn, for every class of Sketchy, TU-Berlin and QuickDraw Extended.

    Packaged as `tables/class_synsets.tsv`, with the rule that gave each; `tables/SOURCES.md` states the rules.
    """
    return {class_key(row["class"]): row["synset"] for row in class_synset_rows()}


@cache
def class_synset_rows() -> tuple[dict[str, str], ...]:
    """Rows of the packaged table: class, synset, words (its words in WordNet), rule, note."""
    text = resources.files("inkseek.data").joinpath("tables", "class_synsets.tsv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


class Nouns:
    """Nouns of WordNet, found in whatever spelling.

    Args:
        senses: noun -> its synsets, as `read_senses` gives them.
    """

    def __init__(self, senses: Mapping[str, Sequence[str]]) -> None:
        self._senses = senses
        self._by_spelling: dict[str, list[str]] = {}
        for noun in senses:
            self._by_spelling.setdefault(spelling_key(noun), []).append(noun)

    @property
    def names(self) -> list[str]:
        """All nouns, with spaces between their words."""
        return [noun.replace("_", " ") for noun in self._senses]

    def senses(self, name: str) -> tuple[str, ...]:
        """Synsets of a name in the order of their senses; none where it is no noun of WordNet.

        The name is looked up as it stands, then in any spelling of its spaces, `_` and `-`, then as a plural, by the
        rules of morphy(7WN). Brackets are part of a name: what they say cannot be looked up.
        """
        key = spelling_key(name)
        singulars = [key.removesuffix(end) + new for end, new in _PLURALS if key.endswith(end)]
        for form in (key, *singulars):
            nouns = sorted(self._by_spelling.get(form, ()), key=lambda noun: noun != class_key(name))
            if nouns:
                return tuple(synset for noun in nouns for synset in self._senses[noun])
        return ()
