"""The README.md of a model folder: what it is, what it saw, what may be done with it."""

from inkseek.methods._base import Paper
from inkseek.training.experiment import Experiment

TERMS = """\
The weights are Apache-2.0. They were trained from ImageNet weights (Apache-2.0, EfficientNet-Lite) on pictures whose
own terms are research only (the Sketchy database and others named below); whoever uses the weights commercially should
judge for themselves what follows from that. No picture is contained in this folder.
"""


def model_card(paper: Paper, experiment: Experiment, class_names: tuple[str, ...]) -> str:
    """Text of the card; numbers are added by whoever measures, with protocol, data and commit."""
    data = experiment.data
    sources = "\n".join(f"- `{source.path}` ({source.layout})" for source in data.sources)
    return f"""\
# {paper.method} on {experiment.method.backbone}

{paper.summary[0].upper()}{paper.summary[1:]}. Source: {paper.title}; {paper.authors}; {paper.venue} {paper.year}.

- Input: pictures of {data.preprocessing.size} x {data.preprocessing.size} pixels, uint8; a modality (0 sketch, 1 photo)
- Output: a unit vector of {experiment.method.dimension} numbers; cosine compares
- Split: {data.split}, {len(class_names)} seen classes (listed in config.json)
- Training: {experiment.training.epochs} epochs, seed {experiment.training.seed}

## Terms

{TERMS}
## Data

{sources}
"""
