"""The methods that exist: one public file of `inkseek.methods` each, found by listing the folder."""

import importlib
import pkgutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import inkseek.methods
from inkseek.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from inkseek.methods._base import Method, MethodConfig


def method_names() -> tuple[str, ...]:
    """Names of all methods, sorted; needs no torch."""
    files = pkgutil.iter_modules(inkseek.methods.__path__)
    return tuple(sorted(file.name for file in files if not file.name.startswith("_")))


def method_class(name: str) -> type["Method"]:
    """The class of a method.

    Raises:
        ConfigError: no such method.
        MissingExtraError: torch is not installed.
    """
    if name not in method_names():
        raise ConfigError(f"method.name: no method {name!r}; there are {', '.join(method_names())}")
    try:
        module = importlib.import_module(f"inkseek.methods.{name}")
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "torch", "train") from None
    found: type[Method] = module.METHOD
    return found


def parse_method_config(tree: Mapping[str, Any], source: str) -> "MethodConfig":
    """Check the `[method]` table with the class that its `name` chooses.

    Raises:
        ConfigError: with the dotted path of the first wrong key.
    """
    name = tree.get("name")
    if not isinstance(name, str):
        raise ConfigError(f"{source}: missing key method.name; there are {', '.join(method_names())}")
    return method_class(name).config_class.parse(tree, source, prefix="method")
