"""Draw it, find it: search photos with a free-hand sketch, also of things never seen in training.

`inkseek.load` opens an encoder, `inkseek.Gallery` a searchable collection of photos; `inkseek.api` says how they are
used. Both come when they are first asked for: `import inkseek` alone imports nothing heavy.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inkseek.api import Encoder, Gallery, load

__all__ = ["Encoder", "Gallery", "load"]


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(import_module("inkseek.api"), name)
    raise AttributeError(f"module 'inkseek' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
