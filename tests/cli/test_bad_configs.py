"""A wrong configuration is one sentence with the dotted path of its key, and makes no run."""

from pathlib import Path

import pytest

from tests.cli.calling import ROOT, inkseek, refusal
from tests.cli.conftest import World

CONFIG = ROOT / "configs/sake-sketchy25.toml"


def test_a_missing_configuration(tmp_path: Path) -> None:
    sentence = refusal(inkseek("train", tmp_path / "no.toml", "--out", tmp_path / "run"))
    assert sentence.startswith(f"{tmp_path / 'no.toml'}: cannot be read (No such file or directory)")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("training.epoch=2", "unknown key training.epoch; remove it or correct its spelling"),
        ("training.batch.sketch=2", "unknown key training.batch.sketch; remove it"),
        ("data.preprocessing.width=2", "unknown key data.preprocessing.width; remove it"),
        ("method.weights.contrast=1.0", "unknown key method.weights.contrast; remove it"),
        ("modell.name=sake", "unknown key modell; remove it"),
        ('data.sources=[{layout = "sketchy", path = "a", colour = 1}]', "unknown key data.sources.0.colour; remove it"),
        ("training.epochs=two", "training.epochs: Input should be a valid integer (found 'two')"),
        ("training.epochs=0", "training.epochs: "),
        ("method.name=saké", "method.name: no method 'saké'; there are "),
        ("training.epochs", "--set training.epochs: write key=value"),
        ("training.epochs.number=2", "--set training.epochs.number=2: epochs is a value, not a table"),
    ],
)
def test_a_wrong_key_is_named_with_its_dotted_path(tmp_path: Path, setting: str, words: str) -> None:
    nothing = ("--set", "data.root=nowhere")  # where the key passed, at least nothing is trained
    sentence = refusal(inkseek("train", CONFIG, "--out", tmp_path / "run", *nothing, "--set", setting))
    assert words in sentence
    if "--set" not in words and "no method" not in words:
        assert sentence.startswith(f"{CONFIG}: ")
    assert not (tmp_path / "run").exists()


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[data\nroot = 3")
    sentence = refusal(inkseek("train", tmp_path / "c.toml", "--out", tmp_path / "run"))
    assert sentence.startswith(f"{tmp_path / 'c.toml'}: not valid TOML (")
    assert not (tmp_path / "run").exists()


TRAINING = {
    "missing data": ("data.root=nowhere", "nowhere/sketchy25: no such folder"),
    "unknown split": ("data.split=sketchy9", "no split is named 'sketchy9'; choose one of sketchy1, sketchy2"),
    "no class left": ("data.pseudo_unseen=104", "104 of 104 seen classes cannot be held out; at least one must stay"),
    "no benchmark": ('data.sources=[{layout = "quickdraw", path = "."}]', "data.sources: the first source is"),
}


@pytest.mark.parametrize("name", TRAINING)
def test_a_training_that_cannot_begin(world: World, tmp_path: Path, name: str) -> None:
    setting, words = TRAINING[name]
    call = ("train", CONFIG, "--out", tmp_path / "run", "--set", f"data.root={world.data}", "--set", setting)
    assert words in refusal(inkseek(*call))


def test_a_training_that_cannot_begin_does_not_take_the_folder(tmp_path: Path) -> None:
    refusal(inkseek("train", CONFIG, "--out", tmp_path / "run", "--set", "data.root=nowhere"))
    assert not (tmp_path / "run").exists()
