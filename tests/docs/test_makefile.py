"""Making the environment: what a failed attempt leaves behind is not trusted, and the remedy is named."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

WITHOUT_VENV = """#!/bin/sh
# Like Debian's python3 without python3-venv: the folder is begun, then pip is missing.
mkdir -p .venv/bin && printf '#!/bin/sh\\nexit 1\\n' > .venv/bin/python && chmod +x .venv/bin/python
echo "ensurepip is not available" >&2
exit 1
"""

WITH_VENV = f"""#!/bin/sh
[ "$3" = --clear ] || exit 1
rm -rf .venv && mkdir -p .venv/bin && printf '#!/bin/sh\\nexec {sys.executable} "$@"\\n' > .venv/bin/python
chmod +x .venv/bin/python
"""


def make_environment(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    program = folder / "python"
    program.write_text(python, encoding="utf-8")
    program.chmod(0o755)
    command = ["make", "-s", "-f", str(ROOT / "Makefile"), "-C", str(folder), f"PYTHON={program}", ".venv/.made"]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_a_failure_names_the_packages_and_leaves_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        done = make_environment(tmp_path, WITHOUT_VENV)

        assert done.returncode == 2
        assert (
            "inkseek needs Python 3.11 or newer with venv (Debian: apt install python3 python3-venv); " in done.stderr
        )
        assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("left_behind", ["#!/bin/sh\nexit 1\n", None])
def test_what_a_failure_left_is_made_again(tmp_path: Path, left_behind: str | None) -> None:
    if left_behind is not None:
        half = tmp_path / ".venv/bin/python"
        half.parent.mkdir(parents=True)
        half.write_text(left_behind, encoding="utf-8")
        half.chmod(0o755)

    done = make_environment(tmp_path, WITH_VENV)

    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / ".venv/.made").exists()


def test_a_good_environment_is_kept(tmp_path: Path) -> None:
    make_environment(tmp_path, WITH_VENV)
    (tmp_path / ".venv/.made").unlink()

    assert make_environment(tmp_path, WITHOUT_VENV).returncode == 0
