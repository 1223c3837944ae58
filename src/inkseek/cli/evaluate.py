"""`inkseek evaluate`: one model, one data set, every protocol."""

from pathlib import Path
from typing import Annotated

import typer

from inkseek.cli.output import messages, print_json, progress_bar


def evaluate(
    model: Annotated[str, typer.Argument(help="Model folder, run folder, or `bundled`.")],
    data: Annotated[Path, typer.Option(help="Data set: Sketchy's layout, or folders sketch/CLASS and photo/CLASS.")],
    split: Annotated[
        str, typer.Option(help="sketchy1, sketchy2, or `all`: every class of the data set is a test class.")
    ] = "all",
    runtime: Annotated[str, typer.Option(help="onnxruntime or openvino.")] = "onnxruntime",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Measure a model: mAP@all, mAP@k and P@k under the protocols `standard` and `sake`."""
    from rich.console import Console

    from inkseek.data.layouts import probe
    from inkseek.data.splits import named_split
    from inkseek.data.views import evaluation_view
    from inkseek.evaluation.evaluate import ALL_CLASSES
    from inkseek.evaluation.evaluate import evaluate as measure
    from inkseek.evaluation.table import evaluation_table
    from inkseek.retrieval.encoder import load_encoder

    encoder = load_encoder(model, runtime=runtime)
    classes = None if split == ALL_CLASSES else named_split(split)
    found = probe(data, classes.unseen if classes else None)
    manifest = found.manifest
    report = found.report_without(classes.seen if classes else ())
    view = evaluation_view(manifest, classes.unseen if classes else manifest.class_names)
    with progress_bar() as bar:
        task = bar.add_task("encode", total=len(view.queries.rows) + len(view.gallery.rows), note="")
        result = measure(
            encoder, view, split=split, report=report, advance=lambda count: bar.update(task, advance=count)
        )
    say = messages()
    if view.absent:
        text = f"{data} holds no picture of {len(view.absent)} test classes of {split}: {', '.join(view.absent)}"
        say.print(text, markup=False, soft_wrap=True)
    if report.skipped:
        say.print(report.table())
    if as_json:
        print_json(result)
    else:
        Console().print(evaluation_table(result))
