"""Write the tables of docs/results.md and docs/methods from the measurements in docs/measurements.

    python scripts/results.py                    write the tables anew
    inkseek evaluate ... --json | python scripts/results.py NAME --command "inkseek evaluate ..." --commit HASH
                                                 keep a measurement first

A measurement is one JSON file: the command, the commit that ran it, and the evaluation as it was printed. The table of
a study stands wherever a page has `<!-- study NAME -->` and `<!-- /study -->`, that of a split's floors between
`<!-- floors SPLIT -->` and `<!-- /floors -->`, that of what a step costs between `<!-- cost -->` and `<!-- /cost -->`.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inkseek.evaluation.protocols import main_protocol
from inkseek.evaluation.table import markdown_table

ROOT = Path(__file__).resolve().parents[1]
MEASUREMENTS = ROOT / "docs" / "measurements"
PAGE = ROOT / "docs" / "results.md"
METHODS = ROOT / "docs" / "methods"
STUDIES = MEASUREMENTS / "studies"
STUDY_COLUMNS = (
    "row", "published", "mAP@all", "interval over seeds", "seeds", "difference", "p", "d", "parameters", "minutes",
    "commit",
)  # fmt: skip


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


def study_table(name: str) -> str:
    """Every row of a study with its interval over seeds, and how it compares with the reference."""
    file = STUDIES / f"{name}.json"
    return _study(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else "Not measured yet."


def floor_table(split: str) -> str:
    """What the features are worth by themselves that methods start from."""
    file = MEASUREMENTS / "floors" / f"{split}.json"
    if not file.exists():
        return "Not measured yet."
    found = json.loads(file.read_text(encoding="utf-8"))
    lines = [
        f"Cosine of features at {found['size']} px, nothing trained on top; mAP@all under `standard`, "
        f"{found['data']['queries']} sketches against {found['data']['gallery']} photos, manifest "
        f"{found['data']['manifest'][:12]}, `python scripts/floors.py`, commit {found['commit']}.",
        "",
        "| network | feature | d | mAP@all |",
        "|---|---|---|---|",
        *(
            f"| {row['network']} | {row['feature']} | {row['dimension']} | {row['mAP@all']:.3f} |"
            for row in found["rows"]
        ),
    ]
    return "\n".join(lines)


def _study(study: dict[str, Any]) -> str:
    measured = [row for row in study["rows"] if row["runs"]]
    data = measured[0]["data"]
    columns = [name for name in STUDY_COLUMNS if name != "published" or any(row["paper"] for row in measured)]
    lines = [
        f"{study['question']} mAP@all under `standard`, split {data['split']}: {data['queries']} sketches against "
        f"{data['gallery']} photos of {data['classes']} unseen classes, manifest {data['manifest'][:12]}. Differences "
        f"are to *{study['reference']}* with the same seeds, with the 95 % interval and p of a paired bootstrap over "
        "queries of the means over seeds: for these runs, this gallery and these classes; it knows nothing of how "
        "seeds differ, and each line is tested alone. Minutes are those of the steps, without those of the features "
        "a method starts from.",
        "",
        f"| {' | '.join(columns)} |",
        f"|{'---|' * len(columns)}",
        *(_study_row(row, columns) for row in measured),
    ]
    missing = [row["name"] for row in study["rows"] if not row["runs"]]
    return "\n".join([*lines, *(["", f"Not run: {', '.join(missing)}."] if missing else [])])


def _study_row(row: dict[str, Any], columns: list[str]) -> str:
    interval = f"{row['interval'][0]:.3f} to {row['interval'][1]:.3f}" if row["interval"] else "–"
    difference = row.get("difference")
    compared = "–", "–"
    if difference:
        low, high = difference["low"], difference["high"]
        compared = f"{difference['mean']:+.3f} ({low:+.3f} to {high:+.3f})", f"{difference['p_value']:.4f}"
    cells = (
        row["name"], row["paper"] or "–", f"{row['mean']:.3f}", interval, str(row["runs"]), *compared,
        str(row["dimension"]), f"{row['parameters'] / 1e6:.1f} M", f"{row['minutes']:.1f}", row["commit"],
    )  # fmt: skip
    shown = (cell for name, cell in zip(STUDY_COLUMNS, cells, strict=True) if name in columns)
    return f"| {' | '.join(shown)} |"


def cost_table() -> str:
    """What a training step of each method costs: `benchmarks/training.py --keep`."""
    found = [json.loads(file.read_text(encoding="utf-8")) for file in sorted((MEASUREMENTS / "cost").glob("*.json"))]
    if not found:
        return "Not measured yet."
    lines = [
        "| method | sketches + photos | px | precision | seconds a step | bare loop | ours over bare | epoch, minutes "
        "| peak memory | threads | commit |",
        f"|{'---|' * 11}",
        *(
            f"| {row['method']} | {row['sketches']} + {row['photos']} | {row['training_size']} | {row['precision']} "
            f"| {row['ours_seconds_per_step']:.3f} | {row['bare_seconds_per_step']:.3f} "
            f"| {row['ours_over_bare']:.3f} | {row['epoch_minutes']:.1f} | {row['peak_memory_mib'] / 1024:.1f} GiB "
            f"| {row['threads']} | {row['commit']} |"
            for row in found
        ),
    ]
    return "\n".join(lines)


TABLES: dict[str, Callable[[str], str]] = {
    "measurements": lambda _: tables(read_measurements()),
    "study": study_table,
    "floors": floor_table,
    "cost": lambda _: cost_table(),
}


def page_with_tables(page: str) -> str:
    """The page with everything between its markers written anew."""

    def filled(marker: re.Match[str]) -> str:
        begin, kind, name = marker.groups()
        return f"{begin}\n\n{TABLES[kind](name)}\n\n<!-- /{kind} -->"

    return re.sub(rf"(<!-- ({'|'.join(TABLES)})(?: (\S+))? -->).*?<!-- /\2 -->", filled, page, flags=re.DOTALL)


def main() -> None:
    """Keep a measurement if one is given, and write the pages."""
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
    for page in (PAGE, *sorted(METHODS.glob("*.md"))):
        page.write_text(page_with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
