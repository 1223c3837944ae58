"""Galleries that are served: one index for all threads, a connection for each of them."""

import threading
from collections.abc import Sequence
from pathlib import Path

from inkseek.retrieval.encoder import RetrievalEncoder, load_encoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index import IndexKind
from inkseek.retrieval.live_index import LiveIndex
from inkseek.retrieval.search import Searcher


class _OfThread(threading.local):
    """What one thread has open."""

    gallery: Gallery | None = None
    searcher: Searcher | None = None


class ServedGallery:
    """One gallery, searched by many threads while others may write to it.

    Attributes:
        name: by which clients ask for it.
        folder: that holds it.
        allowed: folders of photos that the owner allowed to index.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        allowed: Sequence[Path] = (),
        *,
        runtime: str = "onnxruntime",
        kind: IndexKind = "exact",
    ) -> None:
        """Open its encoder and index, so that what is damaged shows before the first client comes.

        Raises:
            GalleryError: no gallery there, or a damaged one.
            FormatError: its encoder is missing, damaged or not the one that made it.
        """
        self.name = name
        self.folder = folder
        self.allowed = tuple(path.resolve() for path in allowed)
        self._runtime = runtime
        self._kind = kind
        self._of_thread = _OfThread()
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._opened: list[Gallery] = []
        self._encoder, self._index = self._load()

    def gallery(self) -> Gallery:
        """The calling thread's connection; after a re-index it is opened anew."""
        held = self._of_thread
        if held.gallery is not None and not held.gallery.is_current():
            self._drop(held.gallery)
            held.gallery = held.searcher = None
        if held.gallery is None:
            held.gallery = self._open()
        return held.gallery

    def searcher(self) -> Searcher:
        """The calling thread's searcher; after a re-index it comes with the new encoder."""
        gallery = self.gallery()
        if self._of_thread.searcher is None:
            encoder, index = self._current(gallery.description.fingerprint)
            self._of_thread.searcher = Searcher(gallery, encoder, index)
        return self._of_thread.searcher

    def encoder(self) -> RetrievalEncoder:
        """The encoder of the gallery as it is now."""
        return self.searcher().encoder

    def count(self) -> int:
        """Number of photos that can be found."""
        return len(self.gallery())

    def refresh(self) -> None:
        """Let searches see everything that is committed by now."""
        self.searcher()
        with self._loading:
            index = self._index
        index.refresh()

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            self._index.close()
            for gallery in self._opened:
                gallery.close()
            self._opened.clear()

    def _open(self) -> Gallery:
        gallery = Gallery.open(self.folder, write=False)
        with self._lock:
            self._opened.append(gallery)
        return gallery

    def _drop(self, gallery: Gallery) -> None:
        with self._lock:
            self._opened.remove(gallery)
        gallery.close()

    def _current(self, fingerprint: str) -> tuple[RetrievalEncoder, LiveIndex]:
        with self._loading:
            if self._encoder.fingerprint != fingerprint:
                before = self._index
                self._encoder, self._index = self._load()
                before.close()
            return self._encoder, self._index

    def _load(self) -> tuple[RetrievalEncoder, LiveIndex]:
        with Gallery.open(self.folder, write=False) as gallery:
            # One thread a search: the threads of the service search side by side.
            encoder = load_encoder(gallery.description.source, self._runtime, threads=1)
            gallery.require(encoder.fingerprint)
        encoder.open()
        return encoder, LiveIndex(self.folder, self._kind)
