"""Help and version: light, complete, and in sentences."""

import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, get_args

import pytest
from typer.main import get_command

from inkseek.cli.evaluate import Gallery, Generalized
from inkseek.cli.main import CARD, TERMS, app
from inkseek.data import views
from inkseek.data.galleries import GALLERY_MODES
from inkseek.retrieval.codes import CODES
from tests.cli.calling import inkseek, inkseek_process

VERBS = ("search", "index", "demo", "train", "evaluate", "methods")


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, (*path, name))


COMMANDS = dict(_commands(get_command(app)))


def test_the_verbs_are_listed() -> None:
    assert {path[0] for path in COMMANDS if path} >= {*VERBS, "gallery"}
    shown = inkseek("--help").out
    assert all(re.search(rf"^\W+{path[0]}  ", shown, re.MULTILINE) for path in COMMANDS if path)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_is_one_sentence_and_a_word_on_every_parameter(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert re.fullmatch(r"[A-Z`][^\n]+[^.\n]\.", command.help), command.help
    for parameter in command.params:
        assert re.fullmatch(r"\w.{5,}[^.]\.", parameter.help or ""), parameter.name
    done = inkseek(*path, "--help")
    assert (done.code, done.err) == (0, "")
    assert command.help[:30] in done.out


@pytest.mark.parametrize(
    "verb", [*VERBS, *(f"gallery {verb}" for verb in ("info", "remove", "tag", "untag", "verify", "compact", "export"))]
)
def test_every_verb_that_prints_results_has_json(verb: str) -> None:
    assert "--json" in {name for parameter in COMMANDS[tuple(verb.split())].params for name in parameter.opts}


def test_version_and_terms() -> None:
    done = inkseek("--version")
    assert (done.code, done.err) == (0, "")
    first, *terms = done.out.splitlines()
    assert first == f"inkseek {version('inkseek')}"
    assert terms == TERMS.splitlines()
    assert {line.partition(":")[0] for line in terms} == {"code", "bundled weights", "photos"}
    assert terms[1].endswith(f"terms and figures in {CARD}")
    assert CARD.is_absolute()
    assert "Apache-2.0" in CARD.read_text(encoding="utf-8")


@pytest.mark.parametrize("call", ["--help", "--version", "train --help", "gallery --help"])
def test_help_and_version_load_no_library_that_takes_time(call: str) -> None:
    heavy = {"torch", "faiss", "onnxruntime", "numpy", "PIL", "sqlite3"}
    if call.startswith("--"):
        heavy.add("pydantic")  # typer takes it to read the parameters of a verb
    at_exit = f"import atexit, sys\natexit.register(lambda: print(*({heavy!r} & set(sys.modules)), file=sys.stderr))"
    done = inkseek_process(*call.split(), before=at_exit)
    assert (done.code, done.err) == (0, "\n")


@pytest.mark.parametrize("call", ["", "fly", "search", "search g q.png -k 0", "index --fast", "train c.toml"])
def test_a_wrong_call_is_told_how_to_call(call: str) -> None:
    done = inkseek(*call.split())
    assert done.code == 2
    assert "Usage: " in (done.err if call else done.out + done.err)


def test_choices_of_evaluate_are_all_there_are() -> None:
    """The verb names them without importing what defines them, so that help is instant."""
    (codes,) = [parameter.help or "" for parameter in COMMANDS[("evaluate",)].params if parameter.name == "codes"]

    assert tuple(choice.value for choice in Gallery) == GALLERY_MODES
    assert tuple(choice.value for choice in Generalized) == get_args(views.Generalized)
    assert all(name in codes for name in CODES)
