"""Vectors and facts as plain files, whole or not at all."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from inkseek.errors import GalleryError
from inkseek.retrieval import exporting
from inkseek.retrieval.exporting import export_gallery
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.noted_folders import note_folder
from inkseek.retrieval.tags import tag_pictures
from tests.retrieval.galleries import description, filled, picture, unit_rows


def test_rows_and_lines_belong_together(tmp_path: Path) -> None:
    features = unit_rows(5, 8)
    with filled(tmp_path / "g", features) as gallery:
        gallery.add([picture(os.fsdecode(b"trip/caf\xe9.jpg"), 9, "cat")], features[:1])
        gallery.remove([2])
        note_folder(gallery, Path("/photos"), [])
        tag_pictures(gallery, "red", ["/photos/trip"])
        assert export_gallery(gallery, tmp_path / "out") == 5
    stored = np.load(tmp_path / "out/features.npy", allow_pickle=False)
    lines = [json.loads(line) for line in (tmp_path / "out/pictures.jsonl").read_text("ascii").splitlines()]
    assert stored.dtype == np.float16
    np.testing.assert_array_equal(stored, features[[0, 2, 3, 4, 0]].astype(np.float16))
    assert [line["id"] for line in lines] == [1, 3, 4, 5, 6]
    assert lines[-1] == {
        "id": 6, "path": os.fsdecode(b"/photos/trip/caf\xe9.jpg"), "folder": "trip", "size": 100, "mtime_ns": 1000,
        "taken": None, "width": 640, "height": 480, "sha256": (9).to_bytes(32, "big").hex(), "class": "cat",
        "tags": ["red"],
    }  # fmt: skip
    told = json.loads((tmp_path / "out/gallery.json").read_text())
    assert (told["format"], told["photos"], told["encoder"]["dimension"]) == (1, 5, 8)


def test_an_empty_gallery_is_exported(tmp_path: Path) -> None:
    with Gallery.create(tmp_path / "g", description()) as gallery:
        export_gallery(gallery, tmp_path / "out")
    assert np.load(tmp_path / "out/features.npy", allow_pickle=False).shape == (0, 8)


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    with filled(tmp_path / "g", unit_rows(1, 8)) as gallery:
        for target in ("out", "out/mine.txt"):
            with pytest.raises(GalleryError, match="exists already; give the name of a new folder"):
                export_gallery(gallery, tmp_path / target)
        with pytest.raises(GalleryError, match="cannot be written"):
            export_gallery(gallery, tmp_path / "out/mine.txt/deeper")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_an_export_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> list[str]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "_lines", full)
    said = pytest.raises(GalleryError, match=r"out: cannot be written \(No space left on device\)")
    with filled(tmp_path / "g", unit_rows(1, 8)) as gallery, said:
        export_gallery(gallery, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["g"]
