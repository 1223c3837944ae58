"""Search: a query's pixels, or its file, to the closest pictures of a gallery."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import ConfigError
from inkseek.pictures.preprocessing import read_query
from inkseek.retrieval.encoder import RetrievalEncoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index import Index, IndexKind
from inkseek.retrieval.live_index import LiveIndex

Modality = Literal["sketch", "photo"]

LEAST_LENGTH = 1e-6
"""A sum of unit rows that is shorter than this, for weights that add up to 1, is only rounding."""


@dataclass(frozen=True)
class Hit:
    """A found picture.

    Attributes:
        rank: 1 is the closest.
        id: of the picture in the gallery.
        path: where it was when it was indexed.
        score: cosine of query and picture.
        class_name: class of the picture, if the gallery knows it.
        folder: its folder as users see it, see `retrieval/folders.py`.
        width: pixels, as shown.
        height: pixels, as shown.
        sha256: of its file.
    """

    rank: int
    id: int
    path: Path
    score: float
    class_name: str | None
    folder: str
    width: int
    height: int
    sha256: bytes


@dataclass(frozen=True)
class SearchResult:
    """Hits by rank, and the milliseconds spent on `render`, `encode`, `search` and in `total`."""

    hits: tuple[Hit, ...]
    milliseconds: dict[str, float]


class Searcher:
    """A gallery with the encoder that made it; the index follows the gallery's changes.

    It is for one thread at a time, as its gallery is. In a service each thread has its own over one `LiveIndex`.

    Attributes:
        gallery: where pictures are looked up.
        encoder: the one that made the gallery.
    """

    def __init__(
        self, gallery: Gallery, encoder: RetrievalEncoder, index: LiveIndex | None = None, *, kind: IndexKind = "exact"
    ) -> None:
        """Bind them.

        Args:
            gallery: where pictures are looked up.
            encoder: the one that made the gallery.
            index: of the same gallery, shared; searches take the newest that it has. None makes an index of the
                searcher's own, which is brought up to date before a search.
            kind: of an index of its own.

        Raises:
            FingerprintMismatch: the gallery holds vectors of another encoder.
        """
        gallery.require(encoder.fingerprint)
        self.gallery = gallery
        self.encoder = encoder
        self._live = index
        self._kind: IndexKind = kind
        self._own = Index(gallery, kind)

    def __len__(self) -> int:
        """Number of pictures that are searched."""
        return len(self._index())

    def search(
        self,
        pixels: NDArray[np.uint8],
        modality: Modality = "sketch",
        k: int = 10,
        among: NDArray[np.int64] | None = None,
        *,
        render_ms: float = 0.0,
    ) -> SearchResult:
        """Find the pictures closest to a query.

        Args:
            pixels: uint8 [s, s] of a sketch or [s, s, 3] of a photo, as `read_query` gives them.
            modality: what the query is.
            k: pictures wanted; a smaller gallery gives all it has.
            among: ids of the only pictures to search; None searches all.
            render_ms: time that making the pixels took, for the report.
        """
        started = time.perf_counter()
        feature = self.encode(pixels, modality)
        encoded = time.perf_counter()
        hits = self.search_feature(feature, k, among)
        ended = time.perf_counter()
        encode_ms, search_ms = 1e3 * (encoded - started), 1e3 * (ended - encoded)
        total = render_ms + encode_ms + search_ms
        return SearchResult(hits, {"render": render_ms, "encode": encode_ms, "search": search_ms, "total": total})

    def encode(self, pixels: NDArray[np.uint8], modality: Modality = "sketch") -> NDArray[np.float32]:
        """The retrieval feature [d] of a query's pixels, which are as in `search`."""
        encode = self.encoder.encode_sketch if modality == "sketch" else self.encoder.encode_photo
        feature: NDArray[np.float32] = encode(pixels[None])[0]
        return feature

    def search_feature(
        self, feature: NDArray[np.floating], k: int = 10, among: NDArray[np.int64] | None = None
    ) -> tuple[Hit, ...]:
        """Find the pictures closest to a retrieval feature [d], a unit row.

        A picture that was removed since the index was made is left out, and the next one takes its place.

        Args:
            feature: of a sketch, a photo, or a mix of them.
            k: pictures wanted; a smaller gallery gives all it has.
            among: ids of the only pictures to search; None searches all.
        """
        index = self._index()
        wanted = k
        while True:
            ranking = index.search(feature[None], wanted, among)
            scores = dict(zip(ranking.ids[0].tolist(), ranking.scores[0].tolist(), strict=True))
            found = self.gallery.pictures(scores)[:k]
            if len(found) == k or len(scores) < wanted:
                break
            wanted *= 2
        return tuple(
            Hit(
                rank,
                picture.id,
                picture.path,
                scores[picture.id],
                picture.class_name,
                picture.folder or "",
                picture.width,
                picture.height,
                picture.sha256,
            )
            for rank, picture in enumerate(found, start=1)
        )

    def search_similar(self, picture_id: int, k: int = 10, among: NDArray[np.int64] | None = None) -> tuple[Hit, ...]:
        """Find the pictures closest to a stored one, by its own vector and without itself.

        Raises:
            GalleryError: the gallery has no such picture.
        """
        (feature,) = self.gallery.vectors_of([picture_id]).astype(np.float32)
        others = [hit for hit in self.search_feature(feature, k + 1, among) if hit.id != picture_id]
        return tuple(replace(hit, rank=rank) for rank, hit in enumerate(others[:k], start=1))

    def search_file(
        self, path: Path, modality: Modality = "sketch", k: int = 10, among: NDArray[np.int64] | None = None
    ) -> SearchResult:
        """Find the pictures closest to a query file: a picture, an SVG, a stroke JSON or a line of ndjson.

        Raises:
            PictureError: the file cannot be used as a query.
        """
        started = time.perf_counter()
        pixels = read_query(path, self.encoder.config.preprocessing, modality=modality)
        return self.search(pixels, modality, k, among, render_ms=1e3 * (time.perf_counter() - started))

    def _index(self) -> Index:
        if self._live is not None:
            return self._live.current()
        if self._own.generation != self.gallery.generation:
            self.gallery.require_current()
            self._own = Index(self.gallery, self._kind)
        return self._own


def mix(features: Sequence[NDArray[np.floating]], weights: Sequence[float]) -> NDArray[np.float32]:
    """`sum_i weights_i features_i`, normalised: one query [d] of several, for example a sketch and a photo.

    Args:
        features: unit rows [d].
        weights: one each, finite; a negative one leads away from its feature.

    Raises:
        ConfigError: the sum is zero, so that it has no direction, or a weight is not finite.
    """
    if not np.isfinite(weights).all():
        raise ConfigError("the weights of a mixed query must be finite numbers; give for example 1 and 1")
    total = np.asarray(weights, np.float64) @ np.asarray(features, np.float64)
    length = float(np.linalg.norm(total))
    if length <= LEAST_LENGTH * np.abs(weights).sum():
        raise ConfigError("the parts of a mixed query cancel each other out; give at least one a larger weight")
    mixed: NDArray[np.float64] = total / length
    return mixed.astype(np.float32)
