"""A measurement for human readers."""

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from inkseek.evaluation.protocols import main_protocol
from inkseek.evaluation.result import Evaluation, FeatureFacts


def evaluation_table(evaluation: Evaluation) -> Group:
    """What was measured on what, the metrics of every protocol by name, and mAP@all of every class, best first."""
    return Group(_heading(evaluation), _metrics(evaluation), _classes(evaluation))


def _heading(evaluation: Evaluation) -> Text:
    model, data, feature = evaluation["model"], evaluation["data"], evaluation["feature"]
    lines = [
        f"{model['name']} (method {model['method']}, {model['precision']} on {model['runtime']}, "
        f"{_compared(feature)}, fingerprint {model['fingerprint'][:12]})",
        f"split {data['split']}: {data['queries']} sketches against {data['gallery']} photos of {data['classes']} "
        f"classes, {data['skipped']} skipped, manifest {data['manifest'][:12]}",
        f"gallery {data['gallery_mode'].replace('_', ' ')}{_generalized(data['generalized'])}",
    ]
    seen = data["seen_in_training"]
    lines.append("zero-shot" if evaluation["zero_shot"] else f"not zero-shot: trained on {', '.join(seen)}")
    return Text("\n".join(lines))


def _compared(feature: FeatureFacts) -> str:
    if feature["codes"] is None:
        return f"{feature['dimension']}-d {feature['kind']}"
    return f"{feature['dimension']}-bit codes {feature['codes']}"


def _generalized(kind: str | None) -> str:
    return f", generalized zero-shot: {kind.replace('_', ' ')}" if kind else ""


def _metrics(evaluation: Evaluation) -> Table:
    table = Table(title="micro: mean over queries, macro: mean over classes", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("protocol", no_wrap=True)
    table.add_column("mean", no_wrap=True)
    names = list(_names(evaluation))
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for protocol, means in evaluation["protocols"].items():
        for mean, values in means.items():
            table.add_row(protocol, mean, *(f"{values[name]:.4f}" for name in names))
    return table


def _names(evaluation: Evaluation) -> Iterator[str]:
    first = next(iter(evaluation["protocols"].values()))
    yield from first["micro"]


def _classes(evaluation: Evaluation) -> Table:
    table = Table(title=f"per class, {main_protocol(evaluation['protocols'])}", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("class")
    table.add_column("queries", justify="right")
    table.add_column("mAP@all", justify="right")
    falling = sorted(evaluation["per_class"].items(), key=lambda entry: (-entry[1]["mAP@all"], entry[0]))
    for name, facts in falling:
        table.add_row(Text(name), str(facts["queries"]), f"{facts['mAP@all']:.4f}")
    return table


def markdown_table(evaluation: Evaluation) -> str:
    """Every metric under every protocol, micro and macro, as a Markdown table."""
    metrics = list(_names(evaluation))
    lines = ["| protocol | mean over | " + " | ".join(metrics) + " |", "|---|---|" + "---|" * len(metrics)]
    for protocol, means in evaluation["protocols"].items():
        for mean, over in (("micro", "queries"), ("macro", "classes")):
            values = " | ".join(f"{means[mean][metric]:.3f}" for metric in metrics)
            lines.append(f"| {protocol} | {over} | {values} |")
    return "\n".join(lines)
