"""Spellings: when two written forms are one name, and which known names lie nearest to an unknown one."""

import difflib
from collections.abc import Iterable, Sequence

_SEPARATORS = str.maketrans("", "", " _-'")
_LARGE = 5_000
_LENGTHS_APART = 2


def spelling_key(name: str) -> str:
    """Key under which all spellings of a name meet: lower case, without spaces, `_`, `-` and `'`; brackets are kept.

    `wrist-watch`, `wrist watch` and `wristwatch` share a key. It is wider than `class_key`, which keeps words apart:
    a vocabulary writes a name in one way, and nobody knows in which.
    """
    return name.lower().translate(_SEPARATORS)


def nearest_names(names: Sequence[str], known: Iterable[str], count: int = 3) -> list[list[str]]:
    """For each name up to `count` known ones, the most alike first (difflib's ratio of lower-case spellings, over 0.6).

    Among more than 5,000 known names only those are compared that begin with the same letter and are at most two
    letters longer or shorter: with 400,000 of them a name takes some hundredths of a second.
    """
    spellings: dict[str, str] = {}
    for other in known:
        spellings.setdefault(other.lower(), other)
    pools: dict[tuple[str, int], list[str]] = {}
    if len(spellings) > _LARGE:
        for other in spellings:
            pools.setdefault((other[:1], len(other)), []).append(other)
    found = []
    for name in (name.lower() for name in names):
        lengths = range(len(name) - _LENGTHS_APART, len(name) + _LENGTHS_APART + 1)
        pool = [other for length in lengths for other in pools.get((name[:1], length), [])] if pools else spellings
        found.append([spellings[other] for other in difflib.get_close_matches(name, list(pool), count)])
    return found


def with_nearest(names: Sequence[str], known: Iterable[str]) -> str:
    """The names for an error's sentence, each with its nearest known ones: `'catt' (nearest: cat), 'xyz'`."""
    said = zip(names, nearest_names(names, known), strict=True)
    return ", ".join(f"{name!r} (nearest: {', '.join(near)})" if near else repr(name) for name, near in said)
