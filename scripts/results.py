"""Write the tables of docs/results.md from the measurements in docs/measurements.

    python scripts/results.py                    write the tables anew
    inkseek evaluate ... --json | python scripts/results.py NAME --command "inkseek evaluate ..." --commit HASH
                                                 keep a measurement first

A measurement is one JSON file: the command, the commit that ran it, and the evaluation as it was printed.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from inkseek.evaluation.protocols import main_protocol
from inkseek.evaluation.table import markdown_table

ROOT = Path(__file__).resolve().parents[1]
MEASUREMENTS = ROOT / "docs" / "measurements"
PAGE = ROOT / "docs" / "results.md"
BEGIN, END = "<!-- measurements -->", "<!-- /measurements -->"


def tables(measurements: dict[str, dict[str, Any]]) -> str:
    """One section a measurement: what was measured on what, every metric under every protocol, mAP@all a class."""
    return "\n\n".join(_section(name, measurement) for name, measurement in sorted(measurements.items()))


def _section(name: str, measurement: dict[str, Any]) -> str:
    evaluation = measurement["evaluation"]
    data, model = evaluation["data"], evaluation["model"]
    lines = [
        f"### {name}",
        "",
        f"`{measurement['command']}`, commit {measurement['commit']}",
        "",
        f"Method {model['method']}, {_compared(evaluation['feature'])}, {model['precision']} on {model['runtime']}, "
        f"fingerprint {model['fingerprint'][:12]}. Split {data['split']}{_gallery(data)}: {data['queries']} sketches "
        f"against {data['gallery']} photos of {data['classes']} classes, {data['skipped']} skipped, manifest "
        f"{data['manifest'][:12]}, {'zero-shot' if evaluation['zero_shot'] else 'not zero-shot'}.",
        "",
        markdown_table(evaluation),
    ]
    classes = sorted(evaluation["per_class"].items(), key=lambda item: -item[1]["mAP@all"])
    listed = ", ".join(f"{label} {found['mAP@all']:.2f}" for label, found in classes)
    return "\n".join([*lines, "", f"mAP@all a class, `{main_protocol(evaluation['protocols'])}`: {listed}."])


def _compared(feature: dict[str, Any]) -> str:
    codes = feature.get("codes")
    return f"{feature['dimension']}-bit codes `{codes}`" if codes else f"{feature['dimension']}-d {feature['kind']}"


def _gallery(data: dict[str, Any]) -> str:
    kind = data.get("generalized")
    return f", generalized zero-shot `{kind}`" if kind else ""


def read_measurements() -> dict[str, dict[str, Any]]:
    """Name of the file without suffix -> measurement."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in MEASUREMENTS.glob("*.json")}


def page_with_tables(page: str) -> str:
    """The page with everything between its markers written anew."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{tables(read_measurements())}\n\n{END}{after}"


def main() -> None:
    """Keep a measurement if one is given, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?")
    parser.add_argument("--command")
    parser.add_argument("--commit", help="what `git describe --always --dirty` says")
    arguments = parser.parse_args()
    if arguments.name:
        measurement = {"command": arguments.command, "commit": arguments.commit, "evaluation": json.load(sys.stdin)}
        MEASUREMENTS.mkdir(exist_ok=True)
        text = json.dumps(measurement, indent=1) + "\n"
        (MEASUREMENTS / f"{arguments.name}.json").write_text(text, encoding="utf-8")
    PAGE.write_text(page_with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
