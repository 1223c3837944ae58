"""`inkseek evaluate`: one model, one data set, every protocol."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkseek.cli.output import messages, print_json, progress_bar
from inkseek.errors import ConfigError

if TYPE_CHECKING:
    from inkseek.data.views import EvaluationData
    from inkseek.evaluation.evaluate import CodeRequest, Measurement
    from inkseek.evaluation.selection import Selection
    from inkseek.retrieval.encoder import RetrievalEncoder


class Gallery(StrEnum):
    """Which photos of a class stand in the gallery."""

    AS_LISTED = "as_listed"
    EXTENDED_ONLY = "extended_only"
    DISTINCT = "distinct"


class Generalized(StrEnum):
    """How pictures of seen classes are added."""

    HELD_OUT = "held_out"
    SEMPCYC = "sempcyc"


def evaluate(
    model: Annotated[str, typer.Argument(help="Model folder, run folder, or `bundled`.")],
    data: Annotated[Path, typer.Option(help="Data set in any known layout, or a manifest.")],
    split: Annotated[
        str, typer.Option(help="A split of `inkseek data list`, a JSON file of classes, or `all`: every class.")
    ] = "all",
    gallery: Annotated[
        Gallery, typer.Option(help="Photos of the gallery; matters where originals lie twice (Sketchy Extended).")
    ] = Gallery.AS_LISTED,
    generalized: Annotated[
        Generalized | None, typer.Option(help="Generalized zero-shot: add pictures of seen classes.")
    ] = None,
    lists: Annotated[Path | None, typer.Option(help="Folder of SAKE's list files: exactly those pictures.")] = None,
    codes: Annotated[
        str | None, typer.Option(help="Binary codes: itq; itq-transductive, itq-released, itq-released-photo.")
    ] = None,
    bits: Annotated[int | None, typer.Option(help="Length of a code; 64 by default.")] = None,
    training_data: Annotated[
        Path | None, typer.Option(help="Pictures of seen classes, for codes and spectra; itq takes DATA by default.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to keep the measurement in; a run keeps its own.")] = None,
    runtime: Annotated[str, typer.Option(help="onnxruntime or openvino.")] = "onnxruntime",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Measure a model: mAP@all, mAP@k and P@k under every published protocol."""
    from rich.console import Console

    from inkseek.evaluation.evaluate import CodeRequest
    from inkseek.evaluation.keeping import check_target, default_target, measurement_name, save_measurement
    from inkseek.evaluation.selection import select
    from inkseek.evaluation.table import evaluation_table
    from inkseek.retrieval.encoder import load_encoder

    if codes is None and bits is not None:
        raise ConfigError("--bits is the length of a binary code; name its kind with --codes")
    request = None if codes is None else CodeRequest(codes, 64 if bits is None else bits)
    encoder = load_encoder(model, runtime=runtime)
    selection = select(
        data, split, gallery=gallery.value, generalized=generalized.value if generalized else None, lists=lists
    )
    name = measurement_name(data, selection, request)
    target = out or default_target(encoder, selection.view, name)
    if target is not None:
        check_target(target)
    training = _training(encoder, data, training_data, request)
    result = _measure(encoder, selection, training, request)
    _say(data, selection)
    if as_json:
        print_json(result.evaluation)
    else:
        Console().print(evaluation_table(result.evaluation))
    if target is not None:
        save_measurement(target, result, f"{encoder.config.name}, {name}")
        _say_where(target)


def _training(
    encoder: "RetrievalEncoder", data: Path, training_data: Path | None, request: "CodeRequest | None"
) -> "EvaluationData | None":
    """Pictures of seen classes, where they are asked for or a code is fitted on them."""
    from inkseek.data.layouts import probe
    from inkseek.evaluation.training_pictures import training_pictures

    if training_data is None and not (request and request.fitted_on_training):
        return None
    seen = encoder.config.seen_classes
    return training_pictures(probe(training_data or data).manifest, seen)


def _measure(
    encoder: "RetrievalEncoder",
    selection: "Selection",
    training: "EvaluationData | None",
    request: "CodeRequest | None",
) -> "Measurement":
    from inkseek.evaluation.evaluate import evaluate as measure
    from inkseek.evaluation.evaluate import pictures_of

    with progress_bar() as bar:
        task = bar.add_task("encode", total=pictures_of(selection.view, training), note="")
        return measure(
            encoder,
            selection.view,
            split=selection.split,
            unseen=selection.unseen,
            training=training,
            codes=request,
            report=selection.report,
            advance=lambda count: bar.update(task, advance=count),
        )


def _say(data: Path, selection: "Selection") -> None:
    """What the figures do not show: classes read under another name, absent classes, skipped files."""
    say = messages()
    if selection.repairs:
        text = ", ".join(f"{folder} as {class_name}" for folder, class_name in sorted(selection.repairs.items()))
        say.print(f"{data}: folders read under another name: {text}", markup=False, soft_wrap=True)
    absent = selection.view.absent
    if absent:
        text = f"{data} holds no picture of {len(absent)} test classes of {selection.split}: {', '.join(absent)}"
        say.print(text, markup=False, soft_wrap=True)
    if selection.report.skipped:
        say.print(selection.report.table())


def _say_where(target: Path) -> None:
    here = Path.cwd()
    shown = target.relative_to(here) if target.is_relative_to(here) else target
    text = f"kept in {shown}; `inkseek report {shown} --out FILE` draws it"
    messages().print(text, markup=False, soft_wrap=True)
