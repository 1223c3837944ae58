"""What the pages say is held against the program: blocks run, names exist, links lead somewhere, tables are fresh."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from PIL import Image

from inkseek.cli.demo_drawings import drawings_folder
from inkseek.cli.main import app
from inkseek.registry import method_names
from inkseek.sketch.readers import read_drawing
from inkseek.sketch.renderer import render
from tests.docs.loading import ROOT, load_script
from tests.retrieval.conftest import write_photo
from tests.tiny_model import write_tiny_model_folder

PACKAGE = ROOT / "src/inkseek"
README = ROOT / "README.md"
PAGES = sorted([README, ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs/adr").glob("*.md"))
METHOD_PAGES = sorted((ROOT / "docs/methods").glob("*.md"))


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def fences(page: Path) -> list[tuple[str, str]]:
    """Language and text of every fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text_of(page), flags=re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [text for found, text in fences(page) if found == language]


def code_spans(page: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL))


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with three photos and a drawing, named as the README names them."""
    for number in range(3):
        write_photo(tmp_path / "photos" / f"{number}.jpg", number)
    drawing = read_drawing(drawings_folder() / "cow.json")
    Image.fromarray(render(drawing, 96)).save(tmp_path / "drawing.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_block(block: str) -> None:
    exec(compile(block, "README.md", "exec"), {"__name__": "__main__"})  # noqa: S102 - our own page


def test_the_python_block_runs(own_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [block] = blocks(README, "python")
    model = write_tiny_model_folder(own_folder / "tiny")
    assert '"bundled"' in block

    run_block(block.replace('"bundled"', repr(str(model))))

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert {Path(line.split()[-1]).name for line in lines} == {"0.jpg", "1.jpg", "2.jpg"}


@pytest.mark.usefixtures("own_folder")
def test_the_python_block_runs_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    [block] = blocks(README, "python")

    run_block(block)

    assert len(capsys.readouterr().out.splitlines()) == 3


def test_at_most_ten_lines_of_python_by_line_25() -> None:
    [block] = blocks(README, "python")

    assert text_of(README).splitlines()[:25].index("```python") > 0
    assert len([line for line in block.splitlines() if line]) <= 10


def typed_commands(page: Path) -> Iterator[list[str]]:
    """Words of everything on a page that a reader may type after `inkseek`."""
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    for line in [*lines, *code_spans(page)]:
        words = shlex.split(line, comments=True) if line.startswith("inkseek ") else []
        if words and not words[1].isupper():
            yield words[1:]


def missing_words(words: list[str]) -> list[str]:
    """Verbs and options among the words that the command line does not have."""
    command: Any = typer.main.get_command(app)
    while words and not words[0].startswith("-") and hasattr(command, "commands"):
        if words[0] not in command.commands:
            return [words[0]]
        command, words = command.commands[words[0]], words[1:]
    known = {"--help", *(option for parameter in command.params for option in parameter.opts)}
    return [word for word in words if word.startswith("-") and word not in known]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_exists(page: Path) -> None:
    commands = list(typed_commands(page))

    assert not {shlex.join(words): missing for words in commands if (missing := missing_words(words))}
    files = {word for words in commands for word in words if word.startswith(("configs/", "benchmarks/", "scripts/"))}
    assert not [file for file in files if not (ROOT / file).is_file()]


def test_the_readme_shows_the_verbs_of_the_road() -> None:
    shown = {words[0] for words in typed_commands(README)}

    assert {"index", "search", "gallery", "evaluate", "train", "methods"} <= shown


def test_an_unknown_verb_or_option_would_be_found() -> None:
    assert missing_words(["serch", "x"]) == ["serch"]
    assert missing_words(["search", "g", "x.png", "--pathsonly"]) == ["--pathsonly"]
    assert missing_words(["gallery", "remov"]) == ["remov"]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), flags=re.MULTILINE))
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    named = {line.split()[1] for line in [*lines, *code_spans(page)] if line.startswith("make ")}

    assert named <= targets
    assert page != README or {"demo", "test", "check"} <= named


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_extra_exists(page: Path) -> None:
    extras = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]["optional-dependencies"]
    named = re.findall(r"\.\[(\w+)\]|extra\s+`(\w+)`", text_of(page))

    assert {first or second for first, second in named} <= set(extras)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", text_of(page))

    assert not [t for t in targets if not t.startswith("https://") and not (page.parent / t).exists()]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_named_file_exists(page: Path) -> None:
    files = [span for span in code_spans(page) if re.fullmatch(r"[\w./-]+/[\w.-]+\.(py|toml|svg|sh)", span)]

    assert not [
        file for file in files if "NAME" not in file and not (ROOT / file).is_file() and not (PACKAGE / file).is_file()
    ]


@pytest.mark.parametrize("page", METHOD_PAGES, ids=name_of)
def test_the_map_of_a_method_names_what_the_files_hold(page: Path) -> None:
    assert page.stem in method_names()
    for row in [line for line in text_of(page).splitlines() if line.startswith("|") and ".py`" in line]:
        spans = re.findall(r"`([^`]+)`", row)
        files = [f"methods/{page.stem}.py", *(span for span in spans if span.endswith(".py"))]
        source = "".join(text_of(PACKAGE / file) for file in files)
        names = [span.rpartition(".")[2] for span in spans if re.fullmatch(r"[A-Za-z_][\w.]*", span)]
        assert not [name for name in names if not re.search(rf"\b{name}\b", source)], row


def tree() -> Iterator[str]:
    """Paths of the README's tree."""
    [block] = [block for block in blocks(README, "") if "src/inkseek/" in block]
    for line in block.splitlines():
        name = line.split()[0]
        yield f"src/inkseek/{name}" if line.startswith("  ") else name


def test_the_tree_is_that_of_the_project() -> None:
    shown = list(tree())
    package = {
        f"src/inkseek/{folder.name}/" for folder in PACKAGE.iterdir() if folder.is_dir() and folder.name[0] != "_"
    }

    assert not [path for path in shown if not (ROOT / path).is_dir()]
    assert {path for path in shown if path.startswith("src/inkseek/")} == package | {"src/inkseek/"}
    assert {"configs/", "docs/", "tests/"} <= set(shown)


def test_the_readme_says_which_folders_need_torch() -> None:
    lines = [line for line in text_of(README).splitlines() if "[torch]" in line and line.startswith("  ")]

    assert {line.split("/")[0].strip() for line in lines} == {"encoders", "losses", "methods", "training"}


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load_script("readme")


def test_the_method_table_is_fresh(script: ModuleType) -> None:
    readme = text_of(README)

    assert script.with_method_table(readme) == readme, "run: python scripts/readme.py"
    assert all(f"`{name}`" in script.method_table() for name in method_names())


def test_the_picture_is_fresh(script: ModuleType) -> None:
    assert script.picture() == text_of(script.PICTURE), "run: python scripts/readme.py"


def test_the_picture_holds_no_foreign_thing(script: ModuleType) -> None:
    svg = text_of(script.PICTURE)

    assert "<image" not in svg
    assert "href" not in svg
    assert re.findall(r"https?://[^\"]+", svg) == ["http://www.w3.org/2000/svg"]


def test_decisions_are_numbered_and_complete() -> None:
    for number, page in enumerate(DECISIONS, start=1):
        headings = re.findall(r"^##? (.+)$", text_of(page), flags=re.MULTILINE)
        assert page.name.startswith(f"{number:04}-")
        assert headings[0].startswith(f"{number:04}: ")
        assert headings[1:] == ["Context", "Decision", "Consequence"]
