"""The encoder that the package carries, on a few real pictures of classes that it never saw."""

from pathlib import Path

import pytest

from tests.cli.calling import ROOT, inkseek

DATA = ROOT.parent / "shared/data/sketchy25/256x256"
CLASSES = ("cow", "pear", "windmill")
EACH = 25

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not here"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three unseen classes in two folders; the pictures stay where they are."""
    root = tmp_path_factory.mktemp("real")
    for modality in ("sketch", "photo"):
        (root / modality).mkdir()
        for name in CLASSES:
            (root / modality / name).symlink_to(DATA / modality / "tx_000000000000" / name)
    return root


def test_the_bundled_encoder_knows_classes_that_it_never_saw(data: Path) -> None:
    tree = inkseek("evaluate", "bundled", "--data", data, "--split", "sketchy2", "--json").json()
    facts = tree["data"]
    assert (facts["queries"], facts["gallery"], facts["skipped"]) == (3 * EACH, 3 * EACH, 0)
    assert tree["zero_shot"] is True
    assert facts["seen_in_training"] == []
    means = tree["protocols"]["standard"]["micro"]
    assert means["mAP@all"] > 0.7  # chance is about 0.36
    assert means["P@25"] > 0.6  # chance is 1/3
    assert min(found["mAP@all"] for found in tree["per_class"].values()) > 0.5


def test_a_sketch_finds_photos_of_its_class(data: Path, tmp_path: Path) -> None:
    gallery = tmp_path / "gallery"
    for name in CLASSES:  # links are not followed inside a folder, only as the folder
        assert inkseek("index", data / "photo" / name, "--gallery", gallery).code == 0
    right = 0
    for name in CLASSES:
        for sketch in sorted((data / "sketch" / name).iterdir())[:3]:
            tree = inkseek("search", gallery, sketch, "-k", "5", "--json").json()
            assert tree["gallery"]["photos"] == 3 * EACH
            right += sum(Path(result["path"]).parent.name == name for result in tree["results"])
    assert right > 0.6 * 45  # chance is 1/3
