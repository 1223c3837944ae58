"""What tests let many processes do; each writes what it found to FOLDER/JOB-NUMBER.json."""

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from inkseek.errors import ConfigError
from inkseek.methods._networks import Extractor
from inkseek.registry import method_names
from inkseek.training.batches import Choice, TrainingPixels, make_batch
from inkseek.training.features import training_features
from inkseek.training.loop import Trainer
from inkseek.training.part import WHOLE, Part
from inkseek.training.processes import check_agreement, is_first, process_count, process_number, started
from inkseek.training.sharing import averaged, backbones_shared
from tests.contracts import problems
from tests.training import pictures
from tests.training.many import BEGUN, CPU, STEPS, flat, run_steps, state_of, trainer

GATHERED = {"dsn": "contrastive", "tcn": "metric"}
"""Terms over pairs of rows that may lie on two processes."""


def digest(trainer: Trainer) -> str:
    """Of all state, to the bit."""
    found = hashlib.sha256()
    for value in state_of(trainer).values():
        found.update(value.detach().contiguous().numpy().tobytes())
    return found.hexdigest()


def curves(folder: Path) -> dict[str, Any]:
    """Every method's terms, step by step, and its state after them."""
    found = {}
    for name in method_names():
        one = trainer(name)
        found[name] = {"curve": run_steps(one, STEPS), "state": digest(one)}
    return found


def own_statistics(folder: Path) -> dict[str, Any]:
    """State after steps with the statistics of each process's own part."""
    one = trainer("sake", "own")
    return {"curve": run_steps(one, STEPS), "state": digest(one)}


def resume(folder: Path) -> dict[str, Any]:
    """Begin a run for one process to go on with, and go on with what one process began."""
    begun, resumed = trainer("dsn"), trainer("dsn")
    before = run_steps(begun, BEGUN)
    if is_first():
        begun.save(folder / "by-many")
    resumed.resume(folder / "by-one")
    return {"before": before, "after": run_steps(resumed, STEPS)}


def gradient(name: str, part: Part, rows: Part = WHOLE) -> Tensor:
    """Gradient of a term over pairs of rows: of a step shared by `part`, or of the rows `rows` as a batch of their own.

    Batch norms keep their statistics, and pictures are not changed.
    """
    one = trainer(name)
    for module in one.method.modules():
        if isinstance(module, _BatchNorm):
            module.eval()
    whole = one.order.choice(0, 0)
    choice = Choice(rows.of(whole.sketch), rows.of(whole.photo))
    torch.manual_seed(0)
    assert isinstance(one.data, TrainingPixels)
    batch = make_batch(one.data, choice, pictures.STILL, torch.Generator(), CPU, one.method.views, part)
    (phase,) = one.phases
    with backbones_shared(one.method, part):
        term = phase.losses(batch)[GATHERED[name]]
    found = torch.autograd.grad(term, phase.parameters, allow_unused=True)
    return flat(averaged([one for one in found if one is not None], Part(count=process_count())))


def gradients(folder: Path) -> dict[str, Any]:
    """Gradients through the gathering, and the mean of what each process would find on its own."""
    own = Part(process_number(), process_count())
    found = {
        f"{name} {kind}": value
        for name in GATHERED
        for kind, value in (
            ("shared", gradient(name, own)),
            ("alone", gradient(name, WHOLE, own)),
        )
    }
    if is_first():
        save_file(found, folder / "gradients.safetensors")
    return {}


def extraction(folder: Path) -> dict[str, Any]:
    """Features of more pictures than a block has, and of fewer."""
    torch.manual_seed(0)
    extractor = Extractor(problems.shared_network.__wrapped__(), ("code", "visual"))
    data = pictures.data(150, 40, side=32)
    found = training_features(extractor, data, "pictures", folder / "cache", CPU, lambda done, total: None)
    again = training_features(extractor, data, "pictures", folder / "cache", CPU, lambda done, total: None)
    values = [modality.features for kept in (found, again) for modality in (kept.sketch, kept.photo)]
    return {"features": [hashlib.sha256(value.tobytes()).hexdigest() for value in values]}


def disagreement(folder: Path) -> dict[str, Any]:
    """What the processes say where they agree, and where not."""

    def words(text: str) -> str:
        try:
            check_agreement(text, "the pictures")
        except ConfigError as error:
            return str(error)
        return ""

    return {"alike": words("one"), "unlike": words(f"one {process_number()}")}


JOBS: dict[str, Callable[[Path], dict[str, Any]]] = {
    job.__name__: job for job in (curves, own_statistics, resume, gradients, extraction, disagreement)
}


def everything(folder: Path) -> dict[str, Any]:
    """All jobs by one start, for starting takes longest."""
    return {name: job(folder) for name, job in JOBS.items()}


def main() -> None:
    """Do the job that the command line names."""
    name, place = sys.argv[1], Path(sys.argv[2])
    with started():
        found = (JOBS | {"everything": everything})[name](place)
        (place / f"{name}-{process_number()}.json").write_text(json.dumps(found), encoding="utf-8")
