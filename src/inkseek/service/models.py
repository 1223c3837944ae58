"""What goes in and out of the service, as the OpenAPI document shows it."""

import os
from datetime import date
from typing import Annotated, Literal, Self

from fastapi import Path
from pydantic import Base64Bytes, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from inkseek.sketch.model import MAX_COORDINATE, MAX_POINTS, MAX_STROKES

Number = Annotated[float, Field(allow_inf_nan=False, ge=-MAX_COORDINATE, le=MAX_COORDINATE)]
Point = Annotated[list[Number], Field(min_length=2, max_length=4)]
Points = Annotated[list[Point], Field(min_length=1, max_length=MAX_POINTS)]
Strokes = Annotated[list[Points], Field(min_length=1, max_length=MAX_STROKES)]
GalleryName = Annotated[str, Field(max_length=200, description="name of a gallery; the first one if left out")]
Word = Annotated[str, Field(max_length=500)]
PictureId = Annotated[int, Field(ge=1, le=2**63 - 1)]
FileName = Annotated[str, BeforeValidator(lambda name: os.fsencode(name).decode("utf-8", "replace"))]
"""A name on disk as text; bytes that are none become question marks in a diamond."""

ItemId = Annotated[PictureId, Path(alias="id", description="number of a photo, as a search gives it")]
Weight = Annotated[float, Field(allow_inf_nan=False, ge=-10, le=10)]


class Body(BaseModel):
    """Base of what a client sends: no unknown keys."""

    model_config = ConfigDict(extra="forbid")


class SketchQuery(Body):
    """A sketch: strokes, or a picture file in base64."""

    strokes: Strokes | None = Field(None, description="strokes of points x, y (down), with optional ms and pressure")
    picture: Base64Bytes | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.strokes is None) == (self.picture is None):
            raise ValueError("give either strokes or picture")
        if self.strokes is not None and sum(map(len, self.strokes)) > MAX_POINTS:
            raise ValueError(f"strokes may have {MAX_POINTS} points together; simplify the drawing")
        return self


class PhotoQuery(Body):
    """A photo: one of the gallery by its id, or a picture file in base64."""

    id: PictureId | None = None
    picture: Base64Bytes | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.id is None) == (self.picture is None):
            raise ValueError("give either id or picture")
        return self


class Weights(Body):
    """What each part of a mixed query counts; a negative one looks for what is unlike it."""

    sketch: Weight = 1.0
    photo: Weight = 1.0


class FilterBody(Body):
    """Only photos that fit every filter are searched.

    Attributes:
        folder: inside the indexed folders, with everything below it.
        classes: any of these.
        tags: all of these.
        since: first day.
        until: last day.
    """

    folder: Word | None = None
    classes: Annotated[list[Word], Field(max_length=100)] = []
    tags: Annotated[list[Word], Field(max_length=100)] = []
    since: date | None = None
    until: date | None = None


class SimilarQuery(Body):
    """What to search for photos like one of the gallery."""

    gallery: GalleryName | None = None
    k: Annotated[int, Field(ge=1)] = 48
    filters: FilterBody = FilterBody()


class SearchQuery(SimilarQuery):
    """A sketch, a photo, or both."""

    sketch: SketchQuery | None = None
    photo: PhotoQuery | None = None
    weights: Weights = Weights()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.sketch is None and self.photo is None:
            raise ValueError("give sketch, photo or both")
        return self


CONTENT = 12
"""Letters of the hash that tells one content of a photo's file from another."""


class Found(BaseModel):
    """A found photo; `folder` lies inside the indexed folders, `score` is a cosine, higher is closer.

    `content` is a word for its pixels: with it in its address, a picture may be kept for ever.
    """

    model_config = ConfigDict(populate_by_name=True)

    rank: int
    id: int
    score: float
    name: FileName
    folder: FileName
    class_name: str | None = Field(alias="class")
    width: int
    height: int
    content: str


class SearchAnswer(BaseModel):
    """Photos by rank; `photos` is the size of the gallery, `milliseconds` what each step took."""

    gallery: str
    photos: int
    results: list[Found]
    milliseconds: dict[str, float]


class Item(BaseModel):
    """A photo of a gallery; `date` is the day it was taken, or else the day its file was written."""

    model_config = ConfigDict(populate_by_name=True)

    id: int
    name: FileName
    folder: FileName
    width: int
    height: int
    bytes: int
    date: date
    class_name: str | None = Field(alias="class")
    tags: list[str]
    content: str


class EncoderFacts(BaseModel):
    """The encoder of a gallery; `fingerprint` is shortened."""

    name: str
    dimension: int
    fingerprint: str


class FolderFacts(BaseModel):
    """A folder that the owner allowed, by its position; `photos` of it are in the gallery."""

    id: int
    name: FileName
    indexed: bool
    photos: int


class GalleryFacts(BaseModel):
    """A gallery that is served.

    `next_encoder` is what a re-index would bring it to; null if it has that one, or if that one cannot be read.
    """

    name: FileName
    photos: int
    skipped: int
    encoder: EncoderFacts
    next_encoder: EncoderFacts | None
    folders: list[FolderFacts]
    state: Literal["ready", "empty", "indexing"]


class LimitFacts(BaseModel):
    """Limits that a client should keep."""

    body_bytes: int
    pixels: int
    k: int
    strokes: int
    points: int


class GalleryList(BaseModel):
    """The galleries, and how a sketch is drawn: line width and extent as fractions of the canvas."""

    galleries: list[GalleryFacts]
    limits: LimitFacts
    stroke_width: float
    extent: float
    version: str


class Facet(BaseModel):
    """A value to filter by, and how many photos have it."""

    name: FileName
    photos: int


class FacetLists(BaseModel):
    """What a gallery can be filtered by."""

    classes: list[Facet]
    tags: list[Facet]
    folders: list[Facet]
    first: date | None
    last: date | None


class JobBody(Body):
    """What to do: bring a folder of the list up to date, or compute every vector anew with the service's encoder."""

    kind: Literal["index", "reindex"]
    folder: Annotated[int, Field(ge=0, le=10_000)] | None = None


class JobFacts(BaseModel):
    """A job; `rate` in photos a second, `added` is the number of photos that came in, changed or were encoded anew."""

    id: str
    gallery: FileName
    kind: Literal["index", "reindex"]
    folder: FileName | None
    state: Literal["waiting", "running", "done", "failed", "stopped"]
    done: int
    total: int | None
    rate: float | None
    seconds_left: float | None
    added: int
    skipped: int
    message: str | None


class JobList(BaseModel):
    """Jobs, newest first."""

    jobs: list[JobFacts]


class Sample(BaseModel):
    """A drawing to start from."""

    name: str
    strokes: list[list[list[float]]]


class SampleList(BaseModel):
    """Drawings to start from."""

    samples: list[Sample]


class Status(BaseModel):
    """State of the service."""

    status: Literal["ok", "ready"]
