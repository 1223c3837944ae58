"""A measurement for human readers."""

from collections.abc import Iterator

from rich.console import Group
from rich.table import Table
from rich.text import Text

from inkseek.evaluation.evaluate import Evaluation


def evaluation_table(evaluation: Evaluation) -> Group:
    """What was measured on what, the metrics of every protocol by name, and mAP@all of every class, best first."""
    return Group(_heading(evaluation), _metrics(evaluation), _classes(evaluation))


def _heading(evaluation: Evaluation) -> Text:
    model, data, feature = evaluation["model"], evaluation["data"], evaluation["feature"]
    lines = [
        f"{model['name']} (method {model['method']}, {model['precision']} on {model['runtime']}, "
        f"{feature['dimension']}-d {feature['kind']}, fingerprint {model['fingerprint'][:12]})",
        f"split {data['split']}: {data['queries']} sketches against {data['gallery']} photos of {data['classes']} "
        f"classes, {data['skipped']} skipped, manifest {data['manifest'][:12]}",
    ]
    seen = data["seen_in_training"]
    lines.append("zero-shot" if evaluation["zero_shot"] else f"not zero-shot: trained on {', '.join(seen)}")
    return Text("\n".join(lines))


def _metrics(evaluation: Evaluation) -> Table:
    table = Table(title="micro: mean over queries, macro: mean over classes")
    table.add_column("metric")
    columns = [(name, mean) for name, means in evaluation["protocols"].items() for mean in means]
    for name, mean in columns:
        table.add_column(f"{name}\n{mean}", justify="right")
    for metric in _names(evaluation):
        table.add_row(metric, *(f"{evaluation['protocols'][name][mean][metric]:.4f}" for name, mean in columns))
    return table


def _names(evaluation: Evaluation) -> Iterator[str]:
    first = next(iter(evaluation["protocols"].values()))
    yield from first["micro"]


def _classes(evaluation: Evaluation) -> Table:
    protocols = evaluation["protocols"]
    table = Table(title=f"per class, {'standard' if 'standard' in protocols else next(iter(protocols))}")
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
