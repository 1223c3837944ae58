"""From what a client sends to the photos that it gets."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkseek.errors import ConfigError
from inkseek.pictures.decode import decode, decode_rgba
from inkseek.pictures.limits import PictureLimits
from inkseek.pictures.photo import photo_pixels
from inkseek.pictures.preprocessing import Preprocessing, sketch_pixels
from inkseek.retrieval.filters import Filters
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.search import Hit, Searcher, mix
from inkseek.service.errors import ServiceError, not_found
from inkseek.service.limits import ServiceLimits
from inkseek.service.models import CONTENT, FilterBody, Found, SearchAnswer, SearchQuery, SimilarQuery, SketchQuery
from inkseek.sketch.model import Drawing

Feature = NDArray[np.float32]


def answer(searcher: Searcher, gallery_name: str, query: SearchQuery, limits: ServiceLimits) -> SearchAnswer:
    """Photos closest to a sketch, a photo, or the weighted sum of both.

    Raises:
        PictureError: the sketch or the photo cannot be used.
        ServiceError: the photo's id is unknown, k is over the limit, or the weights cancel.
    """
    _check_k(query, limits)
    asked = _Asked(searcher, limits)
    features, weights = [], []
    if query.sketch is not None:
        features.append(asked.sketch(query.sketch))
        weights.append(query.weights.sketch)
    if query.photo is not None:
        picture = query.photo.picture
        features.append(asked.stored(query.photo.id or 0) if picture is None else asked.photo(picture))
        weights.append(query.weights.photo)
    try:
        feature = features[0] if len(features) == 1 else mix(features, weights)
    except ConfigError as error:
        raise ServiceError(422, "invalid_request", f"weights: {error}") from None
    with asked.searching():
        found = searcher.search_feature(feature, query.k, _among(searcher.gallery, query.filters))
    return _to_answer(searcher, gallery_name, found, asked)


def answer_similar(
    searcher: Searcher, gallery_name: str, picture_id: int, query: SimilarQuery, limits: ServiceLimits
) -> SearchAnswer:
    """Photos closest to one of the gallery, itself left out.

    Raises:
        ServiceError: the id is unknown, or k is over the limit.
    """
    _check_k(query, limits)
    asked = _Asked(searcher, limits)
    asked.require(picture_id)
    with asked.searching():
        found = searcher.search_similar(picture_id, query.k, _among(searcher.gallery, query.filters))
    return _to_answer(searcher, gallery_name, found, asked)


class _Asked:
    """Features of the parts of a query, and the milliseconds that they took."""

    def __init__(self, searcher: Searcher, limits: ServiceLimits) -> None:
        self._searcher = searcher
        self._limits = PictureLimits(limits.body_bytes, limits.pixels)
        self.milliseconds = {"render": 0.0, "encode": 0.0, "search": 0.0}

    @contextmanager
    def searching(self) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.milliseconds["search"] += 1e3 * (time.perf_counter() - started)

    def sketch(self, sketch: SketchQuery) -> Feature:
        started = time.perf_counter()
        pixels = sketch_pixels(self._drawn(sketch), self._preprocessing, source="sketch")
        rendered = time.perf_counter()
        return self._took(started, rendered, self._searcher.encode(pixels, "sketch"))

    def photo(self, picture: bytes) -> Feature:
        started = time.perf_counter()
        size = self._preprocessing.size
        pixels = photo_pixels(decode(picture, "photo", limits=self._limits, target=size), size)
        rendered = time.perf_counter()
        return self._took(started, rendered, self._searcher.encode(pixels, "photo"))

    def stored(self, picture_id: int) -> Feature:
        self.require(picture_id)
        vector: Feature = self._searcher.gallery.vectors_of([picture_id])[0].astype(np.float32)
        return vector

    def require(self, picture_id: int) -> None:
        if self._searcher.gallery.picture(picture_id) is None:
            raise not_found(f"the gallery holds no photo {picture_id}; it may have been removed")

    @property
    def _preprocessing(self) -> Preprocessing:
        return self._searcher.encoder.config.preprocessing

    def _drawn(self, sketch: SketchQuery) -> Drawing | Image.Image:
        if sketch.strokes is not None:
            return Drawing.from_points(sketch.strokes, source="sketch")
        return decode_rgba(sketch.picture or b"", "sketch", limits=self._limits)

    def _took(self, started: float, rendered: float, feature: Feature) -> Feature:
        self.milliseconds["render"] += 1e3 * (rendered - started)
        self.milliseconds["encode"] += 1e3 * (time.perf_counter() - rendered)
        return feature


def _check_k(query: SimilarQuery, limits: ServiceLimits) -> None:
    if query.k > limits.k:
        raise ServiceError(422, "invalid_request", f"k: {query.k} is over the limit of {limits.k}")


def _among(gallery: Gallery, filters: FilterBody) -> NDArray[np.int64] | None:
    if (filters.folder or "").startswith("/"):
        raise ServiceError(
            422, "invalid_request", "filters.folder: give a folder as the facets name it, without / first"
        )
    wanted = Filters(filters.folder, tuple(filters.classes), tuple(filters.tags), filters.since, filters.until)
    return gallery.select(wanted) if wanted else None


def _to_answer(searcher: Searcher, name: str, found: Sequence[Hit], asked: _Asked) -> SearchAnswer:
    results = [
        Found(
            rank=hit.rank, id=hit.id, score=round(hit.score, 6), name=hit.path.name, folder=hit.folder,
            class_name=hit.class_name, width=hit.width, height=hit.height, content=hit.sha256.hex()[:CONTENT],
        )
        for hit in found
    ]  # fmt: skip
    steps = {**asked.milliseconds, "total": sum(asked.milliseconds.values())}
    milliseconds = {step: round(value, 3) for step, value in steps.items()}
    return SearchAnswer(gallery=name, photos=len(searcher), results=results, milliseconds=milliseconds)
