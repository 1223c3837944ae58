"""Pictures to features: each content once, every file in its place."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from inkseek.data.manifest import Manifest
from inkseek.data.report import ReadReport
from inkseek.errors import PictureFault
from inkseek.evaluation.encoding import encode_manifest
from tests.evaluation.fakes import TALL, WIDE, FakeEncoder, as_encoder, write_data


def with_copies(manifest: Manifest, content: str) -> Manifest:
    """The manifest with every photo of a class said to be of the same content."""
    return Manifest(
        manifest.root,
        tuple(replace(row, sha256=content) if row.class_name == WIDE else row for row in manifest.rows),
    )


def test_files_of_equal_content_are_encoded_once_and_keep_their_places(tmp_path: Path) -> None:
    photos = with_copies(write_data(tmp_path, {}, {WIDE: 3, TALL: 2}), "a" * 64)
    encoder = FakeEncoder()
    dealt_with: list[int] = []

    found = encode_manifest(
        as_encoder(encoder), photos, "photo", (WIDE, TALL), report=ReadReport(), advance=dealt_with.append
    )

    assert encoder.batches == [("photo", 3)]
    assert sum(dealt_with) == 5
    assert found.paths == tuple(row.path for row in photos.rows)
    assert found.labels.tolist() == [1, 1, 0, 0, 0]
    np.testing.assert_array_equal(found.features, np.eye(2, dtype=np.float32)[[1, 1, 0, 0, 0]])


def test_every_file_of_a_content_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    photos = with_copies(write_data(tmp_path, {}, {WIDE: 3, TALL: 2}), "a" * 64)
    (tmp_path / "photo" / WIDE / "0.png").write_bytes(b"no picture")
    report = ReadReport()

    found = encode_manifest(
        as_encoder(FakeEncoder()), photos, "photo", (WIDE, TALL), report=report, advance=lambda count: None
    )

    assert found.labels.tolist() == [1, 1]
    assert sum(report.counts.get(fault, 0) for fault in PictureFault) == 3
