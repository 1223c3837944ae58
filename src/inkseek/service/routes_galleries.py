"""Routes of galleries, of what they can be filtered by, and of sample drawings."""

from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Path

from inkseek.retrieval.facets import count_bad, count_photos
from inkseek.retrieval.facets import facets as gallery_facets
from inkseek.retrieval.filters import Filters
from inkseek.service.galleries import ServedGallery
from inkseek.service.models import (
    EncoderFacts,
    FacetLists,
    FolderFacts,
    GalleryFacts,
    GalleryList,
    GalleryName,
    LimitFacts,
    SampleList,
)
from inkseek.service.samples import sample_drawings
from inkseek.service.service import Service
from inkseek.sketch.model import MAX_POINTS, MAX_STROKES

Name = Annotated[GalleryName, Path()]


def gallery_routes(service: Service) -> APIRouter:
    """`/v1/galleries` and `/v1/samples`."""
    routes = APIRouter(prefix="/v1", tags=["galleries"])

    @routes.get("/galleries", operation_id="galleries")
    async def galleries() -> GalleryList:
        """The galleries, their folders and encoders, and the limits of the service."""
        return await service.look(lambda: _galleries(service))

    @routes.get("/galleries/{name}/facets", operation_id="facets")
    async def facets(name: Name) -> FacetLists:
        """What a gallery can be filtered by, most frequent first."""
        served = service.gallery(name)
        return await service.look(
            lambda: FacetLists.model_validate(gallery_facets(served.gallery()), from_attributes=True)
        )

    @routes.get("/samples", operation_id="samples")
    async def samples() -> SampleList:
        """Drawings to start from."""
        return SampleList(samples=list(sample_drawings()))

    return routes


def _galleries(service: Service) -> GalleryList:
    limits = service.limits
    served = list(service.galleries.values())
    preprocessing = served[0].encoder().config.preprocessing
    return GalleryList(
        galleries=[_facts(service, gallery) for gallery in served],
        limits=LimitFacts(
            body_bytes=limits.body_bytes, pixels=limits.pixels, k=limits.k, strokes=MAX_STROKES, points=MAX_POINTS
        ),
        stroke_width=preprocessing.stroke_width,
        extent=preprocessing.sketch_extent,
        version=version("inkseek"),
    )


def _facts(service: Service, served: ServedGallery) -> GalleryFacts:
    gallery = served.gallery()
    photos = len(gallery)
    indexing = service.jobs.running(served.name)
    counts = [count_photos(gallery, Filters(folder=str(path))) for path in served.allowed]
    description, following = gallery.description, service.next_encoder(served)
    return GalleryFacts(
        name=served.name,
        photos=photos,
        skipped=count_bad(gallery),
        encoder=_encoder(description.model, description.dimension, description.fingerprint),
        next_encoder=following
        and _encoder(following.config.name, following.config.feature.dimension, following.fingerprint),
        folders=[
            FolderFacts(id=i, name=path.name, indexed=count > 0, photos=count)
            for i, (path, count) in enumerate(zip(served.allowed, counts, strict=True))
        ],
        state="indexing" if indexing else "ready" if photos else "empty",
    )


def _encoder(name: str, dimension: int, fingerprint: str) -> EncoderFacts:
    return EncoderFacts(name=name, dimension=dimension, fingerprint=fingerprint[:12])
