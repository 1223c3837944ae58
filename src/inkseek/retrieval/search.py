"""Search: a query's pixels, or its file, to the closest pictures of a gallery."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inkseek.pictures.preprocessing import read_query
from inkseek.retrieval.encoder import RetrievalEncoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index import Index

Modality = Literal["sketch", "photo"]


@dataclass(frozen=True)
class Hit:
    """A found picture.

    Attributes:
        rank: 1 is the closest.
        id: of the picture in the gallery.
        path: where it was when it was indexed.
        score: cosine of query and picture.
        class_name: class of the picture, if the gallery knows it.
    """

    rank: int
    id: int
    path: Path
    score: float
    class_name: str | None


@dataclass(frozen=True)
class SearchResult:
    """Hits by rank, and the milliseconds spent on `render`, `encode`, `search` and in `total`."""

    hits: tuple[Hit, ...]
    milliseconds: dict[str, float]


class Searcher:
    """A gallery with the encoder that made it; the index follows the gallery's changes."""

    def __init__(self, gallery: Gallery, encoder: RetrievalEncoder, live=None) -> None:
        """Bind both.

        Raises:
            FingerprintMismatch: the gallery holds vectors of another encoder.
        """
        gallery.require(encoder.fingerprint)
        self._gallery = gallery
        self._encoder = encoder
        self._index = Index(gallery)
        self.gallery = gallery
        self.encoder = encoder
        self._live = live

    def search(
        self, pixels: NDArray[np.uint8], modality: Modality = "sketch", k: int = 10, *, render_ms: float = 0.0
    ) -> SearchResult:
        """Find the pictures closest to a query.

        Args:
            pixels: uint8 [s, s] of a sketch or [s, s, 3] of a photo, as `read_query` gives them.
            modality: what the query is.
            k: pictures wanted; a smaller gallery gives all it has.
            render_ms: time that making the pixels took, for the report.
        """
        started = time.perf_counter()
        encode = self._encoder.encode_sketch if modality == "sketch" else self._encoder.encode_photo
        feature = encode(pixels[None])
        encoded = time.perf_counter()
        if self._index.generation != self._gallery.generation:
            self._index = Index(self._gallery)
        ranking = self._index.search(feature, k)
        scores = dict(zip(ranking.ids[0].tolist(), ranking.scores[0].tolist(), strict=True))
        found = self._gallery.stored(scores)
        hits = tuple(
            Hit(rank, picture.id, picture.path, scores[picture.id], picture.class_name)
            for rank, picture in enumerate(found, start=1)
        )
        ended = time.perf_counter()
        encode_ms, search_ms = 1e3 * (encoded - started), 1e3 * (ended - encoded)
        total = render_ms + encode_ms + search_ms
        return SearchResult(hits, {"render": render_ms, "encode": encode_ms, "search": search_ms, "total": total})

    def search_file(self, path: Path, modality: Modality = "sketch", k: int = 10) -> SearchResult:
        """Find the pictures closest to a query file: a picture, an SVG, a stroke JSON or a line of ndjson.

        Raises:
            PictureError: the file cannot be used as a query.
        """
        started = time.perf_counter()
        pixels = read_query(path, self._encoder.config.preprocessing, modality=modality)
        return self.search(pixels, modality, k, render_ms=1e3 * (time.perf_counter() - started))

    def search_feature(self, feature, k, among=None):
        t = time.perf_counter()
        i = self._live.current() if self._live else self._index
        r = i.search(feature[None], k if among is None else 10**6)
        hits = [
            (int(a), float(b))
            for a, b in zip(r.ids[0], r.scores[0], strict=False)
            if among is None or a in set(among.tolist())
        ][:k]
        recs = {p.id: p for p in self._gallery.stored([h[0] for h in hits])}
        hh = tuple(
            Hit(n, a, recs[a].path, b, recs[a].class_name)
            for n, (a, b) in enumerate([h for h in hits if h[0] in recs], 1)
        )
        return SearchResult(hh, {"search": 1e3 * (time.perf_counter() - t)})

    def search_like(self, pid, k, among=None):
        r = self.search_feature(self._gallery.vectors_of([pid])[0].astype(np.float32), k + 1, among)
        return SearchResult(tuple(h for h in r.hits if h.id != pid)[:k], r.milliseconds)


def mix(f, w):
    v = (f * np.asarray(w, np.float32)[:, None]).sum(0)
    n = np.linalg.norm(v)
    if n == 0:
        raise ValueError("zero")
    return v / n
