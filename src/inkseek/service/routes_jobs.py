"""Routes of long work on a gallery."""

from typing import Annotated

from fastapi import APIRouter, Path

from inkseek.service.errors import ServiceError
from inkseek.service.jobs import Job
from inkseek.service.models import GalleryName, JobBody, JobFacts, JobList
from inkseek.service.service import Service

Name = Annotated[GalleryName, Path()]
JobId = Annotated[str, Path(alias="id", max_length=32)]


def job_routes(service: Service) -> APIRouter:
    """`POST /v1/galleries/{name}/jobs` and `/v1/jobs`."""
    routes = APIRouter(prefix="/v1", tags=["jobs"])

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
    async def job(job_id: JobId) -> JobFacts:
        """One job."""
        return _job(service.jobs.get(job_id))

    @routes.delete("/jobs/{id}", operation_id="stop_job", status_code=202)
    async def stop_job(job_id: JobId) -> JobFacts:
        """Ask a job to stop; what it has committed stays."""
        found = service.jobs.get(job_id)
        found.stop.set()
        return _job(found)

    return routes


def _job(job: Job) -> JobFacts:
    return JobFacts.model_validate(job, from_attributes=True)
