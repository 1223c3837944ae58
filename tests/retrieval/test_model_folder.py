import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inkseek.errors import FormatError
from inkseek.retrieval.model_folder import fingerprint, open_model_folder
from tests.tiny_model import write_tiny_model_folder


def test_a_model_folder_opens(tiny_folder: Path) -> None:
    folder = open_model_folder(tiny_folder)
    assert folder.path == tiny_folder
    assert folder.source == str(tiny_folder)
    assert folder.config.seen_classes == ("cat", "dog")
    assert folder.config.feature.dimension == 16
    assert folder.fingerprint == fingerprint(tiny_folder, folder.config)
    assert len(folder.fingerprint) == 64


def test_a_run_folder_gives_its_model(tmp_path: Path, tiny_folder: Path) -> None:
    shutil.copytree(tiny_folder, tmp_path / "run" / "model")
    (tmp_path / "run" / "config.json").write_text('{"training": {}}')
    folder = open_model_folder(str(tmp_path / "run"))
    assert folder.path == tmp_path / "run" / "model"
    assert folder.fingerprint == open_model_folder(tiny_folder).fingerprint


def test_spaces_and_order_of_the_configuration_do_not_count(tmp_path: Path, tiny_folder: Path) -> None:
    copy = shutil.copytree(tiny_folder, tmp_path / "copy")
    tree = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(dict(reversed(tree.items())), indent=7))
    (copy / "README.md").write_text("a card")
    assert open_model_folder(copy).fingerprint == open_model_folder(tiny_folder).fingerprint


def test_every_byte_of_a_network_and_every_setting_count(tmp_path: Path, tiny_folder: Path) -> None:
    prints = {open_model_folder(tiny_folder).fingerprint}
    copy = shutil.copytree(tiny_folder, tmp_path / "network")
    data = bytearray((copy / "encoder.onnx").read_bytes())
    data[-1] ^= 1
    (copy / "encoder.onnx").write_bytes(data)
    prints.add(open_model_folder(copy).fingerprint)
    copy = shutil.copytree(tiny_folder, tmp_path / "setting")
    edit(copy, lambda tree: tree["preprocessing"].update(sketch_extent=0.8))
    prints.add(open_model_folder(copy).fingerprint)
    copy = write_tiny_model_folder(tmp_path / "separate", separate=True)
    prints.add(open_model_folder(copy).fingerprint)
    assert len(prints) == 4


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "config.json"
    tree = json.loads(path.read_text())
    change(tree)
    path.write_text(json.dumps(tree))


def both_kinds(tree: dict[str, Any]) -> None:
    tree["networks"] = {"encoder": "encoder.onnx", "sketch": "encoder.onnx", "photo": "encoder.onnx"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda tree: tree.update(format=2), r"format 2, but this inkseek reads format 1"),
        (lambda tree: tree.update(colour="red"), r"unknown key colour; remove it"),
        (lambda tree: tree.pop("method"), r"missing key method"),
        (lambda tree: tree["feature"].update(dimension="16"), r"feature\.dimension"),
        (lambda tree: tree["feature"].update(dimension=0), r"feature\.dimension"),
        (lambda tree: tree.pop("networks"), r"not the configuration of a model folder"),
        (lambda tree: tree.update(networks={}), r"networks: .*either encoder, or both"),
        (lambda tree: tree.update(networks={"sketch": "encoder.onnx"}), r"networks: .*either encoder, or both"),
        (both_kinds, r"networks: .*either encoder, or both"),
        (lambda tree: tree.update(networks={"encoder": "../secret.onnx"}), r"networks: .*file name alone"),
        (lambda tree: tree.update(networks={"encoder": "other.onnx"}), r"the network other\.onnx .* is missing"),
    ],
)
def test_a_wrong_configuration_is_one_sentence(
    tmp_path: Path, tiny_folder: Path, change: Callable[[dict[str, Any]], object], sentence: str
) -> None:
    copy = shutil.copytree(tiny_folder, tmp_path / "copy")
    edit(copy, change)
    with pytest.raises(FormatError, match=sentence):
        open_model_folder(copy)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[1]", b'"text"'])
def test_a_configuration_that_is_none_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(FormatError, match=r"not valid JSON|not the configuration"):
        open_model_folder(tmp_path)


def test_any_other_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"no model folder .* or the word bundled"):
        open_model_folder(tmp_path)
