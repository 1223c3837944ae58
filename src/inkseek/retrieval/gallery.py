"""The gallery: a folder with one SQLite database of pictures and their vectors, which one encoder made.

The database is the durable truth; the index beside it is a cache. Every change is one transaction, so a crash or a full
disk leaves the gallery as of its last commit. An id names a picture for ever: it is never given again.
"""

import json
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import DamagedGalleryError, FingerprintMismatch, GalleryError, PictureFault
from inkseek.retrieval.database import DATABASE, REMEDIES, create_database, gallery_errors, transaction
from inkseek.retrieval.filters import Filters, condition
from inkseek.retrieval.folders import IndexedFolder, indexed_folders
from inkseek.retrieval.opening import open_database, require_unchanged
from inkseek.retrieval.picture_rows import RECORDS, to_record, upsert_bad, upsert_picture
from inkseek.retrieval.records import BadPicture, Description, PictureFile, PictureRecord

VECTOR = np.dtype("<f2")
"""Number format of stored vectors: float16, little-endian."""

BLOCK_ROWS = 8192
"""Vectors read at a time: 8 MiB at 512 dimensions."""

_VECTORS = "SELECT picture, feature FROM vectors WHERE picture IN (SELECT value FROM json_each(?))"


class Gallery:
    """An open gallery. Use it as a context manager, and from one thread at a time.

    Attributes:
        folder: the folder that holds it.
        description: the encoder whose vectors it holds.
        connection: its SQLite connection, in autocommit mode.
        write: whether it was opened for changes.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, *, write: bool = True) -> None:
        self.folder = folder
        self.connection = connection
        self.write = write
        self.description = self._read_description()

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether a folder claims to be a gallery."""
        return (folder / DATABASE).exists()

    @classmethod
    def create(cls, folder: Path, description: Description) -> Self:
        """Make a gallery in a new or empty folder and open it.

        Raises:
            GalleryError: the folder holds something else, or cannot be written.
        """
        meta = {key: str(value) for key, value in asdict(description).items()}
        create_database(folder, {**meta, "generation": secrets.token_hex(16)})
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path, fingerprint: str | None = None, *, write: bool = True) -> Self:
        """Open a gallery.

        Args:
            folder: the gallery's folder.
            fingerprint: of the encoder that will be used with it; None leaves it unchecked.
            write: bring an older format up to date and allow changes. False only reads: any format, and also where
                nothing may be written.

        Raises:
            GalleryError: no gallery there, not ours, of a newer format, damaged, or not to be opened with these rights.
            FingerprintMismatch: it holds vectors of another encoder.
        """
        connection = open_database(folder, write=write)
        try:
            gallery = cls(folder, connection, write=write)
            if fingerprint is not None:
                gallery.require(fingerprint)
        except BaseException:
            connection.close()
            raise
        return gallery

    def require(self, fingerprint: str) -> None:
        """Check that the gallery's vectors are of the encoder with this fingerprint.

        Raises:
            FingerprintMismatch: they are of another; the sentence says how to index again.
        """
        ours = self.description
        if ours.fingerprint != fingerprint:
            raise FingerprintMismatch(
                f"{self.folder}: holds vectors of the encoder {ours.model} ({ours.fingerprint[:12]}, "
                f"from {ours.source}), not of the one in use ({fingerprint[:12]}); search it with that encoder, "
                f"or re-index: inkseek gallery reindex {self.folder} --model MODEL"
            )

    def __enter__(self) -> Self:
        """Give the gallery itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the gallery."""
        self.close()

    def __len__(self) -> int:
        """Number of pictures that can be found."""
        return int(self._one("SELECT count(*) FROM pictures WHERE state = 'ready'"))

    def close(self) -> None:
        """Close the database; a second call does nothing."""
        self.connection.close()

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows that a statement gives.

        Raises:
            GalleryError: the database is damaged, cannot be read or cannot be written.
        """
        try:
            with gallery_errors(self.folder):
                return self.connection.execute(query, values).fetchall()
        finally:
            require_unchanged(self.connection, self.folder)

    def transaction(self, *, write: bool = True) -> AbstractContextManager[None]:
        """Everything inside is committed together or not at all; `write=False` reads one unchanging state."""
        if write and not self.write:
            raise ValueError("the gallery was opened for reading; open it with write=True")
        return transaction(self.connection, self.folder, write=write)

    @property
    def generation(self) -> str:
        """Random word that changes with every change of vectors; the index uses it to know whether it is stale."""
        return str(self._one("SELECT value FROM meta WHERE key = 'generation'"))

    def folders(self) -> tuple[IndexedFolder, ...]:
        """Folders that were indexed, by age; none lies in another."""
        return indexed_folders(self.rows("SELECT path, exclude FROM folders ORDER BY id"))

    def select(self, filters: Filters) -> NDArray[np.int64]:
        """Ids of the pictures that pass the filters, rising; empty filters pass all that can be found."""
        where, values = condition(filters, self.folders())
        # Sorted here: asked for the order of ids, SQLite reads the whole table rather than an index.
        found = self.rows(f"SELECT id FROM pictures WHERE state = 'ready' AND {where}", *values)  # noqa: S608 - placeholders
        return np.sort(np.array(found, np.int64).reshape(-1))

    def pictures(self, ids: Iterable[int]) -> list[PictureRecord]:
        """All that is known of the pictures of these ids, in their order; an id that is not there is left out."""
        wanted = [int(picture_id) for picture_id in ids]
        with self.transaction(write=False):
            folders = self.folders()
            found = {row[0]: to_record(row, folders) for row in self.rows(RECORDS, json.dumps(wanted))}
        return [found[picture_id] for picture_id in wanted if picture_id in found]

    def picture(self, picture_id: int) -> PictureRecord | None:
        """All that is known of a picture; None if it cannot be found (any more)."""
        return next(iter(self.pictures([picture_id])), None)

    def vectors_of(self, ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float16]:
        """Stored vectors [n, d] of n pictures, in the order of their ids.

        Raises:
            GalleryError: an id has no vector (any more).
        """
        wanted = [int(picture_id) for picture_id in ids]
        found = dict(self.rows(_VECTORS, json.dumps(wanted)))
        missing = [picture_id for picture_id in wanted if picture_id not in found]
        if missing:
            raise GalleryError(f"{self.folder}: holds no picture with the id {missing[0]}; search again")
        return self._vectors([found[picture_id] for picture_id in wanted])

    def paths(self) -> Iterator[tuple[int, Path]]:
        """Id and path of every picture, bad ones too, by rising id."""
        for picture_id, path in self.rows("SELECT id, path FROM pictures ORDER BY id"):
            yield picture_id, Path(os.fsdecode(path))

    def bad(self) -> Iterator[BadPicture]:
        """Bad pictures with their reasons, by path."""
        query = "SELECT path, size, mtime_ns, fault, detail FROM pictures WHERE state = 'bad' ORDER BY path"
        for path, size, mtime_ns, fault, detail in self.rows(query):
            yield BadPicture(Path(os.fsdecode(path)), size, mtime_ns, PictureFault(fault), detail)

    def blocks(self, rows: int = BLOCK_ROWS) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
        """Ids [r] and vectors float16 [r, d] by rising id, `rows` at a time.

        Raises:
            GalleryError: a vector has another length than the gallery's.
        """
        query = "SELECT picture, feature FROM vectors WHERE picture > ? ORDER BY picture LIMIT ?"
        last = 0
        while found := self.rows(query, last, rows):
            last = found[-1][0]
            ids = np.array([picture_id for picture_id, _ in found], np.int64)
            yield ids, self._vectors([blob for _, blob in found])

    def add(
        self, pictures: Sequence[PictureFile], features: NDArray[np.floating], bad: Sequence[BadPicture] = ()
    ) -> list[int]:
        """Store pictures with their vectors, and bad pictures with their reasons, in one commit.

        A path that is known already keeps its id and takes the new content.

        Args:
            pictures: n picture files.
            features: [n, d] retrieval features, unit rows; stored as float16.
            bad: picture files to remember as bad.

        Returns:
            The ids of `pictures`.

        Raises:
            GalleryError: no space left, or another failure to write; nothing of the call is stored.
        """
        if features.shape != (len(pictures), self.description.dimension):
            raise ValueError(f"features {features.shape} must be [{len(pictures)}, {self.description.dimension}]")
        blobs = [row.tobytes() for row in features.astype(VECTOR)]
        with self.transaction():
            self.require_current()
            ids = [upsert_picture(self.connection, picture) for picture in pictures]
            self.connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", zip(ids, blobs, strict=True))
            for picture in bad:
                upsert_bad(self.connection, picture)
            self._change_generation()
        return ids

    def remove(self, ids: Iterable[int]) -> int:
        """Remove pictures and their vectors in one commit; returns how many there were."""
        with self.transaction():
            removed = self.connection.executemany("DELETE FROM pictures WHERE id = ?", ((i,) for i in ids)).rowcount
            self._change_generation()
        return max(removed, 0)

    def rename(self, picture_id: int, path: Path, mtime_ns: int) -> None:
        """Give a picture its new path; id and vector stay."""
        with self.transaction():
            self.connection.execute(
                "UPDATE pictures SET path = ?, mtime_ns = ? WHERE id = ?", (os.fsencode(path), mtime_ns, picture_id)
            )

    def touch(self, path: Path, mtime_ns: int) -> None:
        """Note the new modification time of a picture whose content is as before."""
        with self.transaction():
            self.connection.execute("UPDATE pictures SET mtime_ns = ? WHERE path = ?", (mtime_ns, os.fsencode(path)))

    def is_current(self) -> bool:
        """Whether the vectors are still of the encoder that `description` names; a re-index brings another."""
        return bool(self._one("SELECT value FROM meta WHERE key = 'fingerprint'") == self.description.fingerprint)

    def change_encoder(self, description: Description) -> None:
        """Note the encoder of new vectors; what `description` says is changed by the caller, after its commit."""
        with self.transaction():
            for key, value in asdict(description).items():
                self.rows("UPDATE meta SET value = ? WHERE key = ?", str(value), key)
            self._change_generation()

    def require_current(self) -> None:
        """Check that no re-index has brought another encoder since the gallery was opened.

        Raises:
            FingerprintMismatch: one has.
        """
        if not self.is_current():
            raise FingerprintMismatch(
                f"{self.folder}: was re-indexed for another encoder meanwhile; open it again and repeat the command"
            )

    def _change_generation(self) -> None:
        word = secrets.token_hex(16)
        self.connection.execute("UPDATE meta SET value = ? WHERE key = 'generation'", (word,))

    def _vectors(self, blobs: Sequence[bytes]) -> NDArray[np.float16]:
        dimension = self.description.dimension
        stored = b"".join(blobs)
        if len(stored) != len(blobs) * dimension * VECTOR.itemsize:
            raise GalleryError(f"{self.folder}: vectors of another length than {dimension}; index again")
        return np.frombuffer(stored, VECTOR).reshape(len(blobs), dimension)

    def _one(self, query: str, *values: object) -> Any:  # noqa: ANN401 - SQLite's cell
        return self.rows(query, *values)[0][0]

    def _read_description(self) -> Description:
        meta = dict(self.rows("SELECT key, value FROM meta"))
        try:
            return Description(
                meta["fingerprint"], meta["model"], meta["source"], int(meta["dimension"]), int(meta["size"])
            )
        except (KeyError, ValueError):
            raise DamagedGalleryError(f"{self.folder}: {REMEDIES[sqlite3.SQLITE_CORRUPT]}") from None
