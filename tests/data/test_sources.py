from collections import Counter
from pathlib import Path

import pytest

from inkseek.data.sources import DataSource, read_sources
from inkseek.data.splits import named_split
from inkseek.data.views import training_view
from inkseek.errors import ConfigError, DataError
from tests.data.conftest import quickdraw_record, write_data_set, write_ndjson, write_photo, write_sketch


def test_every_layout(tmp_path: Path, two_folders: Path) -> None:
    sketchy = tmp_path / "sketchy"
    write_data_set(sketchy / "sketch/tx_000000000000", sketchy / "photo/tx_000000000000", ("cat",), 2)
    write_photo(tmp_path / "more" / "cat" / "1.jpg", 1)
    write_ndjson(tmp_path / "words" / "cat.ndjson", [quickdraw_record("cat", 1)])
    sources = [
        DataSource(layout="sketchy", path="sketchy"),
        DataSource(layout="folders", path=str(two_folders), name="mine"),
        DataSource(layout="class_folders", path="more", modality="photo"),
        DataSource(layout="quickdraw", path="words"),
    ]
    manifests, report = read_sources(sources, tmp_path)
    assert [len(manifest) for manifest in manifests] == [4, 56, 1, 1]
    assert [manifest.rows[0].source for manifest in manifests] == ["sketchy", "mine", "more", "words"]
    assert report.read == 62


def test_a_published_data_set_is_found_and_trained_on_under_its_split(tmp_path: Path) -> None:
    home = tmp_path / "sets/TUBerlin"
    folders = (("alarm clock", "alarmclock"), ("mouse (animal)", "mouse"), ("ant", "ant"))
    for first, (class_name, folder) in enumerate(folders):
        for seed in range(10 * first, 10 * first + 7):
            write_sketch(home / "png" / class_name / f"{seed}.png", seed)
            write_photo(home / "ImageResized" / folder / f"{seed}.JPEG", seed)
    split = named_split("tuberlin")
    manifests, report = read_sources([DataSource(layout="auto", path="sets")], tmp_path, split.class_names)
    data = training_view(manifests, split)
    assert data.manifest.class_names == ("alarm clock", "mouse (animal)")
    assert Counter(row.modality for row in data.manifest.rows) == {"sketch": 4, "photo": 4}
    assert report.skipped == []


def test_a_table_of_a_configuration() -> None:
    source = DataSource.parse({"layout": "class_folders", "path": "x", "modality": "photo"}, "a.toml")
    assert source == DataSource(layout="class_folders", path="x", modality="photo")
    with pytest.raises(ConfigError, match="layout"):
        DataSource.parse({"layout": "zip", "path": "x"}, "a.toml")


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        ([], "the first source is the benchmark"),
        ([DataSource(layout="quickdraw", path=".")], "the first source is the benchmark"),
        ([DataSource(layout="folders", path=".", modality="photo")], "folders take no modality"),
        ([DataSource(layout="auto", path=".", modality="photo")], "auto take no modality"),
        ([DataSource(layout="folders", path="set"), DataSource(layout="class_folders", path=".")], "need modality"),
    ],
)
def test_a_source_that_contradicts_itself(
    tmp_path: Path, two_folders: Path, sources: list[DataSource], sentence: str
) -> None:
    assert two_folders == tmp_path / "set"
    with pytest.raises(ConfigError, match=sentence):
        read_sources(sources, tmp_path)


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere"):
        read_sources([DataSource(layout="sketchy", path="nowhere")], tmp_path)
