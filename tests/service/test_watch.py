"""Watch mode."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inkseek.service.galleries import ServedGallery
from inkseek.service.jobs import Job
from inkseek.service.service import Service
from inkseek.service.watch import Watch
from tests.retrieval.conftest import write_photo
from tests.service.conftest import LIMITS


@pytest.fixture
def service(gallery_folder: Path, photos: Path, tmp_path: Path) -> Iterator[Service]:
    opened = Service([ServedGallery("photos", gallery_folder, [photos, tmp_path])], limits=LIMITS, threads=2)
    yield opened
    opened.close()


def look(service: Service) -> list[Job]:
    """Jobs that one look starts, finished."""
    known = {job.id for job in service.jobs.all()}
    Watch(service).look()
    new = [job for job in service.jobs.all() if job.id not in known]
    while any(job.state in {"waiting", "running"} for job in new):
        pass
    return new


def test_nothing_happens_while_nothing_changes(service: Service) -> None:
    assert look(service) == []


def test_a_new_photo_is_indexed(service: Service, photos: Path) -> None:
    write_photo(photos / "trip" / "new.png", 9)

    [job] = look(service)

    assert (job.state, job.added) == ("done", 1)
    assert service.gallery(None).count() == 7
    assert look(service) == []


def test_a_photo_that_is_gone_leaves(service: Service, photos: Path) -> None:
    (photos / "0.png").unlink()

    assert len(look(service)) == 1
    assert service.gallery(None).count() == 5


def test_what_a_stopped_job_left_is_not_begun_again(
    service: Service, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    monkeypatch.setattr(service, "start_index", lambda _served, place: started.append(place))
    watch = Watch(service)
    write_photo(photos / "new.png", 9)

    watch.look()
    watch.look()
    assert started == [0]

    write_photo(photos / "another.png", 10)
    watch.look()
    assert started == [0, 0]


def test_a_failure_of_ours_does_not_end_the_watch(
    service: Service, photos: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise OverflowError

    with monkeypatch.context() as patched:
        patched.setattr("inkseek.service.watch.Scan", fail)
        Watch(service).look()
    assert "OverflowError" in caplog.text
    write_photo(photos / "new.png", 9)
    assert len(look(service)) == 1


def test_a_folder_that_was_never_indexed_is_left_alone(service: Service, tmp_path: Path) -> None:
    write_photo(tmp_path / "other.png", 9)

    assert look(service) == []


def test_a_folder_that_cannot_be_seen_is_told_once_and_loses_nothing(
    service: Service, photos: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away = photos.rename(photos.with_name("away"))
    watch = Watch(service)

    watch.look()
    watch.look()

    assert caplog.text.count("no such folder") == 1
    assert service.gallery(None).count() == 6
    away.rename(photos)
    watch.look()
    assert service.jobs.all() == []


def test_it_looks_by_itself_and_ends(service: Service, photos: Path) -> None:
    watch = Watch(service, seconds=0.01)
    watch.start()
    write_photo(photos / "new.png", 9)

    while service.gallery(None).count() < 7:
        pass
    watch.close()
