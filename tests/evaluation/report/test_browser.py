"""The page in Debian's Chromium: no width scrolls it sideways, whatever the names are."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from inkseek.evaluation.report.page import report_page
from tests.evaluation.report.saved_runs import open_run, run_facts, write_run

CHROMIUM = shutil.which("chromium")
WIDTHS = (320, 360, 600, 1024, 2560)

MEASURE = """<pre></pre><script>
const found = [];
function next([width, ...widths]) {
  if (!width) { document.querySelector("pre").textContent = "done " + found.join(" "); return; }
  const frame = document.createElement("iframe");
  Object.assign(frame, {width, height: 800, src: "report.html", style: "border: 0"});
  frame.onload = () => {
    const root = frame.contentDocument.documentElement;
    found.push(root.scrollWidth - root.clientWidth);
    frame.remove();
    next(widths);
  };
  document.body.append(frame);
}
next([WIDTHS]);
</script>"""


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_the_page_never_scrolls_sideways(tmp_path: Path) -> None:
    classes = tuple(f"{'long ' * 9}{'x' * 60}{place}" for place in range(34))
    folders = [
        write_run(tmp_path / str(seed), name="n" * 90, classes=classes, seed=seed, run=run_facts(seed))
        for seed in range(3)
    ]
    (tmp_path / "report.html").write_text(report_page([open_run(folder) for folder in folders]), encoding="utf-8")
    measure = tmp_path / "measure.html"
    measure.write_text(MEASURE.replace("WIDTHS", ", ".join(map(str, WIDTHS))), encoding="utf-8")

    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--allow-file-access-from-files",
            f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=30000", "--dump-dom", measure.as_uri(),
        ],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip

    found = re.search(r"<pre>done ([\d -]+)</pre>", done.stdout)
    assert found, done.stdout
    assert dict(zip(WIDTHS, map(int, found[1].split()), strict=True)) == dict.fromkeys(WIDTHS, 0)
