"""The README.md of a model folder: what it is, what it saw, what may be done with it, how well it does."""

from typing import Any

from inkseek.evaluation.result import Evaluation
from inkseek.evaluation.table import markdown_table
from inkseek.methods._base import Paper
from inkseek.training.experiment import Experiment

TERMS = """\
The weights are Apache-2.0. They were trained from ImageNet weights (EfficientNet-Lite, Apache-2.0) on pictures that are
for research only (the Sketchy database and the other sources below; Quick, Draw! is CC BY 4.0). No picture is contained
in this folder. Whoever wants to use the weights commercially should judge what follows from the pictures' terms.
"""


def model_card(
    paper: Paper,
    experiment: Experiment,
    class_names: tuple[str, ...],
    environment: dict[str, Any],
    figures: Evaluation | None = None,
) -> str:
    """Text of the card; figures are what `inkseek evaluate --json` printed."""
    data, training = experiment.data, experiment.training
    sources = "\n".join(f"- `{source.path}` ({source.layout})" for source in data.sources)
    return f"""\
# {paper.method} on {experiment.method.backbone}

{paper.summary[0].upper()}{paper.summary[1:]}. Source: {paper.title}; {paper.authors}; {paper.venue} {paper.year}.

- Input: pictures of {data.preprocessing.size} x {data.preprocessing.size} pixels, uint8; a modality (0 sketch, 1 photo)
- Output: a unit vector of {experiment.method.dimension} numbers; cosine compares
- Split: {data.split}, {len(class_names)} seen classes (listed in config.json)
- Training: at {data.training_size} pixels, {training.epochs} epochs, seed {training.seed}, \
{environment["pictures"]} pictures (manifest {environment["manifest"][:12]}), {environment["device"]}
- Commit: {", ".join(environment["commits"])}
{_after_training(experiment, environment)}
## Terms

{TERMS}
## Training data

{sources}

Five sketches and five photos of each seen class were set aside; no picture of another class was trained on.

## Figures

{_figures(figures)}
"""


def _after_training(experiment: Experiment, environment: dict[str, Any]) -> str:
    lines = []
    if soup := environment.get("soup"):
        runs = ", ".join(
            f"`{run['run']}` ({run['config']['method']['name']}, {run['fingerprint'][:12]}, {'/'.join(run['commits'])})"
            for run in soup
        )
        lines.append(f"- Soup: the mean weights of {runs}; what is said of training is the first's\n")
    if batches := experiment.training.norm_batches:
        lines.append(f"- Batch norms measured anew on {batches} batches\n")
    if (strength := experiment.normalisation) is not None:
        lines.append(f"- Codes normalised within classes: ridge {strength.ridge:g}, gap {strength.gap:g}\n")
    return "".join(lines)


def _figures(figures: Evaluation | None) -> str:
    if figures is None:
        return "Not measured yet: `inkseek evaluate THIS_FOLDER --data DIR --split NAME`."
    data, model = figures["data"], figures["model"]
    seen = "none of them seen in training" if figures["zero_shot"] else "not zero-shot"
    lines = [
        f"Split {data['split']}: {data['queries']} sketches against {data['gallery']} photos of {data['classes']} "
        f"classes, {seen}; {model['runtime']}, {model['precision']} initialisers, "
        f"fingerprint {model['fingerprint'][:12]}, manifest {data['manifest'][:12]}.",
        "",
        markdown_table(figures),
    ]
    return "\n".join(lines)
