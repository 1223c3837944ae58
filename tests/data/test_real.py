"""The project's real data, where it is present: every file has its place, and no class strays into training."""

from pathlib import Path

import pytest

from inkseek.data.sources import DataSource, read_sources
from inkseek.data.splits import named_split, with_pseudo_unseen
from inkseek.data.views import evaluation_view, training_view, validation_view

DATA = Path(__file__).parents[3] / "shared/data"

pytestmark = [pytest.mark.real, pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not here")]

SOURCES = [
    DataSource(layout="sketchy", path="sketchy25"),
    DataSource(layout="class_folders", path="extra/photo/tiny-imagenet", modality="photo"),
    DataSource(layout="class_folders", path="extra/photo/caltech101", modality="photo"),
    DataSource(layout="class_folders", path="extra/photo/pacs", modality="photo"),
    DataSource(layout="class_folders", path="extra/sketch/pacs", modality="sketch"),
    DataSource(layout="class_folders", path="extra/sketch/drawing-data", modality="sketch"),
    DataSource(layout="quickdraw", path="quickdraw"),
]


def test_counts_of_the_training_material() -> None:
    manifests, report = read_sources(SOURCES, DATA)
    assert report.skipped == []
    assert [len(manifest) for manifest in manifests] == [6250, 3000, 1842, 400, 240, 240, 2289]
    for name, sketches, photos, queries in (("sketchy1", 4296, 6270, 625), ("sketchy2", 4849, 7322, 525)):
        split = named_split(name)
        data = training_view(manifests, split)
        assert len(data.manifest.select(modality="sketch")) == sketches
        assert len(data.manifest.select(modality="photo")) == photos
        assert len(data.held_out) == 10 * len(split.seen)
        tests = evaluation_view(manifests[0], split.unseen)
        assert (len(tests.queries), len(tests.gallery), tests.absent) == (queries, queries, ())
        pseudo = with_pseudo_unseen(split, 15, 0)
        assert len(validation_view(manifests[0], pseudo).queries) == 15 * 25
        assert not set(training_view(manifests, pseudo).manifest.class_names) & set(pseudo.validation)
