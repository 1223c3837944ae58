"""Bad input gets one clear sentence and exit code 2, and nothing is lost.

A damaged checkpoint stands with the run that it belongs to, in `tests/e2e/test_resume.py`.
"""

import re
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from inkseek.data.classes import class_list
from tests.cli.calling import bomb, inkseek, inkseek_process, refusal
from tests.cli.conftest import World, still_answers, write_picture
from tests.tiny_model import write_tiny_model_folder

# Queries


def encoded(kind: str, colour: str = "black") -> bytes:
    image, file = Image.new("RGB", (60, 60), "white"), BytesIO()
    image.paste(colour, (20, 20, 40, 50))
    image.save(file, kind)
    return file.getvalue()


QUERIES: dict[str, tuple[str, bytes, str]] = {
    "truncated PNG": ("q.png", encoded("PNG")[:70], "damaged PNG file"),
    "truncated JPEG": ("q.jpg", encoded("JPEG")[:500], "damaged JPEG file"),
    "no byte": ("q.png", b"", "has 0 bytes; copy the file again"),
    "other content": (
        "q.jpg",
        encoded("PNG"),
        "the suffix .jpg promises JPEG, but the content is PNG; rename the file",
    ),
    "blank": ("q.png", encoded("PNG", "white"), "ink"),
    "bomb that Pillow refuses": ("q.png", bomb(), "over the limit of 100000000 pixels; scale the picture down"),
    "bomb that Pillow allows": (
        "q.png",
        bomb(12_000, 10_000),
        "12000 x 10000 pixels over the limit of 100000000 pixels",
    ),
    "no picture": ("q.txt", b"hello", ".txt is no picture suffix"),
    "broken JSON": ("q.json", b'{"strokes": [', "JSON"),
    "broken SVG": ("q.svg", b"<svg><path d=", "q.svg"),
    "no stroke": ("q.json", b'{"format": 1, "strokes": []}', "q.json"),
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_bad_query(world: World, tmp_path: Path, name: str) -> None:
    file, data, words = QUERIES[name]
    (tmp_path / file).write_bytes(data)
    sentence = refusal(inkseek("search", world.gallery, tmp_path / file, "--json"))
    assert sentence.startswith(f"{tmp_path / file}: ")
    assert words in sentence
    still_answers(world)


def test_a_query_that_is_missing_or_a_folder(world: World, tmp_path: Path) -> None:
    assert "no.png: cannot be read (No such file or directory); check the path" in refusal(
        inkseek("search", world.gallery, tmp_path / "no.png")
    )
    assert "is no regular file" in refusal(inkseek("search", world.gallery, world.photos))


def test_strokes_as_a_photo(world: World, tmp_path: Path) -> None:
    (tmp_path / "q.json").write_text('{"format": 1, "strokes": [[[0, 0], [1, 1]]]}')
    assert "search with it as a sketch" in refusal(inkseek("search", world.gallery, tmp_path / "q.json", "--photo"))


def test_the_process_says_and_returns_the_same(world: World, tmp_path: Path) -> None:
    (tmp_path / "q.png").write_bytes(bomb())
    done = inkseek_process("search", world.gallery, "q.png", "--json", cwd=tmp_path)
    assert re.fullmatch(r"q\.png: .* over the limit of 100000000 pixels; scale the picture down", refusal(done))


# Classes and splits


def test_an_unknown_split(world: World) -> None:
    sentence = refusal(inkseek("evaluate", world.model, "--data", world.data, "--split", "sketchy9", "--json"))
    assert "'sketchy9'" in sentence
    assert "sketchy1, sketchy2" in sentence


def test_a_split_of_classes_that_were_trained_on(world: World) -> None:
    """Though the data set holds no picture of the class that overlaps."""
    sentence = refusal(inkseek("evaluate", world.model, "--data", world.data, "--split", "sketchy2", "--json"))
    assert "trained on 1 test classes of sketchy2 (bat)" in sentence
    assert sentence.endswith("or give --split all")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--bits", "64"), "name its kind with --codes"),
        (("--codes", "itq", "--bits", "0"), "a multiple of 8 bits, not 0"),
        (("--codes", "itq-released", "--bits", "1024"), "1024 bits cannot be made of features of"),
        (("--codes", "lsh"), "binary codes 'lsh' are unknown; choose itq"),
        (("--generalized", "held_out"), "name a split with --split"),
    ],
)
def test_choices_that_cannot_be_measured(world: World, options: tuple[str, ...], sentence: str) -> None:
    assert sentence in refusal(inkseek("evaluate", world.model, "--data", world.data, *options, "--json"))


def test_a_data_set_without_any_class_of_the_split(own: World, tmp_path: Path) -> None:
    model = write_tiny_model_folder(tmp_path / "model", seen_classes=("cat",))
    for modality in ("sketch", "photo"):
        shutil.rmtree(own.data / modality / "cow")
        shutil.rmtree(own.data / modality / "pear")
    sentence = refusal(inkseek("evaluate", model, "--data", own.data, "--split", "sketchy2", "--json"))
    assert sentence.startswith(f"{own.data}: none of the asked classes is in it: 'bat' (nearest: cat), 'cabin', ")


def test_classes_that_are_unknown_or_absent_are_reported_and_not_fatal(own: World, tmp_path: Path) -> None:
    model = write_tiny_model_folder(tmp_path / "model", seen_classes=("cat",))
    write_picture(own.data / "sketch" / "unicorn" / "0.png", 0)
    done = inkseek("evaluate", model, "--data", own.data, "--split", "sketchy2", "--json")
    assert done.json()["data"]["classes"] == 2
    absent = sorted(set(class_list("sketchy2_unseen")) - {"cow", "pear"})
    assert f"no picture of 19 test classes of sketchy2: {', '.join(absent)}" in done.err
    assert "folder outside the class list │ 1 " in done.err


def test_sketches_without_photos(own: World, tmp_path: Path) -> None:
    shutil.rmtree(own.data / "photo")
    sentence = refusal(inkseek("evaluate", own.model, "--data", own.data))
    assert sentence.startswith(f"{own.data}: 9 sketches and 0 photos")


# Missing folders


def test_a_missing_folder_of_photos_makes_no_gallery(world: World, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    sentence = refusal(inkseek("index", nowhere, "--gallery", tmp_path / "new", "--model", world.model))
    assert sentence == f"{nowhere}: no such folder; give the folder that holds the photos"
    assert not (tmp_path / "new").exists()
    refusal(inkseek("index", nowhere, "--gallery", world.gallery, "--model", world.model))


def test_an_empty_mount_point_takes_nothing_out_of_the_gallery(own: World) -> None:
    for photo in own.photos.iterdir():
        photo.unlink()
    before = own.contents()
    sentence = refusal(inkseek("index", own.photos, "--gallery", own.gallery, "--model", own.model))
    assert "no picture here any more, but the gallery holds 3 of it; mount the drive" in sentence
    assert own.contents() == before


def test_a_missing_or_foreign_data_set(world: World, tmp_path: Path) -> None:
    sentence = refusal(inkseek("evaluate", world.model, "--data", tmp_path / "nowhere"))
    assert sentence == f"{tmp_path / 'nowhere'}: no such folder; give the folder of a data set"
    assert "no data set in a known layout" in refusal(inkseek("evaluate", world.model, "--data", world.photos))


def test_a_missing_gallery(world: World, tmp_path: Path) -> None:
    for verb in (("search", tmp_path / "no", world.query), ("gallery", "info", tmp_path / "no")):
        sentence = refusal(inkseek(*verb))
        assert sentence == f"{tmp_path / 'no'}: no gallery here; make one with: " + (
            f"inkseek index PHOTOS --gallery {tmp_path / 'no'}"
        )
    assert not (tmp_path / "no").exists()


# Model folders


def _empty(model: Path) -> None:
    shutil.rmtree(model)
    model.mkdir()


def _unfinished_run(model: Path) -> None:
    (model / "config.json").write_text('{"data": {}, "method": {}, "training": {}}')


def _unknown_key(model: Path) -> None:
    text = (model / "config.json").read_text()
    (model / "config.json").write_text(text.replace('"sketch_extent"', '"sketch_extend"'))


def _newer(model: Path) -> None:
    text = (model / "config.json").read_text()
    (model / "config.json").write_text(text.replace('"format": 1', '"format": 2'))


def _no_network(model: Path) -> None:
    (model / "encoder.onnx").unlink()


def _cut_network(model: Path) -> None:
    (model / "encoder.onnx").write_bytes((model / "encoder.onnx").read_bytes()[:300])


MODELS: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (_empty, "no model folder (config.json cannot be read); give a folder that training wrote"),
    "unfinished run": (_unfinished_run, "config.json: not the configuration of a model folder; give a folder that"),
    "unknown key": (_unknown_key, "unknown key preprocessing.sketch_extend; remove it or correct its spelling"),
    "newer": (_newer, "config.json: format 2, but this inkseek reads format 1"),
    "no network": (
        _no_network,
        "the network encoder.onnx named by config.json is missing; copy the whole folder again",
    ),
    "cut network": (_cut_network, "encoder.onnx: "),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_wrong_model_folder(world: World, tmp_path: Path, name: str) -> None:
    damage, words = MODELS[name]
    model = shutil.copytree(world.model, tmp_path / "wrong")
    damage(model)
    for call in (
        ("index", world.photos, "--gallery", tmp_path / "new", "--model", model),
        ("evaluate", model, "--data", world.data, "--json"),
        ("search", world.gallery, world.query, "--model", model, "--json"),
    ):
        sentence = refusal(inkseek(*call))
        if name != "cut network" or call[0] != "search":  # another fingerprint, and that is found first
            assert str(model) in sentence
            assert words in sentence
    assert not (tmp_path / "new").exists()


def test_the_runtime_adds_no_word_of_its_own(own: World) -> None:
    _cut_network(own.model)
    done = inkseek_process("evaluate", own.model, "--data", own.data)
    assert "encoder.onnx" in refusal(done)


def test_an_unknown_runtime(world: World) -> None:
    sentence = refusal(inkseek("search", world.gallery, world.query, "--runtime", "tensorflow"))
    assert sentence == "runtime 'tensorflow' is unknown; choose onnxruntime or openvino"


def test_a_gallery_whose_encoder_moved_away(own: World) -> None:
    own.model.rename(own.root / "moved")
    assert str(own.model) in refusal(inkseek("search", own.gallery, own.query))
    assert inkseek("search", own.gallery, own.query, "--model", own.root / "moved").code == 0
