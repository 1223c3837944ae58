"""`inkseek export`: a finished run as a model folder to give away."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from inkseek.cli.output import messages, print_json
from inkseek.errors import FormatError

if TYPE_CHECKING:
    from inkseek.evaluation.result import Evaluation


class Precision(StrEnum):
    """Of the ONNX initialisers."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"


def export(
    run: Annotated[Path, typer.Argument(help="A finished run folder.")],
    out: Annotated[Path, typer.Option(help="Model folder to write; replaced if it exists.")],
    precision: Annotated[Precision, typer.Option(help="float16 halves the file.")] = Precision.FLOAT16,
    weights: Annotated[bool, typer.Option(help="Also write safetensors to train on.")] = False,
    name: Annotated[str | None, typer.Option(help="Name in results; default: the name of --out.")] = None,
    figures: Annotated[
        Path | None, typer.Option(help="File that `inkseek evaluate OUT --json` printed, for the card.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the folder and its fingerprint as JSON.")] = False,
) -> None:
    """Write a run's encoder as a model folder of chosen precision."""
    from inkseek.cli.extras import needs_train

    needs_train()
    from inkseek.retrieval.model_folder import open_model_folder
    from inkseek.training.publish import publish

    folder = publish(
        run,
        out,
        name=name or out.name,
        precision=precision.value,
        with_weights=weights,
        figures=None if figures is None else _read(figures),
    )
    fingerprint = open_model_folder(folder).fingerprint
    if as_json:
        print_json({"format": 1, "model": str(folder), "fingerprint": fingerprint})
    else:
        messages().print(f"{folder}: fingerprint {fingerprint[:12]}", markup=False)


def _read(figures: Path) -> "Evaluation":
    try:
        tree: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))
    except OSError as error:
        raise FormatError(f"{figures}: cannot be read ({error.strerror}); write it with evaluate --json") from None
    except ValueError:
        tree = {}
    if not isinstance(tree, dict) or not {"format", "model", "data", "protocols", "zero_shot"} <= tree.keys():
        raise FormatError(f"{figures}: not what `inkseek evaluate --json` prints; write it anew")
    return cast("Evaluation", tree)
