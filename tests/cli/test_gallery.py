"""`inkseek gallery`: each verb's words, JSON and exit code."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from inkseek.retrieval.database import DATABASE
from inkseek.retrieval.gallery import Gallery
from tests.cli.calling import inkseek, keys, refusal
from tests.cli.conftest import World, write_picture


def test_info_says_what_there_is(own: World) -> None:
    write_picture(own.photos / "trip/rome/3.png", 3)
    write_picture(own.photos / "raw/4.png", 4)
    call = ("index", own.photos, "--gallery", own.gallery, "--model", own.model)
    assert inkseek(*call, "--exclude", "raw").code == 0
    assert inkseek(*call).code == 0
    assert inkseek("gallery", "tag", own.gallery, "red", own.photos / "trip").code == 0
    tree = inkseek("gallery", "info", own.gallery, "--json").json()
    gallery = tree["gallery"]
    assert (gallery["photos"], gallery["format"], gallery["index"]) == (4, 2, "fresh")
    assert gallery["bytes"] >= (own.gallery / DATABASE).stat().st_size
    assert tree["indexed"] == [{"path": str(own.photos), "name": "photos", "exclude": ["raw"]}]
    assert tree["folders"] == [{"name": "trip", "photos": 1}, {"name": "trip/rome", "photos": 1}]
    assert tree["tags"] == [{"name": "red", "photos": 1}]
    assert tree["days"]["first"] == tree["days"]["last"]
    told = inkseek("gallery", "info", own.gallery).out
    assert f"indexed  {own.photos} without raw\n" in told
    assert "folders  trip (1), trip/rome (1)\n" in told
    assert "format 2, index fresh\n" in told
    assert inkseek(*call, "--exclude-nothing", "--json").json()["report"]["added"] == 1
    (own.gallery / "index.f16").unlink()
    assert inkseek("gallery", "info", own.gallery, "--json").json()["gallery"]["index"] == "none"


def test_tags_come_and_go(own: World) -> None:
    tagged = inkseek("gallery", "tag", own.gallery, "red", own.photos, "--json").json()
    assert tagged == {"format": 1, "gallery": str(own.gallery), "tag": "red", "tagged": 3}
    done = inkseek("gallery", "untag", own.gallery, "red", own.photos / "0.png")
    assert (done.code, done.err) == (0, "1 no longer tagged red\n")
    assert "is no tag" in refusal(inkseek("gallery", "tag", own.gallery, " ", own.photos))


def test_a_whole_gallery_is_verified(world: World) -> None:
    done = inkseek("gallery", "verify", world.gallery, "--files")
    assert (done.code, done.out, done.err) == (0, "", f"{world.gallery}: no damage found\n")
    assert inkseek("gallery", "verify", world.gallery, "--json").json()["findings"] == []
    assert "no gallery here" in refusal(inkseek("gallery", "verify", world.photos))


def test_a_damaged_vector_is_a_finding(own: World) -> None:
    with Gallery.open(own.gallery) as gallery:
        gallery.rows("UPDATE vectors SET feature = zeroblob(32) WHERE picture = 2")
    done = inkseek("gallery", "verify", own.gallery)
    assert done.code == 1
    assert done.out.startswith(f"{own.photos / '1.png'}: has a vector of length 0.000, not of 1 (id 2); remove it and")
    done = inkseek("gallery", "verify", own.gallery, "--json")
    assert done.code == 1
    assert keys(json.loads(done.out)["findings"]) == [{"subject": str, "fault": str, "remedy": str}]


@pytest.mark.parametrize("table", ["pictures", "vectors"])
def test_a_damaged_page_is_detected_and_explained(own: World, table: str) -> None:
    with Gallery.open(own.gallery) as gallery:
        ((page,),) = gallery.rows("SELECT rootpage FROM sqlite_schema WHERE name = ?", table)
    (own.gallery / "index.f16").unlink()
    content = bytearray((own.gallery / DATABASE).read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    (own.gallery / DATABASE).write_bytes(content)
    sentence = f"{own.gallery}: the database is damaged; restore it from a copy, or remove the folder and index again"
    assert refusal(inkseek("search", own.gallery, own.query)) == sentence
    done = inkseek("gallery", "verify", own.gallery)
    assert done.code == 1
    lines = done.out.splitlines()
    assert lines
    assert all(
        line.endswith(f"; restore {own.gallery} from a copy, or remove it and index the photos again") for line in lines
    )


def test_compacting_says_bytes_before_and_after(own: World) -> None:
    inkseek("gallery", "remove", own.gallery, own.photos / "0.png")
    tree = inkseek("gallery", "compact", own.gallery, "--json").json()
    assert tree["before"] >= tree["after"] == (own.gallery / DATABASE).stat().st_size
    assert not tree["readers"]
    assert " bytes before, " in inkseek("gallery", "compact", own.gallery).err
    assert len(inkseek("search", own.gallery, own.query, "--json").json()["results"]) == 2


def test_an_export_belongs_to_its_lines(own: World, tmp_path: Path) -> None:
    target = tmp_path / "out"
    tree = inkseek("gallery", "export", own.gallery, target, "--json").json()
    assert tree == {"format": 1, "gallery": str(own.gallery), "folder": str(target), "photos": 3}
    assert np.load(target / "features.npy", allow_pickle=False).shape == (3, 16)
    lines = (target / "pictures.jsonl").read_text().splitlines()
    assert [Path(json.loads(line)["path"]).name for line in lines] == ["0.png", "1.png", "2.png"]
    assert "exists already" in refusal(inkseek("gallery", "export", own.gallery, target))
    shutil.rmtree(target)


def test_a_newer_format_is_refused_by_every_verb(own: World, tmp_path: Path) -> None:
    with Gallery.open(own.gallery) as gallery:
        gallery.rows("PRAGMA user_version = 3")
    for verb in (("info",), ("verify",), ("compact",), ("export",), ("remove", "*")):
        more = (tmp_path / "out",) if verb == ("export",) else verb[1:]
        sentence = refusal(inkseek("gallery", verb[0], own.gallery, *more))
        assert sentence.startswith(f"{own.gallery}: gallery of format 3, but this inkseek reads format 2 and older; ")
