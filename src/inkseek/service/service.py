"""All that the routes share: galleries by name, the encoder for new ones, threads, jobs, metrics."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import inkseek
from inkseek.errors import ConfigError
from inkseek.retrieval.embedding import index_folder
from inkseek.retrieval.encoder import load_encoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.model_folder import ModelFolder
from inkseek.retrieval.reindex import reindex
from inkseek.service.errors import ServiceError, not_found
from inkseek.service.galleries import ServedGallery
from inkseek.service.jobs import Job, Jobs
from inkseek.service.limits import ServiceLimits
from inkseek.service.metrics import Metrics
from inkseek.service.next_encoder import NextEncoder
from inkseek.service.threads import Threads
from inkseek.service.thumbnails import ThumbnailCache

T = TypeVar("T")

PACKAGE = Path(inkseek.__file__).parent
"""Where the bundled model folder lies."""

PICTURE_THREADS = 2


class Service:
    """Galleries, and the threads that work for their clients.

    Attributes:
        galleries: in the order in which they were given.
        limits: what a client may ask for.
        metrics: what is counted.
        jobs: long work.
        thumbnails: the latest ones.
        model: model folder, run folder or `bundled`: what a re-index brings galleries to.
    """

    def __init__(
        self,
        galleries: Sequence[ServedGallery],
        *,
        limits: ServiceLimits,
        threads: int,
        model: str = "bundled",
        runtime: str = "onnxruntime",
    ) -> None:
        """Start the threads.

        Raises:
            ConfigError: two galleries have one name, or there is none.
        """
        names = [gallery.name for gallery in galleries]
        if not names or len(set(names)) < len(names):
            raise ConfigError(f"galleries {names}: give at least one, and no two folders of the same name")
        self.galleries = {gallery.name: gallery for gallery in galleries}
        self.limits = limits
        self.metrics = Metrics()
        for gallery in galleries:
            self.metrics.watch_photos(gallery.name, gallery.count)
        self.jobs = Jobs(limits.jobs)
        self.thumbnails = ThumbnailCache()
        self.model = model
        self._next_encoder = NextEncoder(model)
        self._runtime = runtime
        self._workers = max(1, (os.cpu_count() or 1) - 1)
        self._search = Threads("inkseek-search", threads, limits.waiting, limits.search_seconds)
        self._pictures = Threads("inkseek-picture", PICTURE_THREADS, 4 * limits.waiting, limits.search_seconds)

    def gallery(self, name: str | None) -> ServedGallery:
        """A gallery by name; the first one without.

        Raises:
            ServiceError: 404.
        """
        if name is None:
            return next(iter(self.galleries.values()))
        if name not in self.galleries:
            raise not_found("there is no gallery of this name; /v1/galleries lists them")
        return self.galleries[name]

    def next_encoder(self, served: ServedGallery) -> ModelFolder | None:
        """What a re-index would bring a gallery to; None if it has that one, or if that one cannot be read."""
        folder = self._next_encoder.folder()
        return None if folder is None or folder.fingerprint == served.gallery().description.fingerprint else folder

    async def search(self, work: Callable[[], T]) -> T:
        """Run a search in a search thread."""
        return await self._search.run(work)

    async def look(self, work: Callable[[], T]) -> T:
        """Read facts or a picture in a picture thread."""
        return await self._pictures.run(work)

    def start_index(self, served: ServedGallery, folder: int | None) -> Job:
        """Bring an allowed folder up to date, in the background.

        Raises:
            ServiceError: 422, the owner allowed no such folder.
        """
        if folder is None or folder >= len(served.allowed):
            raise ServiceError(422, "invalid_request", "folder: give the id of a folder that /v1/galleries lists")
        path = served.allowed[folder]

        def work(job: Job) -> bool:
            with Gallery.open(served.folder) as gallery:
                report = index_folder(
                    gallery,
                    path,
                    served.encoder(),
                    exclude=None,
                    progress=job.progress,
                    stop=job.stop,
                    workers=self._workers,
                )
            job.added = report.added + report.changed + report.renamed
            job.skipped = sum(report.bad.values()) + len(report.unreadable)
            served.refresh()
            return not report.stopped

        return self.jobs.start(served.name, "index", path.name, work, self._places(served), key=path)

    def start_reindex(self, served: ServedGallery) -> Job:
        """Compute every vector anew with the service's encoder, in the background; searches go on with the old one."""

        def work(job: Job) -> bool:
            encoder = load_encoder(self.model, self._runtime)
            with Gallery.open(served.folder) as gallery:
                report = reindex(gallery, encoder, progress=job.progress, stop=job.stop, workers=self._workers)
            if not report.stopped:
                job.added, job.skipped = report.kept + report.encoded, report.lost
                served.refresh()
            return not report.stopped

        return self.jobs.start(served.name, "reindex", None, work, self._places(served))

    def close(self) -> None:
        """Stop jobs and threads, close every gallery."""
        self.jobs.close()
        self._search.close()
        self._pictures.close()
        for gallery in self.galleries.values():
            gallery.close()

    def _places(self, served: ServedGallery) -> list[Path]:
        return [served.folder.absolute(), *served.allowed, Path(self.model).absolute(), PACKAGE]
