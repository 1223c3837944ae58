"""The public names: their examples run, and they come only when they are asked for."""

import doctest
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import inkseek
from inkseek import api
from inkseek.cli.demo_drawings import drawings_folder
from inkseek.errors import GalleryError, PictureError
from inkseek.retrieval.filters import Filters
from inkseek.sketch.readers import read_drawing
from inkseek.sketch.renderer import render
from tests.retrieval.conftest import write_photo
from tests.tiny_model import write_tiny_model_folder


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with three photos and a drawing."""
    for number in range(3):
        write_photo(tmp_path / "photos" / f"{number}.jpg", number)
    Image.fromarray(render(read_drawing(drawings_folder() / "cow.json"), 96)).save(tmp_path / "drawing.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def encoder(own_folder: Path) -> inkseek.Encoder:
    return inkseek.load(write_tiny_model_folder(own_folder / "tiny"))


@pytest.mark.usefixtures("own_folder")
def test_the_examples_run() -> None:
    done = doctest.testmod(api)

    assert done.attempted >= 8
    assert done.failed == 0


def test_every_kind_of_query_gives_the_same(encoder: inkseek.Encoder) -> None:
    drawing = read_drawing(drawings_folder() / "cow.json")
    strokes = [stroke.points.tolist() for stroke in drawing.strokes]

    by_drawing = encoder.encode_sketch(drawing)

    assert encoder.encode_sketch(drawings_folder() / "cow.json") == pytest.approx(by_drawing)
    assert encoder.encode_sketch(strokes) == pytest.approx(by_drawing, abs=1e-3)
    assert encoder.encode_sketch("drawing.png") == pytest.approx(encoder.encode_sketch(Image.open("drawing.png")))
    assert encoder.encode_image("photos/0.jpg") == pytest.approx(encoder.encode_image(Image.open("photos/0.jpg")))


def test_strokes_are_no_photo(encoder: inkseek.Encoder) -> None:
    with pytest.raises(TypeError, match="a photo is a file"):
        encoder.pixels([[[0, 0], [1, 1]]], "photo")
    with pytest.raises(PictureError, match="holds no stroke"):
        encoder.encode_sketch([])


def test_a_gallery_is_filled_searched_and_emptied(encoder: inkseek.Encoder) -> None:
    with inkseek.Gallery.create("g", encoder) as gallery:
        gallery.add("photos", exclude=["2.jpg"])
        assert [hit.path.name for hit in gallery.search("photos/1.jpg", modality="photo", k=1)] == ["1.jpg"]
        assert gallery.search("drawing.png", filters=Filters(folder="elsewhere")) == ()
        assert gallery.remove("photos/0.jpg") == 1
        assert len(gallery) == 1
        with pytest.raises(GalleryError, match="no picture with the id 99"):
            gallery.similar(99)


def test_a_gallery_that_is_none_is_refused(encoder: inkseek.Encoder) -> None:
    with pytest.raises(GalleryError, match="no gallery here"):
        inkseek.Gallery.open("photos", encoder)


def test_the_package_alone_imports_nothing_heavy() -> None:
    program = "import sys, inkseek; print({'numpy', 'PIL', 'faiss', 'onnxruntime', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
    assert {"load", "Gallery", "Encoder"} <= set(dir(inkseek))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        inkseek.nothing  # noqa: B018 - asking is the test
