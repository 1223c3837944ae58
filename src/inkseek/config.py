"""Closed configurations: an unknown, missing or mistyped key is an error that names its dotted path."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from inkseek.errors import ConfigError


class Config(BaseModel):
    """Base of every configuration: immutable, no unknown keys, no silent conversion of types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @classmethod
    def parse(cls, tree: Mapping[str, Any], source: str, prefix: str = "") -> Self:
        """Check a tree of plain values, as TOML and JSON give them.

        Args:
            tree: nested mapping.
            source: file or option that the error message names.
            prefix: dotted path of the tree inside its file.

        Raises:
            ConfigError: with the dotted path of the first wrong key.
        """
        try:
            # JSON mode lets a list become a tuple and a string a Path, and nothing else; TOML's dates become strings.
            return cls.model_validate_json(json.dumps(tree, default=str), strict=True)
        except ValidationError as error:
            raise ConfigError(f"{source}: {_first_fault(error, prefix)}") from None


def _first_fault(error: ValidationError, prefix: str) -> str:
    first = error.errors(include_url=False)[0]
    dotted = ".".join(part for part in (prefix, *map(str, first["loc"])) if part) or "(whole file)"
    match first["type"]:
        case "extra_forbidden":
            return f"unknown key {dotted}; remove it or correct its spelling"
        case "missing":
            return f"missing key {dotted}; add it"
        case _:
            return f"{dotted}: {first['msg']} (found {first['input']!r})"


def read_toml(path: Path) -> dict[str, Any]:
    """Plain tree of a TOML file.

    Raises:
        ConfigError: the file is missing or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); give the path of a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML ({error})") from None


def override(tree: Mapping[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """Copy of `tree` with settings of the form `training.epochs=2` applied; a value is read as TOML.

    Raises:
        ConfigError: a setting has no `=`, or walks through something that is no table.
    """
    result = json.loads(json.dumps(tree, default=str))
    for setting in settings:
        dotted, equals, text = setting.partition("=")
        if not equals:
            raise ConfigError(f"--set {setting}: write key=value, for example training.epochs=2")
        *parents, last = dotted.strip().split(".")
        table = result
        for parent in parents:
            table = table.setdefault(parent, {})
            if not isinstance(table, dict):
                raise ConfigError(f"--set {setting}: {parent} is a value, not a table")
        table[last] = _toml_value(text.strip())
    return dict(result)


def _toml_value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
