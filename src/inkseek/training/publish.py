"""A finished run as a model folder to give away: chosen precision, with or without weights, figures on its card."""

from pathlib import Path
from typing import Literal

from inkseek.atomic import replacing
from inkseek.errors import FormatError
from inkseek.evaluation.result import Evaluation
from inkseek.retrieval.model_folder import open_model_folder
from inkseek.training.card import model_card
from inkseek.training.export import CARD, NETWORKS, WEIGHTS, write_model_folder
from inkseek.training.folder import CONFIG, read_environment
from inkseek.training.problem import open_run


def publish(
    run: Path,
    out: Path,
    *,
    name: str,
    precision: Literal["float32", "float16"],
    with_weights: bool,
    figures: Evaluation | None = None,
) -> Path:
    """Write the model folder `out` from a run.

    Args:
        run: a finished run.
        out: replaced if it exists.
        name: what results call the model.
        precision: of the ONNX initialisers.
        with_weights: also write safetensors to train on.
        figures: what `inkseek evaluate OUT --json` printed for this very encoder, for the card.

    Raises:
        FormatError: `run` is not a finished run, `out` holds something else than a model folder, or `figures` are of
            another encoder.
    """
    _check_target(out, run)
    experiment, method = open_run(run)
    card = model_card(method.paper, experiment, method.class_names, read_environment(run), figures)
    with replacing(out) as new:
        write_model_folder(
            method,
            new,
            name=name,
            preprocessing=experiment.data.preprocessing,
            precision=precision,
            card=card,
            with_weights=with_weights,
        )
        fingerprint = open_model_folder(new).fingerprint
        if figures is not None and figures["model"]["fingerprint"] != fingerprint:
            raise FormatError(
                f"{out}: the figures are of the encoder {figures['model']['fingerprint'][:12]}, this one is "
                f"{fingerprint[:12]}; evaluate {out} and export again"
            )
    return out


def _check_target(out: Path, run: Path) -> None:
    """Only a model folder may be replaced: nobody's photos, and no part of the run itself."""
    if out.absolute().is_relative_to(run.absolute()):
        raise FormatError(f"{out}: is part of the run; give another folder with --out")
    if not out.exists():
        return
    files = {path.name for path in out.iterdir()} if out.is_dir() else {out.name}
    if files and not (files <= {CARD, CONFIG, WEIGHTS, *NETWORKS} and CONFIG in files):
        raise FormatError(f"{out}: is no model folder and would be replaced; give a new folder with --out")
