"""`inkseek weights`: ImageNet weights that backbones start from, as far as no pip package carries them."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkseek.cli.output import Steps, messages, print_json

if TYPE_CHECKING:
    from inkseek.training.weights import Added, Weights

weights_app = typer.Typer(help="Look after the ImageNet weights of backbones: list, get, import.", no_args_is_help=True)


class Backbone(StrEnum):
    """Every backbone."""

    EFFICIENTNET_LITE0 = "efficientnet-lite0"
    EFFICIENTNET_LITE2 = "efficientnet-lite2"
    RESNET50 = "resnet50"
    CSE_RESNET50 = "cse-resnet50"
    VGG16 = "vgg16"


NameArgument = Annotated[Backbone, typer.Argument(help="Backbone: resnet50, cse-resnet50 or vgg16.")]
FolderOption = Annotated[
    Path | None, typer.Option(help="Weights folder; default: $INKSEEK_WEIGHTS, else one in the user's cache.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace other weights that are there.")]


@weights_app.command("list")
def list_all(
    folder: FolderOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the backbones: where their ImageNet weights come from, whether they are there, and their licence."""
    place = _folder(folder)
    from inkseek.training.weights import list_weights

    found = list_weights(place)
    if as_json:
        print_json({"format": 1, "folder": str(place), "backbones": [_tree(weights) for weights in found]})
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("backbone", "there", "ImageNet weights", "licence")
    for weights in found:
        table.add_row(weights.backbone, _presence(weights), _origin(weights), weights.licence)
    console = Console(highlight=False)
    console.print(table)
    console.print(f"weights folder: {place}", markup=False, soft_wrap=True)


@weights_app.command()
def get(
    name: NameArgument,
    base: Annotated[
        str | None, typer.Option("--from", help="Address of a folder with the same file, such as a mirror.")
    ] = None,
    folder: FolderOption = None,
    force: ForceOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was fetched as JSON.")] = False,
) -> None:
    """Fetch the public ImageNet weights of a backbone, check them and put them into the weights folder."""
    place = _folder(folder)
    from inkseek.training.weights import get_weights

    steps = Steps()
    with steps.bar:
        added = get_weights(name.value, place, base=base, replace=force, steps=steps)
    _print_added(added, place, as_json)


@weights_app.command("import")
def import_file(
    name: NameArgument,
    file: Annotated[Path, typer.Argument(help="Public checkpoint: .pth or .pt with a state dict, or .safetensors.")],
    folder: FolderOption = None,
    force: ForceOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was imported as JSON.")] = False,
) -> None:
    """Put a checkpoint file into the weights folder, if all its names and shapes are those of the backbone."""
    place = _folder(folder)
    from inkseek.training.weights import import_weights

    _print_added(import_weights(name.value, file, place, replace=force), place, as_json)


def _folder(chosen: Path | None) -> Path:
    """The weights folder; refuses first without the train half, since only training needs it."""
    from inkseek.cli.extras import needs_train

    needs_train()
    from inkseek.encoders.weights import weights_folder

    return weights_folder() if chosen is None else chosen


def _print_added(added: "Added", folder: Path, as_json: bool) -> None:
    from inkseek.encoders.weights import FOLDER_VARIABLE, weights_folder

    if as_json:
        print_json({"format": 1, "folder": str(folder), "skipped": added.skipped, **_tree(added.weights)})
        return
    weights, say = added.weights, messages()
    done = "are there already" if added.skipped else "are in place"
    lines = [f"{folder / weights.backbone}: weights from {_source(weights)} {done}", f"terms: {weights.licence}"]
    if folder.absolute() != weights_folder().absolute():
        lines.append(f"to train from them set {FOLDER_VARIABLE} to {folder}")
    for line in lines:
        say.print(line, markup=False, soft_wrap=True)


def _tree(weights: "Weights") -> dict[str, Any]:
    """One backbone of `--json`."""
    checkpoint = weights.checkpoint
    public = checkpoint and {
        "file": checkpoint.file,
        "url": f"{checkpoint.base}/{checkpoint.file}",
        "sha256": checkpoint.sha256,
    }
    return {
        "backbone": weights.backbone,
        "present": weights.present,
        "origin": weights.origin,
        "licence": weights.licence,
        "checkpoint": public,
        "source": weights.source and {**asdict(weights.source), "public": weights.public},
    }


def _presence(weights: "Weights") -> str:
    if weights.source is not None and not weights.public:
        return f"yes, from {weights.source.file}"
    return "yes" if weights.present else "no"


def _origin(weights: "Weights") -> str:
    return weights.origin if weights.checkpoint is None else f"{weights.origin}: {weights.checkpoint.file}"


def _source(weights: "Weights") -> str:
    """File that the weights are from, and whether it is the public one."""
    source = weights.source
    if source is None:
        return weights.origin
    kind = "the public checkpoint" if weights.public else "not the public checkpoint"
    return f"{source.file} (SHA-256 {source.sha256[:8]}..., {kind})"
