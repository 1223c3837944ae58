"""A data set that needs no picture of anybody's, and encoders that need no network.

Sketches of a class are wide or tall boxes, photos are red or green, so that an encoder of three lines can match them.
"""

import hashlib
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inkseek.data.manifest import Manifest, Modality, Row
from inkseek.pictures.preprocessing import Preprocessing
from inkseek.retrieval.encoder import RetrievalEncoder
from inkseek.retrieval.model_folder import FeatureSpec, ModelConfig, ModelFolder, NetworkFiles

SIZE = 16
WIDE, TALL = "door", "bat"
BOXES = {WIDE: (4, 24, 60, 40), TALL: (24, 4, 40, 60)}
COLOURS = {WIDE: "red", TALL: "green"}


class FakeEncoder:
    """What evaluation uses of a retrieval encoder; wide ink and red photos give [1, 0], the others [0, 1]."""

    runtime = "fake"
    fingerprint = "f" * 64

    def __init__(
        self,
        seen_classes: tuple[str, ...] = ("cup",),
        folder: Path = Path("no run") / "model",
        dimension: int = 2,
    ) -> None:
        self.batches: list[tuple[str, int]] = []
        self.config = ModelConfig(
            format=1,
            name="tiny",
            method="none",
            backbone="none",
            precision="float32",
            seen_classes=seen_classes,
            preprocessing=Preprocessing(size=SIZE, sketch_extent=0.9, stroke_width=0.02),
            feature=FeatureSpec(kind="float", dimension=dimension),
            networks=NetworkFiles(encoder="encoder.onnx"),
        )
        self.folder = ModelFolder(folder, self.config, self.fingerprint, "tiny")

    def encode_sketch(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Unit rows [n, 2] of pixels [n, s, s]."""
        self._note("sketch", pixels, (SIZE, SIZE))
        dark = pixels < 128
        return one_hot(dark.any(axis=1).sum(axis=1) < dark.any(axis=2).sum(axis=1))

    def encode_photo(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Unit rows [n, 2] of pixels [n, s, s, 3]."""
        self._note("photo", pixels, (SIZE, SIZE, 3))
        return one_hot(pixels[:, 0, 0, 0] < pixels[:, 0, 0, 1])

    def _note(self, modality: str, pixels: NDArray[np.uint8], shape: tuple[int, ...]) -> None:
        assert pixels.dtype == np.uint8
        assert pixels.shape[1:] == shape
        self.batches.append((modality, len(pixels)))


class BrokenEncoder(FakeEncoder):
    """Gives NaN for every photo."""

    def encode_photo(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Rows [n, 2] without a number in them."""
        return super().encode_photo(pixels) * np.float32(np.nan)


def one_hot(labels: NDArray[np.bool_]) -> NDArray[np.float32]:
    """[n] -> float32 [n, 2]."""
    return np.eye(2, dtype=np.float32)[labels.astype(np.int64)]


def as_encoder(fake: FakeEncoder) -> RetrievalEncoder:
    """The fake under the type that evaluation asks for."""
    return cast(RetrievalEncoder, fake)


def write_sketch(path: Path, class_name: str) -> None:
    """A box of ink on white paper."""
    image = Image.new("L", (64, 64), 255)
    ImageDraw.Draw(image).rectangle(BOXES[class_name], outline=0, width=3)
    image.save(path)


def write_photo(path: Path, class_name: str) -> None:
    """One colour."""
    Image.new("RGB", (20, 12), COLOURS[class_name]).save(path)


def write_data(root: Path, queries: dict[str, int], photos: dict[str, int]) -> Manifest:
    """Write that many sketches and photos of each class, and give their manifest."""
    rows: list[Row] = []
    parts: tuple[tuple[Modality, dict[str, int]], ...] = (("sketch", queries), ("photo", photos))
    for modality, counts in parts:
        for class_name, count in counts.items():
            folder = root / modality / class_name
            folder.mkdir(parents=True)
            for number in range(count):
                file = folder / f"{number}.png"
                (write_sketch if modality == "sketch" else write_photo)(file, class_name)
                digest = hashlib.sha256(f"{modality}{class_name}{number}".encode()).hexdigest()
                rows.append(Row(modality, class_name, "tiny", file.relative_to(root).as_posix(), digest))
    return Manifest(root, tuple(rows))
