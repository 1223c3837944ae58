"""Where `inkseek data verify --report` writes."""

from pathlib import Path
from unittest.mock import patch

from tests.cli.calling import contents, inkseek, refusal
from tests.data.conftest import write_data_set


def test_verify_replaces_nothing_but_its_own_report(tmp_path: Path) -> None:
    own = tmp_path / "own"
    write_data_set(own / "sketch", own / "photo", ("robot", "kite"), 3)
    report = tmp_path / "report.json"
    for _ in range(2):
        assert inkseek("data", "verify", own, "--report", report).code == 0
    (tmp_path / "mine.json").write_text('{"format": 1}')
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    before = contents(tmp_path)

    with patch("inkseek.data.verify.read_data_set", None):  # it is refused before anything is read
        for file in (own / "sketch/kite/0.png", tmp_path / "mine.json", tmp_path / "link", own):
            assert "no report of data verify" in refusal(inkseek("data", "verify", own, "--report", file))

    assert contents(tmp_path) == before
