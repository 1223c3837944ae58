"""The weights folder: where it is, what is read from it, and what is said when it is empty or damaged."""

import re
from pathlib import Path

import pytest
import torch

from inkseek.encoders.build import build_backbone, load_imagenet
from inkseek.encoders.weights import CHECKPOINTS, read_source, read_weights, weights_file, weights_folder
from inkseek.errors import DataError, FormatError
from inkseek.training.weights import import_weights
from tests.encoders.checkpoints import flat_checkpoint


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INKSEEK_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path / "weights"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"INKSEEK_WEIGHTS": "/a/b", "XDG_CACHE_HOME": "/c"}, "/a/b"),
        ({"INKSEEK_WEIGHTS": "", "XDG_CACHE_HOME": "/c"}, "/c/inkseek/weights"),
        ({"XDG_CACHE_HOME": "c"}, "/h/.cache/inkseek/weights"),
        ({"XDG_CACHE_HOME": ""}, "/h/.cache/inkseek/weights"),
        ({}, "/h/.cache/inkseek/weights"),
    ],
)
def test_where_the_folder_is(environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("INKSEEK_WEIGHTS", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**environment, "HOME": "/h"}.items():
        monkeypatch.setenv(name, value)
    assert weights_folder() == Path(expected)
    assert weights_file("vgg16") == Path(expected) / "vgg16/weights.safetensors"


@pytest.mark.parametrize("name", sorted(CHECKPOINTS))
def test_a_checkpoint_is_what_its_name_says(name: str) -> None:
    checkpoint = CHECKPOINTS[name]
    assert re.fullmatch(r"[0-9a-f]{64}", checkpoint.sha256)
    assert checkpoint.file.endswith(f"-{checkpoint.sha256[:8]}.pth")
    assert checkpoint.base.startswith("https://")


@pytest.mark.parametrize("name", sorted(CHECKPOINTS))
def test_weights_that_are_not_there_are_an_error_with_its_remedy(name: str, folder: Path) -> None:
    with pytest.raises(DataError) as refused:
        read_weights(name)
    text = str(refused.value)
    assert text.startswith(f"{name}: its ImageNet weights are not in {folder / name};")
    assert f"`inkseek weights get {name}`" in text
    assert f"obtain {CHECKPOINTS[name].file} and type `inkseek weights import {name} FILE`" in text
    assert read_source(name, folder) is None


def test_damaged_weights_are_an_error_with_its_remedy(folder: Path) -> None:
    (folder / "resnet50").mkdir(parents=True)
    weights_file("resnet50").write_bytes(b"\0" * 99)
    with pytest.raises(FormatError, match=r"cannot be read .*; type `inkseek weights get resnet50 --force`"):
        read_weights("resnet50")


@pytest.mark.parametrize(
    "note",
    [
        None,
        "{",
        "[]",
        '{"format": 2, "backbone": "resnet50", "file": "f", "sha256": "0", "url": null, "added": "now"}',
        '{"format": 1, "backbone": "vgg16", "file": "f", "sha256": "0", "url": null, "added": "now"}',
        '{"format": 1, "backbone": "resnet50", "file": "f"}',
    ],
)
def test_weights_of_which_nobody_says_where_they_are_from(note: str | None, folder: Path) -> None:
    (folder / "resnet50").mkdir(parents=True)
    weights_file("resnet50").write_bytes(b"")
    if note is not None:
        (folder / "resnet50/source.json").write_text(note)
    with pytest.raises(FormatError, match=r"source\.json: does not say where the weights are from"):
        read_source("resnet50", folder)


@pytest.mark.parametrize("name", ["resnet50", "cse-resnet50"])
@torch.no_grad()
def test_what_is_imported_is_what_is_loaded(name: str, folder: Path, tmp_path: Path) -> None:
    tensors = flat_checkpoint(name, 0.125)
    torch.save(tensors, tmp_path / "file.pth")
    import_weights(name, tmp_path / "file.pth", folder)
    backbone = build_backbone(name)

    classifier = load_imagenet(backbone)

    assert tuple(classifier.weight.shape) == (1000, 2048)
    for key, value in {**backbone.state_dict(), "classifier": classifier.bias}.items():
        if key.endswith("fc2.weight") and name == "cse-resnet50":
            assert bool((value[:, :-1] == 0.125).all())
            assert not bool(value[:, -1].any())
        elif not key.endswith("num_batches_tracked"):
            assert bool((value == 0.125).all()), key


def test_weights_of_another_backbone_do_not_load(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkseek.encoders.build.read_weights", lambda _: flat_checkpoint("vgg16"))
    with pytest.raises(FormatError, match=r"weights\.safetensors: does not fit resnet50; tensors 267 missing"):
        load_imagenet(build_backbone("resnet50"))
