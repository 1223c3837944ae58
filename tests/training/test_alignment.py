"""Each sketch finds the photo that it was drawn from, by the names that Sketchy gives its files."""

from pathlib import Path

import numpy as np
import pytest

from inkseek.data.layouts import read_sketchy
from inkseek.data.manifest import Manifest, Modality, Row
from inkseek.data.splits import named_split
from inkseek.data.views import training_view
from inkseek.training.alignment import drawn_from
from inkseek.training.experiment import load_experiment
from inkseek.training.run import prepare_data
from tests.contracts.problems import CONFIGS
from tests.data.conftest import write_photo, write_sketch

REAL = Path(__file__).parents[3] / "shared/data/sketchy25"


def row(modality: Modality, path: str, source: str = "sketchy") -> Row:
    return Row(modality, path.rpartition("/")[0].rpartition("/")[2], source, path, "0" * 64)


PHOTOS = [
    row("photo", "photo/cat/n02121620_10.jpg"),
    row("photo", "photo/cat/n02121620_100.jpg"),
    row("photo", "photo/dog/n02121620_11.jpg"),
    row("photo", "photo/cat/n02121620_12.jpg", source="another"),
    row("photo", "EXTEND_image_sketchy/cat/n02121620_13.JPEG"),
    row("photo", "photo/cat/tabby.jpg"),
    row("photo", "EXTEND_image_sketchy/camel/c.jpg"),
]


@pytest.mark.parametrize(
    ("sketch", "photo"),
    [
        ("sketch/cat/n02121620_10-3.png", 0),
        ("sketch/cat/n02121620_10-12.png", 0),
        ("sketch/cat/n02121620_100-1.jpg", 1),
        ("sketch/cat/n02121620_13-1.png", 4),
        ("sketch/camel/n02437136_5405-2.png", 6),  # the one original that the extended folder renames
        ("sketch/dog/n02121620_10-3.png", -1),  # of another class
        ("sketch/cat/n02121620_11-3.png", -1),
        ("sketch/cat/n02121620_12-3.png", -1),  # of another collection
        ("sketch/cat/n02121620_99-3.png", -1),  # held out
        ("sketch/cat/n02121620_10.png", -1),
        ("sketch/cat/tabby-1.png", -1),  # not a name of Sketchy's
        ("cat.ndjson#n02121620_10-3", -1),
    ],
)
def test_a_name_tells_the_photo(sketch: str, photo: int) -> None:
    assert drawn_from([row("sketch", sketch)], PHOTOS).tolist() == [photo]


def test_positions_are_those_of_the_photos_given() -> None:
    sketches = [row("sketch", f"sketch/cat/n02121620_{number}-1.png") for number in (100, 7, 10)]
    assert drawn_from(sketches, PHOTOS).tolist() == [1, -1, 0]
    assert drawn_from(sketches, PHOTOS[1::-1]).tolist() == [0, -1, 1]
    none = drawn_from([], PHOTOS)
    assert none.dtype == np.int64
    assert none.shape == (0,)


class Silent:
    def message(self, text: str) -> None:
        pass

    def step(self, record: object, total_steps: int) -> None:
        pass

    def decoding(self, done: int, total: int) -> None:
        pass


def test_prepared_data_knows_its_pairs(tmp_path: Path) -> None:
    for class_number, name in enumerate(("airplane", "cat", "bat")):
        for number in range(7):
            seed = 10 * class_number + number
            folder = f"tx_000000000000/{name}/n0000000{class_number}_{number}"
            write_photo(tmp_path / f"256x256/photo/{folder}.jpg", seed)
            write_sketch(tmp_path / f"256x256/sketch/{folder}-1.png", seed)
            write_sketch(tmp_path / f"256x256/sketch/{folder}-2.png", 100 + seed)
    sizes = ["data.training_size=32", "data.preprocessing.size=32"]
    places = [f"data.root={tmp_path}", f"data.cache={tmp_path / 'cache'}", 'data.sources=[{layout="sketchy",path="."}]']
    data = prepare_data(load_experiment(CONFIGS / "sake-sketchy25.toml", sizes + places), Silent())
    sketches = data.training.manifest.select(modality="sketch").rows
    photos = data.training.manifest.select(modality="photo").rows
    aligned = data.pixels.aligned
    assert aligned is not None
    assert len(aligned) == len(sketches) == 18  # nine of fourteen sketches of two seen classes are not held out
    assert -1 in aligned
    assert (aligned >= 0).sum() >= 2
    for sketch, position in zip(sketches, aligned, strict=True):
        drawn = sketch.path.replace("/sketch/", "/photo/").replace("-1.png", ".jpg").replace("-2.png", ".jpg")
        assert (photos[position].path == drawn) if position >= 0 else (drawn not in {photo.path for photo in photos})


@pytest.mark.real
@pytest.mark.skipif(not REAL.is_dir(), reason="the real data is not here")
def test_every_real_sketch_finds_its_photo_unless_that_is_held_out() -> None:
    manifest, _ = read_sketchy(REAL)

    def found(rows: Manifest) -> tuple[int, int, int]:
        aligned = drawn_from(rows.select(modality="sketch").rows, rows.select(modality="photo").rows)
        return len(aligned), int((aligned >= 0).sum()), len(np.unique(aligned[aligned >= 0]))

    assert found(manifest) == (3125, 3125, 578)
    assert found(training_view([manifest], named_split("sketchy2")).manifest) == (2080, 1707, 390)
