"""Long work, one after the other."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkseek.errors import GalleryError
from inkseek.service.errors import ServiceError
from inkseek.service.jobs import KEPT, Job, Jobs


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    opened = Jobs(waiting=2)
    yield opened
    opened.close()


class Held:
    """Work that waits until it is let go or stopped."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()

    def __call__(self, job: Job) -> bool:
        job.progress(3, 10)
        self.begun.set()
        while not self.go.wait(0.01):
            if job.stop.is_set():
                return False
        return True


def finish(jobs: Jobs) -> None:
    """Wait until everything that was started has ended."""
    done = threading.Event()

    def work(_: Job) -> bool:
        done.set()
        return True

    jobs.start("last", "index", None, work)
    assert done.wait(10)


def test_a_job_tells_how_far_it_is(jobs: Jobs) -> None:
    work = Held()
    job = jobs.start("g", "index", "photos", work)
    assert work.begun.wait(10)
    assert (job.state, job.done, job.total) == ("running", 3, 10)
    assert job.rate is not None
    assert job.seconds_left is not None
    assert job.seconds_left == pytest.approx(7 / job.rate, rel=0.5)
    work.go.set()
    finish(jobs)
    assert job.state == "done"


def test_a_stopped_job_says_so(jobs: Jobs) -> None:
    work = Held()
    job = jobs.start("g", "index", "photos", work)
    assert work.begun.wait(10)
    job.stop.set()
    finish(jobs)
    assert job.state == "stopped"


def test_a_job_that_is_stopped_before_it_begins_never_does(jobs: Jobs) -> None:
    work, never = Held(), Held()
    jobs.start("g", "index", "photos", work)
    job = jobs.start("g", "index", "other", never)
    job.stop.set()
    work.go.set()
    finish(jobs)
    assert job.state == "stopped"
    assert not never.begun.is_set()


def test_a_stop_after_the_last_step_leaves_the_job_done(jobs: Jobs) -> None:
    def work(job: Job) -> bool:
        job.stop.set()
        return True

    job = jobs.start("g", "reindex", None, work)
    finish(jobs)
    assert job.state == "done"


def test_a_failure_keeps_its_sentence_but_not_where_folders_lie(jobs: Jobs) -> None:
    def fail(_: Job) -> bool:
        raise GalleryError("/srv/ann/g: no space left for /srv/ann/g/photos; free some space")

    places = [Path("/srv/ann"), Path("/"), Path("/srv/ann/g")]
    job = jobs.start("g", "index", "photos", fail, places)
    finish(jobs)
    assert (job.state, job.message) == ("failed", "g: no space left for g/photos; free some space")


def test_a_failure_of_ours_is_not_told_but_logged(jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Job) -> bool:
        raise KeyError("secret")

    job = jobs.start("g", "index", "photos", fail)
    finish(jobs)
    assert job.state == "failed"
    assert "secret" not in (job.message or "")
    assert "secret" in caplog.text


def test_the_same_job_is_not_started_twice(jobs: Jobs) -> None:
    work = Held()
    jobs.start("g", "index", "photos", work)
    with pytest.raises(ServiceError, match="already") as caught:
        jobs.start("g", "index", "photos", work)
    assert caught.value.status == 409
    work.go.set()
    finish(jobs)
    jobs.start("g", "index", "photos", work)


def test_folders_of_one_name_are_told_apart(jobs: Jobs) -> None:
    work = Held()
    jobs.start("g", "index", "photos", work, key="/a/photos")
    jobs.start("g", "index", "photos", work, key="/b/photos")
    work.go.set()


def test_the_queue_is_bounded(jobs: Jobs) -> None:
    work = Held()
    for folder in "abc":
        jobs.start("g", "index", folder, work)
    with pytest.raises(ServiceError, match="too many"):
        jobs.start("g", "index", "d", work)
    work.go.set()


def test_old_jobs_are_forgotten_and_the_newest_come_first(jobs: Jobs) -> None:
    for _ in range(KEPT + 5):
        finish(jobs)
    listed = jobs.all()
    assert len(listed) <= KEPT + 2
    assert [job.id for job in listed][:1] == [f"j{KEPT + 5}"]
    with pytest.raises(ServiceError, match="no job j1;"):
        jobs.get("j1")
