"""Long work on a gallery, one job at a time: bring a folder up to date, compute every vector anew."""

import itertools
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from inkseek.errors import InkseekError
from inkseek.service.errors import ServiceError, not_found

Kind = Literal["index", "reindex"]
State = Literal["waiting", "running", "done", "failed", "stopped"]

KEPT = 50
"""Finished jobs that are remembered."""

LOG = logging.getLogger("inkseek.service")


@dataclass
class Job:
    """A job, and how far it is. Only its own thread writes to it, bar `stop`.

    Attributes:
        id: by which clients ask for it.
        gallery: name of the gallery.
        kind: what it does.
        folder: name of the folder of photos, if it is about one.
        state: how it stands.
        done: pictures read.
        total: pictures to read; None until that is known.
        added: photos that came in, changed or were encoded anew.
        skipped: files that could not be used.
        message: why it failed, one sentence.
        places: folders that a message tells by their names alone.
        key: tells its folder from others of the same name.
        stop: set to ask it to stop.
        started: when it began to read, for its rate.
        seconds: time it took; None while it runs.
    """

    id: str
    gallery: str
    kind: Kind
    folder: str | None
    state: State = "waiting"
    done: int = 0
    total: int | None = None
    added: int = 0
    skipped: int = 0
    message: str | None = None
    places: Sequence[Path] = ()
    key: object = None
    stop: threading.Event = field(default_factory=threading.Event)
    started: float | None = None
    seconds: float | None = None

    def progress(self, done: int, total: int) -> None:
        """Note how far it is."""
        if self.started is None:
            self.started = time.monotonic()
        self.done, self.total = done, total

    @property
    def rate(self) -> float | None:
        """Pictures a second since it began to read; None before."""
        if self.started is None or not self.done:
            return None
        seconds = self.seconds if self.seconds is not None else time.monotonic() - self.started
        return self.done / max(seconds, 1e-3)

    @property
    def seconds_left(self) -> float | None:
        """Time left at that rate; None where nothing can be said."""
        rate = self.rate
        return None if rate is None or self.total is None else (self.total - self.done) / rate


class Jobs:
    """Jobs of a service; they run one after the other in one thread."""

    def __init__(self, waiting: int) -> None:
        """Take up to so many waiting jobs."""
        self._waiting = waiting
        self._numbers = itertools.count(1)
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="inkseek-job")

    def start(
        self,
        gallery: str,
        kind: Kind,
        folder: str | None,
        work: Callable[[Job], bool],
        places: Sequence[Path] = (),
        *,
        key: object = None,
    ) -> Job:
        """Put a job into the queue; `work` fills it in as it goes, and says whether it came to its end.

        Raises:
            ServiceError: 409, the same is waiting or running already; 503, too many jobs wait.
        """
        with self._lock:
            unfinished = [job for job in self._jobs.values() if job.state in {"waiting", "running"}]
            if any((job.gallery, job.kind, job.folder, job.key) == (gallery, kind, folder, key) for job in unfinished):
                raise ServiceError(409, "conflict", "this is being done already; wait for it, or stop it first")
            if len(unfinished) > self._waiting:
                raise ServiceError(503, "busy", "too many jobs wait; try again later", {"Retry-After": "60"})
            job = Job(f"j{next(self._numbers)}", gallery, kind, folder, places=places, key=key)
            self._jobs[job.id] = job
            self._forget()
            self._thread.submit(self._run, job, work)
        return job

    def get(self, job_id: str) -> Job:
        """A job by its id.

        Raises:
            ServiceError: 404.
        """
        with self._lock:
            if job_id not in self._jobs:
                raise not_found(f"there is no job {job_id}; finished ones are forgotten after a while")
            return self._jobs[job_id]

    def all(self) -> list[Job]:
        """Every job, newest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def running(self, gallery: str) -> bool:
        """Whether a job of a gallery waits or runs."""
        return any(job.gallery == gallery and job.state in {"waiting", "running"} for job in self.all())

    def close(self) -> None:
        """Ask every job to stop, and wait until it has."""
        for job in self.all():
            job.stop.set()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Job, work: Callable[[Job], bool]) -> None:
        if job.stop.is_set():
            job.state = "stopped"
            return
        job.state, begun = "running", time.monotonic()
        try:
            # A stop that comes after the last step changes nothing: what was done is done.
            state: State = "done" if work(job) else "stopped"
        except InkseekError as error:
            LOG.error("%s of %s: %s", job.kind, job.gallery, error)
            job.message, state = _told(str(error), job.places), "failed"
        except Exception:
            LOG.exception("%s of %s", job.kind, job.gallery)
            job.message, state = "the job failed; the service's log says why", "failed"
        job.seconds = time.monotonic() - (job.started or begun)
        job.state = state

    def _forget(self) -> None:
        finished = [job.id for job in self._jobs.values() if job.state not in {"waiting", "running"}]
        for job_id in finished[: max(0, len(finished) - KEPT)]:
            del self._jobs[job_id]


def _told(message: str, places: Sequence[Path]) -> str:
    named = [place for place in places if place.name]
    for place in sorted(named, key=lambda place: len(str(place)), reverse=True):
        message = message.replace(str(place), place.name)
    return message
