"""The public names: an encoder, and the galleries that it makes.

>>> import inkseek
>>> encoder = inkseek.load("bundled")
>>> encoder.encode_sketch("drawing.png").shape
(512,)
>>> float(encoder.encode_sketch("drawing.png") @ encoder.encode_image("photos/0.jpg")) <= 1
True
>>> with inkseek.Gallery.create("photos.gallery", encoder) as gallery:
...     report = gallery.add("photos")
...     hits = gallery.search("drawing.png", k=2)
>>> report.added, [hit.rank for hit in hits]
(3, [1, 2])

Strokes are a query too, here a cross; so is a photo:

>>> cross = [[[0, 0], [10, 10]], [[10, 0], [0, 10]]]
>>> with inkseek.Gallery.open("photos.gallery") as gallery:
...     found = len(gallery.search(cross, k=3)), len(gallery.search("photos/0.jpg", modality="photo"))
...     like_the_first = gallery.similar(hits[0].id)
>>> found, hits[0].id in [hit.id for hit in like_the_first]
((3, 3), False)
"""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkseek.pictures.photo import photo_pixels
from inkseek.pictures.preprocessing import read_query, sketch_pixels
from inkseek.retrieval import gallery as store
from inkseek.retrieval.embedding import IndexReport, describe, index_folder
from inkseek.retrieval.encoder import RetrievalEncoder, load_encoder
from inkseek.retrieval.filters import Filters
from inkseek.retrieval.pipeline import Progress
from inkseek.retrieval.removal import remove_pictures
from inkseek.retrieval.search import Hit, Modality, Searcher
from inkseek.sketch.model import Drawing

Points = Sequence[Sequence[float]]

Query = str | Path | Image.Image | Drawing | Sequence[Points]
"""A file, an opened picture, a drawing, or strokes [[x, y], ...] in any units with y down."""


class Encoder:
    """An encoder: sketches and photos become unit vectors that can be compared.

    Attributes:
        retrieval: the encoder of the package's own parts.
    """

    def __init__(self, retrieval: RetrievalEncoder) -> None:
        self.retrieval = retrieval

    @property
    def dimension(self) -> int:
        """Length `d` of a vector."""
        return self.retrieval.config.feature.dimension

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything that decides the vectors; vectors of another fingerprint do not compare."""
        return self.retrieval.fingerprint

    def encode_sketch(self, sketch: Query) -> NDArray[np.float32]:
        """Retrieval feature of a sketch.

        Args:
            sketch: a file (PNG, JPEG, SVG, stroke JSON, ndjson), an opened picture, a drawing, or strokes.

        Returns:
            float32 [d] of unit length; the dot product of two is their score.

        Raises:
            PictureError: it cannot be read, or shows no ink.
        """
        feature: NDArray[np.float32] = self.retrieval.encode_sketch(self.pixels(sketch, "sketch")[None])[0]
        return feature

    def encode_image(self, photo: str | Path | Image.Image) -> NDArray[np.float32]:
        """Retrieval feature of a photo.

        Args:
            photo: a file (JPEG, PNG, WebP, GIF, BMP, TIFF, with an extra HEIC), or an opened picture.

        Returns:
            float32 [d] of unit length.

        Raises:
            PictureError: it cannot be read.
        """
        feature: NDArray[np.float32] = self.retrieval.encode_photo(self.pixels(photo, "photo")[None])[0]
        return feature

    def pixels(self, query: Query, modality: Modality) -> NDArray[np.uint8]:
        """What the networks see of a query: uint8 [s, s] of a sketch, [s, s, 3] of a photo."""
        preprocessing = self.retrieval.config.preprocessing
        if isinstance(query, str | Path):
            return read_query(query, preprocessing, modality=modality)
        if modality == "photo":
            if not isinstance(query, Image.Image):
                raise TypeError(f"a photo is a file or an opened picture, not {type(query).__name__}")
            return photo_pixels(query, preprocessing.size)
        if not isinstance(query, Image.Image | Drawing):
            query = Drawing.from_points(query)
        return sketch_pixels(query, preprocessing)


def load(path: str | Path = "bundled", *, runtime: str = "onnxruntime", threads: int | None = None) -> Encoder:
    """Open an encoder.

    Args:
        path: model folder, run folder, or `bundled` for the one that comes with the package.
        runtime: `onnxruntime`, or `openvino` with the extra of that name.
        threads: threads of one encoding; None takes every core.

    Raises:
        FormatError: no model folder, of another format, or damaged.
    """
    encoder = load_encoder(path, runtime, threads)
    encoder.open()
    return Encoder(encoder)


class Gallery:
    """A gallery with the encoder that made it. Use it as a context manager, and from one thread at a time.

    Attributes:
        encoder: that made it.
        store: its database, for what is not offered here.
    """

    def __init__(self, opened: store.Gallery, encoder: Encoder) -> None:
        self.store = opened
        self.encoder = encoder
        self._searcher = Searcher(opened, encoder.retrieval)

    @classmethod
    def create(cls, folder: str | Path, encoder: Encoder | None = None) -> Self:
        """Make a gallery in a new or empty folder; without an encoder for the bundled one.

        Raises:
            GalleryError: the folder holds something else, or cannot be written.
        """
        encoder = encoder or load()
        return cls(store.Gallery.create(Path(folder), describe(encoder.retrieval)), encoder)

    @classmethod
    def open(cls, folder: str | Path, encoder: Encoder | None = None, *, write: bool = True) -> Self:
        """Open a gallery; without an encoder with the one that made it.

        Args:
            folder: of the gallery.
            encoder: the one that made it.
            write: False only searches, also where nothing may be written.

        Raises:
            GalleryError: no gallery there, or a damaged one.
            FingerprintMismatch: it holds vectors of another encoder.
        """
        opened = store.Gallery.open(Path(folder), write=write)
        try:
            return cls(opened, encoder or load(opened.description.source))
        except BaseException:
            opened.close()
            raise

    def add(
        self, folder: str | Path, *, exclude: Sequence[str] | None = None, progress: Progress | None = None
    ) -> IndexReport:
        """Bring the gallery up to date with a folder of photos; files that it knows are not read again.

        Args:
            folder: with everything below it; photos whose files are gone from it leave the gallery.
            exclude: glob patterns of files and folders to leave out; None takes those of the last time.
            progress: called with the number of files done and the number of files to read.

        Raises:
            GalleryError: no such folder, no space left, or another failure to write; what was committed stays.
        """
        return index_folder(self.store, Path(folder), self.encoder.retrieval, exclude=exclude, progress=progress)

    def remove(self, *patterns: str | Path) -> int:
        """Take photos out by path, folder or glob; the files stay. Returns how many there were.

        Raises:
            GalleryError: a pattern matches nothing; then nothing is removed.
        """
        return remove_pictures(self.store, patterns)

    def search(
        self, query: Query, k: int = 10, *, modality: Modality = "sketch", filters: Filters | None = None
    ) -> tuple[Hit, ...]:
        """The k photos closest to a sketch, or with `modality="photo"` to a photo, closest first.

        Raises:
            PictureError: the query cannot be used.
        """
        pixels = self.encoder.pixels(query, modality)
        return self._searcher.search(pixels, modality, k, self._among(filters)).hits

    def similar(self, picture_id: int, k: int = 10, *, filters: Filters | None = None) -> tuple[Hit, ...]:
        """The k photos closest to one of the gallery, itself left out.

        Raises:
            GalleryError: the gallery holds no such photo.
        """
        return self._searcher.search_similar(picture_id, k, self._among(filters))

    def __len__(self) -> int:
        """Number of photos that can be found."""
        return len(self.store)

    def __enter__(self) -> Self:
        """Give the gallery itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the gallery."""
        self.close()

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    def _among(self, filters: Filters | None) -> NDArray[np.int64] | None:
        return self.store.select(filters) if filters else None
