"""The index of a gallery that changes while many threads search it."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index import Index, IndexKind

CHECK_SECONDS = 0.5
"""A change of the gallery is looked for at most this often."""

REST = 10
"""After a rebuild, it rests for so many times as long as the rebuild took: a large gallery that is being filled costs
a tenth of one core."""


class LiveIndex:
    """The newest index of a gallery; one thread of its own rebuilds it behind the searches.

    Any thread may call it. Use it as a context manager, or close it.
    """

    def __init__(self, folder: Path, kind: IndexKind = "exact") -> None:
        """Load the index of the gallery in `folder`.

        Raises:
            GalleryError: there is no gallery, or it cannot be read.
        """
        self._folder = folder
        self._kind = kind
        self._lock = threading.Lock()
        with Gallery.open(folder, write=False) as gallery:
            self._fingerprint = gallery.description.fingerprint
            self._index = self._read(gallery)
        self._next_check = time.monotonic() + CHECK_SECONDS
        self._running: Future[None] | None = None
        self._closed = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="inkseek-live-index")

    def __enter__(self) -> Self:
        """Give the live index itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Wait for a rebuild under way, and end the thread; `current` gives the last index from then on."""
        with self._lock:
            self._closed = True
        self._pool.shutdown()

    def current(self) -> Index:
        """The newest index there is, at once; a look at the gallery begins behind it where one is due.

        Raises:
            GalleryError: the last look or rebuild failed; the call after this one gives the index again.
        """
        with self._lock:
            if self._running is not None and self._running.done():
                finished, self._running = self._running, None
                finished.result()
            if not self._closed and self._running is None and time.monotonic() >= self._next_check:
                self._running = self._pool.submit(self._follow)
            return self._index

    def refresh(self) -> Index:
        """The index of the gallery as it is now; waits until it is loaded.

        Raises:
            GalleryError: the gallery cannot be read.
        """
        # One thread works through what is submitted: this look comes after the one under way.
        self._pool.submit(self._follow).result()
        return self._index

    def _follow(self) -> None:
        started = time.monotonic()
        pause = CHECK_SECONDS
        try:
            with Gallery.open(self._folder, write=False) as gallery:
                changed = gallery.generation != self._index.generation
                # After a re-index queries of the old encoder find the old vectors, until a live index is made anew.
                if changed and gallery.description.fingerprint == self._fingerprint:
                    self._index = self._read(gallery)
                    pause = max(pause, REST * (time.monotonic() - started))
        finally:
            self._next_check = time.monotonic() + pause

    def _read(self, gallery: Gallery) -> Index:
        index = Index(gallery, self._kind)
        index.load()
        return index
