"""Finished pictures on their way into the gallery: collected, counted, and committed batch by batch."""

import time
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.reading import Outcome, Photo, Same, Unreadable
from inkseek.retrieval.records import BadPicture

COMMIT_ROWS = 128
COMMIT_SECONDS = 1.0
"""A commit follows after so many pictures or so much time, whichever comes first."""


class Writer:
    """Collects the outcomes of chunks and commits them.

    Attributes:
        taken: outcomes accepted so far.
        added: new photos.
        changed: photos whose content changed.
        same: files whose time changed and whose content did not.
        bad: refused pictures by fault.
        unreadable: files that could not be opened.
    """

    def __init__(self, gallery: Gallery, commit_rows: int = COMMIT_ROWS) -> None:
        self._gallery = gallery
        self._commit_rows = commit_rows
        self._waiting: list[Outcome] = []
        self._features: list[NDArray[np.float32]] = []
        self._committed = time.monotonic()
        self.taken = self.added = self.changed = self.same = 0
        self.bad: Counter[str] = Counter()
        self.unreadable: list[str] = []

    def take(self, outcomes: list[Outcome], features: NDArray[np.float32]) -> None:
        """Accept a chunk, and commit if enough is waiting.

        Args:
            outcomes: of the chunk's files.
            features: [n, d] of the n photos among them, in their order.

        Raises:
            GalleryError: no space left, or another failure to write; the last commit stays.
        """
        self._waiting += outcomes
        self._features.append(features)
        self.taken += len(outcomes)
        overdue = time.monotonic() - self._committed > COMMIT_SECONDS
        if len(self._waiting) >= self._commit_rows or overdue:
            self.commit()

    def commit(self) -> None:
        """Write everything that waits in one transaction.

        Raises:
            GalleryError: no space left, or another failure to write; the last commit stays.
        """
        if self._waiting:
            self._write()
        self._waiting, self._features, self._committed = [], [], time.monotonic()

    def _write(self) -> None:
        photos = [outcome for outcome in self._waiting if isinstance(outcome, Photo)]
        bad = [outcome for outcome in self._waiting if isinstance(outcome, BadPicture)]
        same = [outcome for outcome in self._waiting if isinstance(outcome, Same)]
        with self._gallery.transaction():
            if photos or bad:
                self._gallery.add([photo.file for photo in photos], np.concatenate(self._features), bad)
            for outcome in same:
                self._gallery.touch(outcome.path, outcome.mtime_ns)
        known = sum(photo.known for photo in photos)
        self.added += len(photos) - known
        self.changed += known
        self.same += len(same)
        self.bad.update(picture.fault.value for picture in bad)
        self.unreadable += [str(outcome.path) for outcome in self._waiting if isinstance(outcome, Unreadable)]
