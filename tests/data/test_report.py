import pytest
from rich.console import Console

from inkseek.data.report import STRAY, ReadReport
from inkseek.errors import FormatError, PictureFault


def _report() -> ReadReport:
    report = ReadReport(read=3)
    report.add("a [b].jpg", PictureFault.CORRUPT, "cut short")
    report.add("b.txt", STRAY, "no picture")
    report.add("c.jpg", PictureFault.CORRUPT, "cut short")
    return report


def test_counts_the_most_frequent_first() -> None:
    assert list(_report().counts.items()) == [("corrupt", 2), ("stray file", 1)]


def test_merge_adds_up() -> None:
    merged = _report().merge([_report(), ReadReport(read=1)])
    assert (merged.read, merged.counts) == (7, {"corrupt": 4, "stray file": 2})


def test_json_round_trip() -> None:
    assert ReadReport.from_json(_report().to_json()) == _report()


def test_damaged_json_is_refused() -> None:
    with pytest.raises(FormatError, match="damaged"):
        ReadReport.from_json(_report().to_json()[:-9])


def test_table_shows_names_as_they_are() -> None:
    console = Console(width=120, record=True, file=None, quiet=False, force_terminal=False)
    with console.capture() as shown:
        console.print(_report().table())
    assert "a [b].jpg: cut short" in shown.get()
    assert "3 pictures read, 3 entries skipped" in shown.get()
