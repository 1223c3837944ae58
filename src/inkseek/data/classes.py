"""Class names: one canonical spelling for each class, whatever a folder or a drawing game calls it."""

import csv
from collections.abc import Collection
from functools import cache
from importlib import resources

from inkseek.errors import SplitError

CLASS_LISTS = ("sketchy", "sketchy1_seen", "sketchy1_unseen", "sketchy2_seen", "sketchy2_unseen")


def class_key(name: str) -> str:
    """Key under which spellings of one class meet: lower case, `_`, `-` and spaces alike; brackets are kept.

    `hot-air_balloon`, `Hot air balloon` and `hot_air_balloon` share a key; `mouse_(animal)` and `mouse` do not.
    """
    return "_".join(name.lower().replace("-", " ").replace("_", " ").split())


@cache
def class_list(name: str) -> tuple[str, ...]:
    """Class names of a packaged list, in the list's own order.

    Args:
        name: one of `CLASS_LISTS`; `lists/SOURCES.md` states where each comes from.

    Raises:
        SplitError: there is no such list.
    """
    if name not in CLASS_LISTS:
        raise SplitError(f"no class list is named {name!r}; choose one of {', '.join(CLASS_LISTS)}")
    text = resources.files("inkseek.data").joinpath("lists", f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line)


@cache
def quickdraw_aliases() -> dict[str, str]:
    """Words of Quick, Draw! that differ from the Sketchy class they stand for: word key -> class name."""
    text = resources.files("inkseek.data").joinpath("lists", "quickdraw_aliases.tsv").read_text(encoding="utf-8")
    return {class_key(row["word"]): row["class_name"] for row in csv.DictReader(text.splitlines(), delimiter="\t")}


class ClassNames:
    """Finds the canonical name of a folder or word.

    Args:
        allowed: canonical names; any other class is refused. None allows every class: one that Sketchy knows takes
            Sketchy's spelling, any other keeps the spelling that is met first.
        aliases: further names, key -> canonical name.
    """

    def __init__(self, allowed: Collection[str] | None = None, aliases: dict[str, str] | None = None) -> None:
        self._open = allowed is None
        known = class_list("sketchy") if allowed is None else allowed
        self._names = {class_key(name): name for name in known}
        self._aliases = {key: name for key, name in (aliases or {}).items() if class_key(name) in self._names}

    def find(self, name: str) -> str | None:
        """Canonical name of `name`, or None where the class list does not hold it."""
        key = class_key(name)
        if key in self._aliases:
            return self._names[class_key(self._aliases[key])]
        if self._open:
            return self._names.setdefault(key, name)
        return self._names.get(key)
