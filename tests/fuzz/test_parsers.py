"""Every parser of a stranger's bytes, fuzzed for a bounded time in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("atheris")

SECONDS = 6


@pytest.mark.slow
@pytest.mark.parametrize("parser", ["picture", "stroke_json", "svg", "query"])
def test_no_input_gets_past_the_refusals(parser: str, tmp_path: Path) -> None:
    # A process inherits the greatest memory use of the one that started it: libFuzzer's own limit says nothing here.
    options = [f"-max_total_time={SECONDS}", "-timeout=10", "-rss_limit_mb=0", f"-artifact_prefix={tmp_path}/"]
    command = [sys.executable, "-m", "tests.fuzz.parsers", parser, *options]

    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=20 * SECONDS)

    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done " in done.stderr
