"""Splits of the classes: seen, validation and unseen, disjoint by construction."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from inkseek.config import Config
from inkseek.data.classes import class_key, class_list
from inkseek.errors import ConfigError, SplitError

_DATA_SETS = {
    "sketchy1": "sketchy",
    "sketchy2": "sketchy",
    "tuberlin": "tuberlin",
    "quickdraw": "quickdraw",
    "sketchy1@sempcyc": "sketchy",
    "tuberlin@sempcyc": "tuberlin",
}

SPLITS = tuple(_DATA_SETS)


@dataclass(frozen=True)
class ClassSplit:
    """Three disjoint sets of canonical class names.

    Attributes:
        seen: classes to train on; the position in it is the class's label.
        validation: pseudo-unseen classes, which choose epochs and hyper-parameters.
        unseen: classes of the final measurement, which choose nothing.

    Raises:
        SplitError: a class, under any spelling, stands twice, or no class is seen.
    """

    seen: tuple[str, ...]
    validation: tuple[str, ...]
    unseen: tuple[str, ...]

    def __post_init__(self) -> None:
        places: dict[str, list[str]] = {}
        for part in ("seen", "validation", "unseen"):
            for name in getattr(self, part):
                places.setdefault(class_key(name), []).append(part)
        twice = [f"{key} ({', '.join(parts)})" for key, parts in sorted(places.items()) if len(parts) > 1]
        if twice:
            raise SplitError(f"a class may stand in one part of a split, once; these stand twice: {'; '.join(twice)}")
        if not self.seen:
            raise SplitError("a split needs at least one seen class")

    @property
    def class_names(self) -> tuple[str, ...]:
        """All classes: seen, validation, unseen."""
        return (*self.seen, *self.validation, *self.unseen)


def named_split(name: str) -> ClassSplit:
    """A published split, without validation classes; `lists/SOURCES.md` states the sources.

    Args:
        name: "sketchy1", "tuberlin" (SAKE's 25 and 30 unseen classes), "sketchy2" (the 21 outside ImageNet's 1,000),
            "quickdraw" (the 30 of Dey et al.), "sketchy1@sempcyc" or "tuberlin@sempcyc" (SEM-PCYC's 25 and 30).

    Raises:
        SplitError: there is no such split.
    """
    if name not in SPLITS:
        raise SplitError(f"no split is named {name!r}; choose one of {', '.join(SPLITS)}")
    lists = name.replace("@", "_")
    seen, unseen = (tuple(sorted(class_list(f"{lists}_{part}"))) for part in ("seen", "unseen"))
    return ClassSplit(seen, (), unseen)


def split_data_set(name: str) -> str:
    """Data set of a published split: "sketchy", "tuberlin" or "quickdraw".

    Raises:
        SplitError: there is no such split.
    """
    if name not in SPLITS:
        raise SplitError(f"no split is named {name!r}; choose one of {', '.join(SPLITS)}")
    return _DATA_SETS[name]


class _SplitFile(Config):
    seen: tuple[str, ...]
    unseen: tuple[str, ...]
    validation: tuple[str, ...] = ()


def read_split(path: Path) -> ClassSplit:
    """A split of one's own from a JSON file: `{"seen": [...], "unseen": [...], "validation": [...]}`.

    `validation` may be left out. The parts are put in alphabetical order, as those of a published split are.

    Raises:
        SplitError: the file cannot be read or is no such object, or a class stands in it twice under any spelling.
    """
    try:
        tree = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_object)
        parts = _SplitFile.parse(tree, str(path))
        return ClassSplit(*(tuple(sorted(part)) for part in (parts.seen, parts.validation, parts.unseen)))
    except OSError as error:
        raise SplitError(f"{path}: cannot be read ({error.strerror}); give the path of a JSON file") from None
    except (ValueError, RecursionError):
        raise SplitError(f'{path}: no JSON; write {{"seen": [...], "unseen": [...], "validation": [...]}}') from None
    except ConfigError as error:
        raise SplitError(str(error)) from None
    except SplitError as error:
        raise SplitError(f"{path}: {error}") from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; of a key that stands twice Python would keep the last value alone."""
    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise SplitError(f"the key {', '.join(twice)} stands twice; write it once, with all its classes")
    return dict(pairs)


def find_split(text: str) -> ClassSplit:
    """A published split by its name, or one's own by the path of its JSON file; errors as for the two."""
    return read_split(Path(text)) if text.endswith(".json") else named_split(text)


def with_pseudo_unseen(split: ClassSplit, count: int, seed: int) -> ClassSplit:
    """Move `count` seen classes to validation; no unseen class is touched.

    The classes with the smallest SHA-256 of `seed:name` move, so the choice depends on no order of any list.

    Raises:
        SplitError: no seen class would be left.
    """
    if not 0 <= count < len(split.seen):
        raise SplitError(f"{count} of {len(split.seen)} seen classes cannot be held out; at least one must stay")
    chosen = frozenset(sorted(split.seen, key=lambda name: _draw(seed, name))[:count])
    return ClassSplit(
        tuple(name for name in split.seen if name not in chosen),
        tuple(sorted({*split.validation, *chosen})),
        split.unseen,
    )


def _draw(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}:{class_key(name)}".encode()).hexdigest()


def overlap(first: Collection[str], second: Collection[str]) -> tuple[str, ...]:
    """Classes of `first` that `second` holds under any spelling, in alphabetical order."""
    keys = {class_key(name) for name in second}
    return tuple(sorted(name for name in first if class_key(name) in keys))
