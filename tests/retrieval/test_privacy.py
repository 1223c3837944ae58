"""Searching leaves no trace outside the gallery and tells nobody."""

import os
import subprocess
import sys
from pathlib import Path

from tests.tiny_model import write_tiny_model_folder

SEARCH = """
import sys
import numpy as np
from inkseek.retrieval.encoder import load_encoder
load_encoder(sys.argv[1]).encode_sketch(np.full((1, 32, 32), 255, np.uint8))
"""


def test_encoding_writes_nothing_into_the_home_folder(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    write_tiny_model_folder(tmp_path / "model", size=32, dimension=16)
    kept = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    environment = kept | {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    subprocess.run([sys.executable, "-c", SEARCH, str(tmp_path / "model")], check=True, env=environment)
    assert list(home.rglob("*")) == []
