"""Indexing where something is wrong: bad pictures, full disks, killed runs, damaged encoders."""

import shutil
import subprocess
import sys
import time
from io import BufferedReader
from pathlib import Path

import pytest
from PIL import Image

from inkseek.errors import FingerprintMismatch, FormatError, GalleryError, PictureFault
from inkseek.pictures.files import open_regular
from inkseek.pictures.limits import PictureLimits
from inkseek.retrieval import reading
from inkseek.retrieval.changes import Pending
from inkseek.retrieval.embedding import index_folder, open_or_create_gallery
from inkseek.retrieval.encoder import RetrievalEncoder, load_encoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index_cache import VECTORS, is_fresh
from inkseek.retrieval.pipeline import CHUNK
from tests.retrieval.conftest import write_photo
from tests.retrieval.galleries import contents, forbid_decoding, vectors_of
from tests.tiny_model import tiny_network, write_tiny_model_folder


def spoil(photos: Path) -> None:
    """Three bad pictures beside the six good ones."""
    (photos / "empty.jpg").write_bytes(b"")
    (photos / "half.jpg").write_bytes((photos / "trip" / "4.jpg").read_bytes()[:200])
    (photos / "liar.jpg").write_bytes((photos / "0.png").read_bytes())


def test_bad_pictures_are_recorded_with_reason_and_skipped(
    gallery: Gallery, photos: Path, encoder: RetrievalEncoder
) -> None:
    spoil(photos)
    report = index_folder(gallery, photos, encoder)
    assert report.added == 6
    assert report.bad == {"empty": 1, "corrupt": 1, "extension contradicts content": 1}
    reasons = {bad.path.name: (bad.fault, bad.detail) for bad in gallery.bad()}
    assert reasons["empty.jpg"][0] is PictureFault.EMPTY
    assert "rename the file" in reasons["liar.jpg"][1]
    assert len(reasons) == 3
    assert len(gallery) == len(vectors_of(gallery)[0]) == 6


def test_bad_pictures_are_not_tried_again_until_they_change(
    gallery: Gallery, photos: Path, encoder: RetrievalEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(photos)
    index_folder(gallery, photos, encoder)
    with monkeypatch.context() as patch:
        patch.setattr(reading, "read_bytes", lambda *_, **__: pytest.fail("a bad picture was opened again"))
        report = index_folder(gallery, photos, encoder)
    assert (report.bad, report.known_bad, report.unchanged) == ({}, 3, 6)
    write_photo(photos / "half.jpg", 60)
    report = index_folder(gallery, photos, encoder)
    assert (report.changed, report.known_bad, len(gallery)) == (1, 2, 7)


def test_bad_pictures_are_tried_again_when_asked(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    """A limit was raised or the HEIC extra installed: the files are as before, the answer may not be."""
    assert index_folder(gallery, photos, encoder, limits=PictureLimits(max_pixels=100)).bad == {"too large": 6}
    assert index_folder(gallery, photos, encoder).known_bad == 6
    report = index_folder(gallery, photos, encoder, retry=True)
    assert (report.changed, report.known_bad, len(gallery)) == (6, 0, 6)


def test_a_misnamed_picture_is_tried_again_under_its_right_name(
    gallery: Gallery, photos: Path, encoder: RetrievalEncoder
) -> None:
    spoil(photos)
    index_folder(gallery, photos, encoder)
    (photos / "liar.jpg").rename(photos / "honest.png")
    report = index_folder(gallery, photos, encoder)
    assert (report.added, report.removed, report.renamed) == (1, 1, 0)


def test_a_good_picture_that_turns_bad_leaves_the_search(
    gallery: Gallery, photos: Path, encoder: RetrievalEncoder
) -> None:
    index_folder(gallery, photos, encoder)
    (photos / "0.png").write_bytes(b"")
    assert index_folder(gallery, photos, encoder).bad == {"empty": 1}
    assert vectors_of(gallery)[0].tolist() == [2, 3, 4, 5, 6]


def test_a_file_that_cannot_be_opened_is_named_and_forgotten(
    gallery: Gallery, photos: Path, encoder: RetrievalEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_folder(gallery, photos, encoder)
    for name in ("0.png", "new.png"):
        write_photo(photos / name, 80)

    def refuse(path: Path) -> BufferedReader:
        if path.name in {"0.png", "new.png"}:
            raise PermissionError
        return open_regular(path)

    with monkeypatch.context() as patch:
        patch.setattr("inkseek.pictures.decode.open_regular", refuse)
        report = index_folder(gallery, photos, encoder)
    assert report.unreadable == (str(photos / "0.png"), str(photos / "new.png"))
    assert len(gallery) == 6
    assert not list(gallery.bad())
    assert index_folder(gallery, photos, encoder).added == 1


def test_large_jpegs_keep_their_full_size_in_the_records(
    gallery: Gallery, tmp_path: Path, encoder: RetrievalEncoder
) -> None:
    """They are decoded at a reduced scale, and one of them is turned by its EXIF orientation."""
    folder = tmp_path / "large"
    write_photo(folder / "plain.jpg", 1, (800, 600))
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (800, 600), "green").save(folder / "turned.jpg", exif=turned)
    index_folder(gallery, folder, encoder)
    sizes = {picture.path.name: (picture.width, picture.height) for picture in gallery.pictures([1, 2])}
    assert sizes == {"plain.jpg": (800, 600), "turned.jpg": (600, 800)}


def test_classes_come_from_the_path_when_asked(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    index_folder(gallery, photos, encoder, class_of=lambda path: path.parent.name)
    assert {picture.class_name for picture in gallery.pictures(range(1, 7))} == {"photos", "trip"}


def test_progress_is_told(gallery: Gallery, tmp_path: Path, encoder: RetrievalEncoder) -> None:
    for i in range(20):
        write_photo(tmp_path / "many" / f"{i}.png", i)
    steps: list[tuple[int, int]] = []
    index_folder(gallery, tmp_path / "many", encoder, progress=lambda *step: steps.append(step))
    assert steps == [(16, 20), (20, 20)]


def test_reading_never_runs_far_ahead(
    gallery: Gallery, tmp_path: Path, encoder: RetrievalEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read and not yet taken is bounded, so memory does not grow with the folder."""
    for i in range(200):
        write_photo(tmp_path / "many" / f"{i:03}.png", i, (8, 8))
    begun: list[Path] = []
    ahead: list[int] = []

    def read(pending: Pending, *, size: int, limits: PictureLimits, class_of: reading.ClassOf) -> reading.Outcome:
        begun.append(pending.path)
        return reading.read_photo(pending, size=size, limits=limits, class_of=class_of)

    def slow(done: int, _: int) -> None:
        time.sleep(0.02)
        ahead.append(len(begun) - done)

    monkeypatch.setattr("inkseek.retrieval.embedding.read_photo", read)
    index_folder(gallery, tmp_path / "many", encoder, workers=2, progress=slow)
    assert len(begun) == 200
    assert max(ahead) <= 2 * 2 * CHUNK


def test_no_space_in_mid_index_keeps_the_last_commit(
    gallery: Gallery, tmp_path: Path, encoder: RetrievalEncoder
) -> None:
    for i in range(200):
        write_photo(tmp_path / "many" / f"{i:03}.png", i, (8, 8))
    (pages,) = gallery.connection.execute("PRAGMA page_count").fetchone()
    gallery.connection.execute(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(GalleryError, match="no space left; nothing committed before is lost"):
        index_folder(gallery, tmp_path / "many", encoder, commit_rows=16)
    gallery.close()
    with Gallery.open(gallery.folder, encoder.fingerprint) as reopened:
        kept = len(reopened)
        assert 0 < kept < 200
        assert kept % 16 == 0
        assert index_folder(reopened, tmp_path / "many", encoder).added == 200 - kept
        assert contents(reopened) == {f"{i:03}.png": i + 1 for i in range(200)}


def test_no_space_for_the_index_cache_is_no_failure(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    (gallery.folder / f"{VECTORS}.partial").mkdir()
    assert index_folder(gallery, photos, encoder).added == 6
    assert not is_fresh(gallery)


def test_a_killed_run_is_continued(tmp_path: Path, tiny_folder: Path, encoder: RetrievalEncoder) -> None:
    for i in range(120):
        write_photo(tmp_path / "many" / f"{i:03}.png", i, (8, 8))
    script = """
import os, sys
from pathlib import Path
from inkseek.retrieval.changes import Pending
from inkseek.retrieval.embedding import index_folder, open_or_create_gallery
from inkseek.retrieval.encoder import load_encoder
encoder = load_encoder(sys.argv[1], threads=1)
gallery = open_or_create_gallery(Path(sys.argv[2]), encoder)
kill = lambda done, total: os.kill(os.getpid(), 9) if done >= 48 else None
index_folder(gallery, Path(sys.argv[3]), encoder, progress=kill, commit_rows=1)
"""
    command = [sys.executable, "-c", script, *map(str, (tiny_folder, tmp_path / "g", tmp_path / "many"))]
    assert subprocess.run(command, check=False, cwd=Path(__file__).parents[2]).returncode == -9
    with Gallery.open(tmp_path / "g", encoder.fingerprint) as gallery:
        assert len(gallery) == 48
        report = index_folder(gallery, tmp_path / "many", encoder)
        assert (report.added, report.unchanged) == (72, 48)
        assert contents(gallery) == {f"{i:03}.png": i + 1 for i in range(120)}


def test_a_damaged_encoder_is_found_before_any_picture_is_read(
    gallery: Gallery, photos: Path, tmp_path: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(tiny_folder, tmp_path / "copy")
    damaged = load_encoder(copy)
    (copy / "encoder.onnx").write_bytes(b"nothing")
    forbid_decoding(monkeypatch)
    with pytest.raises(FormatError, match="not a readable ONNX network"):
        index_folder(gallery, photos, damaged)


def test_an_encoder_that_fails_in_a_worker_is_one_sentence(
    gallery: Gallery, photos: Path, tmp_path: Path, tiny_folder: Path
) -> None:
    copy = shutil.copytree(tiny_folder, tmp_path / "copy")
    failing = load_encoder(copy)
    (copy / "encoder.onnx").write_bytes(tiny_network(32, 16, 0, gain=float("nan")).SerializeToString())
    with pytest.raises(FormatError, match="not finite"):
        index_folder(gallery, photos, failing)
    assert len(gallery) == 0


def test_the_gallery_of_another_encoder_is_refused(
    gallery: Gallery, photos: Path, tmp_path: Path, encoder: RetrievalEncoder
) -> None:
    other = load_encoder(write_tiny_model_folder(tmp_path / "other", seed=1))
    index_folder(gallery, photos, encoder)
    with pytest.raises(FingerprintMismatch, match="re-index"):
        open_or_create_gallery(gallery.folder, other)
    with pytest.raises(FingerprintMismatch, match="re-index"):
        index_folder(gallery, photos, other)
    assert len(gallery) == 6


def test_the_report_is_plain_json(gallery: Gallery, photos: Path, encoder: RetrievalEncoder) -> None:
    tree = index_folder(gallery, photos, encoder).to_json()
    assert tree["added"] == 6
    assert set(tree) >= {"bad", "changed", "ignored", "known_bad", "removed", "renamed", "seconds", "unchanged"}
