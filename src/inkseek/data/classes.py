"""Class names: one canonical spelling for each class, whatever a folder or a drawing game calls it."""

import csv
import unicodedata
from collections.abc import Collection, Mapping
from functools import cache
from importlib import resources

from inkseek.errors import SplitError

CLASS_LISTS = (
    "sketchy",
    *("sketchy1_seen", "sketchy1_unseen", "sketchy2_seen", "sketchy2_unseen"),
    *("sketchy1_sempcyc_seen", "sketchy1_sempcyc_unseen"),
    "tuberlin",
    *("tuberlin_seen", "tuberlin_unseen", "tuberlin_sempcyc_seen", "tuberlin_sempcyc_unseen"),
    "quickdraw",
    *("quickdraw_seen", "quickdraw_unseen"),
)


def class_key(name: str) -> str:
    """Key under which spellings of one class meet: lower case, `_`, `-` and spaces alike; brackets are kept.

    An accented letter and the same letter with its accent behind it, as some file systems write it, are one (Unicode
    NFC). `hot-air_balloon`, `Hot air balloon` and `hot_air_balloon` share a key; `mouse_(animal)` and `mouse` do not.
    """
    return "_".join(unicodedata.normalize("NFC", name).lower().replace("-", " ").replace("_", " ").split())


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
    return tuple(line for line in packaged_list(f"{name}.txt").splitlines() if line)


def packaged_list(file: str) -> str:
    """Text of a file of `lists/`."""
    return resources.files("inkseek.data").joinpath("lists", file).read_text(encoding="utf-8")


@cache
def quickdraw_aliases() -> dict[str, str]:
    """Words of Quick, Draw! that differ from the Sketchy class they stand for: word key -> class name."""
    return _aliases("quickdraw_aliases.tsv")


@cache
def tuberlin_aliases() -> dict[str, str]:
    """Photo folders of TU-Berlin Extended whose key differs from their class's: folder key -> class name.

    The archive runs words together (`alarmclock`), misspells (`chandeler`, `wristwatching`) and shortens: its `mouse`
    is `mouse (animal)`, its `pipe` is `pipe (for smoking)`. So the table holds within that data set alone.
    """
    return {key: name for key, name in _aliases("tuberlin_photo_folders.tsv").items() if key != class_key(name)}


def _aliases(file: str) -> dict[str, str]:
    """Two columns with a heading: another name, class name."""
    rows = csv.reader(packaged_list(file).splitlines()[1:], delimiter="\t")
    return {class_key(other): name for other, name in rows}


class ClassNames:
    """Finds the canonical name of a folder or word.

    Args:
        allowed: canonical names; any other class is refused. None allows every class: one that is among `known` takes
            its spelling, any other keeps the spelling that is met first.
        aliases: further names, key -> canonical name.
        known: spellings to take where every class is allowed; Sketchy's by default.
    """

    def __init__(
        self,
        allowed: Collection[str] | None = None,
        aliases: Mapping[str, str] | None = None,
        known: Collection[str] | None = None,
    ) -> None:
        self._open = allowed is None
        known = class_list("sketchy") if known is None else known
        self._names = {class_key(name): name for name in (known if allowed is None else allowed)}
        self._aliases = {key: name for key, name in (aliases or {}).items() if class_key(name) in self._names}

    def find(self, name: str) -> str | None:
        """Canonical name of `name`, or None where the class list does not hold it."""
        key = class_key(name)
        if key in self._aliases:
            return self._names[class_key(self._aliases[key])]
        return self._names.setdefault(key, name) if self._open else self._names.get(key)

    def name_of(self, name: str) -> str:
        """Canonical name of `name`, or `name` itself where the class list does not hold it."""
        return self.find(name) or name
