"""`inkseek gallery reindex` and the measure of a packed index."""

from pathlib import Path

from tests.cli.calling import inkseek, refusal
from tests.cli.conftest import World
from tests.tiny_model import write_tiny_model_folder


def test_a_gallery_is_brought_to_another_encoder(own: World, tmp_path: Path) -> None:
    other = write_tiny_model_folder(tmp_path / "other", seed=9, name="other")

    tree = inkseek("gallery", "reindex", own.gallery, "--model", other, "--json").json()

    assert tree["report"]["encoded"] == 3
    assert tree["report"]["lost"] == 0
    assert inkseek("gallery", "info", own.gallery, "--json").json()["model"]["name"] == "other"
    assert inkseek("search", own.gallery, own.query, "--json").json()["results"]
    assert "3 photos encoded with other" in inkseek("gallery", "reindex", own.gallery, "--model", other).err


def test_a_model_that_is_none_is_one_sentence(own: World, tmp_path: Path) -> None:
    refusal(inkseek("gallery", "reindex", own.gallery, "--model", tmp_path))


def test_what_a_packed_index_finds_is_said_on_demand(own: World) -> None:
    assert "recall@10" not in inkseek("gallery", "info", own.gallery).out
    assert "packed   recall@10 1.000 of the exact index" in inkseek("gallery", "info", own.gallery, "--recall").out
