"""Indexing a folder: what changed on disk is read, encoded and committed, batch by batch.

Files are taken in order of their paths, whichever is encoded first, so ids do not depend on timing.
"""

import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from inkseek.pictures.limits import DEFAULT_LIMITS, PictureLimits
from inkseek.retrieval.changes import Changes
from inkseek.retrieval.encoder import RetrievalEncoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index_cache import is_fresh, write_cache
from inkseek.retrieval.noted_folders import note_folder, noted_exclude
from inkseek.retrieval.pipeline import Progress, encode_files
from inkseek.retrieval.reading import ClassOf, read_photo, unknown_class
from inkseek.retrieval.records import Description
from inkseek.retrieval.scan import Scan
from inkseek.retrieval.writer import COMMIT_ROWS, Writer


@dataclass(frozen=True)
class IndexReport:
    """What one run of `index_folder` did.

    Attributes:
        added: new photos.
        changed: photos whose content changed; they keep their ids.
        unchanged: photos that were known; also those whose time changed but not their content.
        renamed: photos recognised by content under a new path; they keep their ids.
        removed: pictures whose files are gone or excluded now.
        bad: count by fault of the pictures refused in this run; `Gallery.bad` gives the reason of each.
        known_bad: pictures refused earlier and not tried again.
        ignored: count by kind of the files and folders passed by.
        unreadable: files and folders that could not be opened; what the gallery knows of them stays.
        seconds: time of the whole run.
        stopped: it was told to stop before every file was read; the next run goes on from there.
    """

    added: int
    changed: int
    unchanged: int
    renamed: int
    removed: int
    bad: dict[str, int]
    known_bad: int
    ignored: dict[str, int]
    unreadable: tuple[str, ...]
    seconds: float
    stopped: bool

    def to_json(self) -> dict[str, object]:
        """Plain values, as JSON takes them."""
        return asdict(self)


def describe(encoder: RetrievalEncoder) -> Description:
    """What a gallery keeps of its encoder."""
    config = encoder.config
    return Description(
        encoder.fingerprint, config.name, encoder.folder.source, config.feature.dimension, config.preprocessing.size
    )


def open_or_create_gallery(folder: Path, encoder: RetrievalEncoder) -> Gallery:
    """Open the gallery of a folder for an encoder, or make it there.

    Raises:
        GalleryError: the folder holds something else, or a damaged gallery, or cannot be written.
        FingerprintMismatch: the gallery holds vectors of another encoder.
    """
    if Gallery.exists(folder):
        return Gallery.open(folder, encoder.fingerprint)
    return Gallery.create(folder, describe(encoder))


def index_folder(
    gallery: Gallery,
    folder: Path,
    encoder: RetrievalEncoder,
    *,
    exclude: Sequence[str] | None = None,
    retry: bool = False,
    progress: Progress | None = None,
    workers: int | None = None,
    limits: PictureLimits = DEFAULT_LIMITS,
    class_of: ClassOf = unknown_class,
    commit_rows: int = COMMIT_ROWS,
    stop: threading.Event | None = None,
) -> IndexReport:
    """Bring a gallery up to date with a folder of photos.

    Unchanged files (same path, size and modification time) are not opened. Symbolic links are not followed, hidden
    names are passed by, duplicates are pictures of their own. Files that are gone, or excluded now, leave the gallery.
    Every commit leaves a usable gallery; after a crash or a full disk the next run goes on from there. The folder and
    its excludes are noted in the gallery.

    Args:
        gallery: opened for this encoder.
        folder: folder of photos, walked with everything below it.
        encoder: gives the workers a single-threaded copy of itself.
        exclude: glob patterns of files and folders to leave out; see `Scan`. None takes those of the last run.
        retry: read files again that were bad before, for instance after installing the `heif` extra.
        progress: told how far the run is.
        workers: threads that read and encode; None takes one a core.
        limits: limits of a picture file.
        class_of: class of a photo by its path.
        commit_rows: pictures that may wait for a commit.
        stop: once set, what is finished is committed and the run ends.

    Raises:
        GalleryError: no such folder, no space left, or another failure of the gallery.
        FingerprintMismatch: the gallery holds vectors of another encoder.
        FormatError: the encoder is damaged.
    """
    started = time.perf_counter()
    gallery.require(encoder.fingerprint)
    workers = workers or os.cpu_count() or 1
    encoder = encoder.for_workers(workers)
    changes = _find_changes(gallery, folder, exclude, retry=retry)
    writer, total = Writer(gallery, commit_rows), changes.count_pending()
    read = partial(read_photo, size=encoder.config.preprocessing.size, limits=limits, class_of=class_of)
    for chunk in encode_files(encoder, read, changes.pending(), workers, stop or threading.Event()):
        writer.take(*chunk)
        if progress is not None:
            progress(writer.taken, total)
    writer.commit()
    stopped = writer.taken < total
    if not stopped:
        _refresh_cache(gallery)
    return _report(changes, writer, time.perf_counter() - started, stopped=stopped)


def _find_changes(gallery: Gallery, folder: Path, exclude: Sequence[str] | None, *, retry: bool) -> Changes:
    scan = Scan(folder)
    scan.exclude = noted_exclude(gallery, scan.root) if exclude is None else exclude
    changes = Changes(gallery, scan)
    changes.compare(retry=retry)
    note_folder(gallery, scan.root, scan.exclude)
    changes.follow_moves()
    changes.drop_vanished()
    return changes


def _refresh_cache(gallery: Gallery) -> None:
    if not is_fresh(gallery):
        # Only a cache: without space for it search still works, its start is slower.
        with suppress(OSError):
            write_cache(gallery)


def _report(changes: Changes, writer: Writer, seconds: float, *, stopped: bool) -> IndexReport:
    return IndexReport(
        added=writer.added,
        changed=writer.changed,
        unchanged=changes.unchanged + writer.same,
        renamed=changes.renamed,
        removed=changes.removed,
        bad=dict(writer.bad),
        known_bad=changes.known_bad,
        ignored=dict(changes.scan.ignored),
        unreadable=(*map(os.fsdecode, changes.scan.unreadable), *writer.unreadable),
        seconds=seconds,
        stopped=stopped,
    )
