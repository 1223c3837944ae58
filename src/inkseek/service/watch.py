"""Watch mode: folders of photos are looked through again and again, and what changed is indexed."""

import logging
import threading
import time
from contextlib import suppress
from pathlib import Path

from inkseek.errors import InkseekError
from inkseek.retrieval.changes import WATCH_SECONDS, Changes, watch_pause
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.noted_folders import noted_exclude
from inkseek.retrieval.scan import Scan
from inkseek.service.errors import ServiceError
from inkseek.service.galleries import ServedGallery
from inkseek.service.service import Service

LOG = logging.getLogger("inkseek.service")


class Watch:
    """Looks at the indexed folders of every gallery by names, sizes and times, without opening a file.

    Looking works on every file system, where notices of changes do not: network drives have none.
    """

    def __init__(self, service: Service, seconds: float = WATCH_SECONDS) -> None:
        """Take the pause between two looks."""
        self._service = service
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inkseek-watch", daemon=True)
        self._told: set[Path] = set()
        self._tried: dict[Path, bytes] = {}

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """End; a look that is under way is finished."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Look at every folder once, and start a job where something changed."""
        for served in self._service.galleries.values():
            if not self._service.jobs.running(served.name):
                for place in range(len(served.allowed)):
                    self._look_at(served, place)

    def _run(self) -> None:
        pause = self._seconds
        while not self._stop.wait(pause):
            started = time.monotonic()
            self.look()
            pause = watch_pause(time.monotonic() - started, self._seconds)

    def _look_at(self, served: ServedGallery, place: int) -> None:
        folder = served.allowed[place]
        try:
            changed = self._changes(served.gallery(), folder)
            # What a stopped job left, or what cannot be read, is not tried again until something else changes.
            if changed is not None and self._tried.get(folder) != changed:
                with suppress(ServiceError):  # the same job was started from the page a moment ago
                    self._service.start_index(served, place)
                self._tried[folder] = changed
            self._told.discard(folder)
        except InkseekError as error:
            if folder not in self._told:
                LOG.warning("%s", error)
            self._told.add(folder)
        except Exception:
            LOG.exception("watching %s", folder)

    def _changes(self, gallery: Gallery, folder: Path) -> bytes | None:
        if folder not in {noted.path for noted in gallery.folders()}:
            return None
        changes = Changes(gallery, Scan(folder, noted_exclude(gallery, folder)))
        changes.compare()
        return changes.digest()
