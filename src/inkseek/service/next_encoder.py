"""The encoder that a re-index brings galleries to, known by its files: no network is opened for a look at it."""

from contextlib import suppress

from inkseek.errors import FormatError
from inkseek.retrieval.model_folder import CONFIG, ModelFolder, open_model_folder

Stamps = list[tuple[int, int]]
"""Time of change in nanoseconds and bytes of every file that makes the fingerprint."""


class NextEncoder:
    """A model folder as it is now; its files are hashed again only once one of them has changed."""

    def __init__(self, source: str) -> None:
        """Take a model folder, a run folder or `bundled`."""
        self._source = source
        self._known: tuple[ModelFolder, Stamps] | None = None

    def folder(self) -> ModelFolder | None:
        """The opened model folder; None where it cannot be read."""
        known = self._known
        if known is None or _stamps(known[0]) != known[1]:
            known = self._known = self._read()
        return None if known is None else known[0]

    def _read(self) -> tuple[ModelFolder, Stamps] | None:
        with suppress(FormatError, OSError):
            folder = open_model_folder(self._source)
            return folder, _stamps(folder)
        return None


def _stamps(folder: ModelFolder) -> Stamps:
    with suppress(OSError):
        files = [(folder.path / name).stat() for name in (CONFIG, *folder.config.networks.served)]
        return [(file.st_mtime_ns, file.st_size) for file in files]
    return []
