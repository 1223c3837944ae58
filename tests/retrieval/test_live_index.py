import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from inkseek.errors import GalleryError
from inkseek.retrieval import live_index
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index import Index
from inkseek.retrieval.live_index import LiveIndex
from tests.retrieval.galleries import filled, picture, unit_rows

FEATURES = unit_rows(30, 8)


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    """A gallery of twenty vectors."""
    with filled(tmp_path / "g", FEATURES[:20]) as opened:
        yield opened


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call may look."""
    monkeypatch.setattr(live_index, "CHECK_SECONDS", 0.0)
    monkeypatch.setattr(live_index, "REST", 0)


class Gate:
    """Holds every load after the first until it is opened, and counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.entered, self.open = threading.Event(), threading.Event()
        self.open.set()
        self.loads = 0
        load = Index.load

        def held(index: Index) -> None:
            self.loads += 1
            self.entered.set()
            assert self.open.wait(30)
            load(index)

        monkeypatch.setattr(Index, "load", held)

    def close(self) -> None:
        self.open.clear()
        self.entered.clear()


def looking(live: LiveIndex) -> Future[None] | None:
    """The look that a call has begun."""
    live.current()
    return live._running


def add_one(gallery: Gallery) -> None:
    gallery.add([picture("new.jpg", 99)], FEATURES[20:21])


def test_it_gives_the_same_index_while_nothing_changes(gallery: Gallery) -> None:
    with LiveIndex(gallery.folder) as live:
        index = live.current()
        assert live.refresh() is index
        assert live.current() is index


def test_refresh_waits_for_the_gallery_as_it_is(gallery: Gallery) -> None:
    with LiveIndex(gallery.folder, "packed") as live:
        add_one(gallery)
        assert live.refresh().search(FEATURES[20:21], 1).ids.tolist() == [[21]]
        gallery.remove([21])
        assert len(live.refresh()) == 20
        assert live.current().generation == gallery.generation


@pytest.mark.usefixtures("looks")
def test_searches_go_on_with_the_old_index_during_one_rebuild(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    with LiveIndex(gallery.folder) as live:
        old = live.current()
        gate.close()
        add_one(gallery)
        while not gate.entered.is_set():
            live.current()
        for _ in range(20):
            assert live.current() is old
            assert len(old.search(FEATURES[:1], 30).ids[0]) == 20
        assert gate.loads == 2
        gate.open.set()
        live.refresh()
        assert len(live.current()) == 21
        assert gate.loads == 2


def test_a_look_waits_its_time(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("inkseek.retrieval.live_index.time.monotonic", lambda: now[0])
    with LiveIndex(gallery.folder) as live:
        add_one(gallery)
        now[0] += 0.4
        assert looking(live) is None
        now[0] += 0.2
        look = looking(live)
        assert look is not None
        look.result(30)
        assert len(live.current()) == 21


def test_after_a_long_rebuild_it_rests(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("inkseek.retrieval.live_index.time.monotonic", lambda: now[0])
    with LiveIndex(gallery.folder) as live:
        load = Index.load

        def slow(index: Index) -> None:
            now[0] += 3.0
            load(index)

        monkeypatch.setattr(Index, "load", slow)
        add_one(gallery)
        live.refresh()
        now[0] += 29.0
        assert looking(live) is None
        now[0] += 2.0
        assert looking(live) is not None


@pytest.mark.usefixtures("looks")
def test_a_failure_behind_is_told_by_the_next_call_and_then_tried_again(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LiveIndex(gallery.folder) as live:
        old = live.current()
        add_one(gallery)
        with monkeypatch.context() as broken:

            def fail(_: Index) -> None:
                raise GalleryError("the disk is on fire")

            broken.setattr(Index, "load", fail)
            with pytest.raises(GalleryError, match="on fire"):
                live.refresh()
            look = looking(live)
            assert look is not None
            assert look.exception(30) is not None
            with pytest.raises(GalleryError, match="on fire"):
                live.current()
            assert live.current() is old
        live.refresh()
        assert len(live.current()) == 21


def test_a_missing_gallery_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="no gallery here"):
        LiveIndex(tmp_path / "nothing")


def test_many_threads_follow_a_changing_gallery(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_index, "CHECK_SECONDS", 0.0)
    monkeypatch.setattr(live_index, "REST", 0)
    failures: list[BaseException] = []
    done = threading.Event()

    def search(live: LiveIndex) -> None:
        try:
            while not done.is_set():
                assert live.current().search(FEATURES[:1], 5).ids[0, 0] == 1
        except BaseException as failure:
            failures.append(failure)

    with LiveIndex(gallery.folder) as live:
        threads = [threading.Thread(target=search, args=(live,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for i in range(20, 30):
            gallery.add([picture(f"new{i}.jpg", 100 + i)], FEATURES[i : i + 1])
        done.set()
        for thread in threads:
            thread.join()
        assert not failures
        assert len(live.refresh()) == 30
