"""Routes of galleries, of what they can be filtered by, of jobs and sample drawings."""

from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Path

from inkseek.retrieval.facets import facets as gallery_facets
from inkseek.retrieval.filters import Filters
from inkseek.service.errors import ServiceError
from inkseek.service.galleries import ServedGallery
from inkseek.service.jobs import Job
from inkseek.service.models import (
    EncoderFacts,
    FacetLists,
    FolderFacts,
    GalleryFacts,
    GalleryList,
    GalleryName,
    JobBody,
    JobFacts,
    JobList,
    LimitFacts,
    SampleList,
)
from inkseek.service.samples import sample_drawings
from inkseek.service.service import Service
from inkseek.sketch.model import MAX_POINTS, MAX_STROKES

Name = Annotated[GalleryName, Path()]


def gallery_routes(service: Service) -> APIRouter:
    """`/v1/galleries`, `/v1/jobs` and `/v1/samples`."""
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

    @routes.post("/galleries/{name}/jobs", operation_id="start_job", status_code=202)
    async def start_job(name: Name, body: JobBody) -> JobFacts:
        """Start long work on a gallery."""
        served = service.gallery(name)
        if body.kind == "index":
            return _job(service.start_index(served, body.folder))
        if body.folder is not None:
            raise ServiceError(422, "invalid_request", "folder: a re-index takes the whole gallery; leave it out")
        return _job(service.start_reindex(served))

    @routes.get("/jobs", operation_id="jobs")
    async def jobs() -> JobList:
        """Jobs, newest first."""
        return JobList(jobs=[_job(job) for job in service.jobs.all()])

    @routes.get("/jobs/{id}", operation_id="job")
    async def job(job_id: Annotated[str, Path(alias="id", max_length=32)]) -> JobFacts:
        """One job."""
        return _job(service.jobs.get(job_id))

    @routes.delete("/jobs/{id}", operation_id="stop_job", status_code=202)
    async def stop_job(job_id: Annotated[str, Path(alias="id", max_length=32)]) -> JobFacts:
        """Ask a job to stop; what it has committed stays."""
        found = service.jobs.get(job_id)
        found.stop.set()
        return _job(found)

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
    counts = [len(gallery.select(Filters(folder=str(path)))) for path in served.allowed]
    description = gallery.description
    return GalleryFacts(
        name=served.name,
        photos=photos,
        skipped=sum(1 for _ in gallery.bad()),
        encoder=EncoderFacts(
            name=description.model, dimension=description.dimension, fingerprint=description.fingerprint[:12]
        ),
        folders=[
            FolderFacts(id=i, name=path.name, indexed=count > 0, photos=count)
            for i, (path, count) in enumerate(zip(served.allowed, counts, strict=True))
        ],
        state="indexing" if indexing else "ready" if photos else "empty",
    )


def _job(job: Job) -> JobFacts:
    return JobFacts.model_validate(job, from_attributes=True)
