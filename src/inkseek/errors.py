"""Every error that a user can cause. The command line prints its one sentence and exits with code 2.

InkseekError
├── ConfigError          a configuration key is unknown, missing or of the wrong type
├── DataError            a data set cannot be read
│   ├── ManifestError    a manifest disagrees with the files it names
│   └── SplitError       classes overlap, are unknown or are missing
├── FormatError          a file or folder of ours is damaged or of another format
│   └── FingerprintMismatch   vectors of one encoder meet another encoder
├── MissingExtraError    an optional dependency is not installed
├── PictureError         a picture or drawing cannot be read
└── GalleryError         a gallery cannot be opened or written
    └── DamagedGalleryError   its database is damaged
"""

from enum import StrEnum


class InkseekError(Exception):
    """Base of all errors with a remedy in their sentence."""


class ConfigError(InkseekError):
    """A configuration key is unknown, missing or mistyped; the sentence names its dotted path."""


class DataError(InkseekError):
    """A data set cannot be read."""


class ManifestError(DataError):
    """A manifest disagrees with the files it names."""


class SplitError(DataError):
    """Classes of a split overlap, are unknown or are missing."""


class FormatError(InkseekError):
    """A file or folder written by inkseek is damaged or of another format."""


class FingerprintMismatch(FormatError):  # noqa: N818 - the name says what happened
    """Vectors of one encoder would meet another encoder."""


class MissingExtraError(InkseekError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"this needs {package}, which is not installed; install inkseek with its extra `{extra}`: "
            f"pip install '.[{extra}]' in its folder"
        )


class PictureFault(StrEnum):
    """Why a picture was refused; reports count by these words."""

    MISSING = "missing"
    EMPTY = "empty"
    CORRUPT = "corrupt"
    TOO_LARGE = "too large"
    UNSUPPORTED = "unsupported format"
    WRONG_EXTENSION = "extension contradicts content"
    NO_INK = "no ink"


class PictureError(InkseekError):
    """A picture or drawing cannot be read.

    Args:
        source: file or stream as the user named it.
        fault: kind of fault, for reports.
        detail: what was found and what to do about it, without a final stop.
    """

    def __init__(self, source: str, fault: PictureFault, detail: str) -> None:
        super().__init__(f"{source}: {detail}")
        self.source = source
        self.fault = fault
        self.detail = detail


class GalleryError(InkseekError):
    """A gallery cannot be opened or written."""


class DamagedGalleryError(GalleryError):
    """The database of a gallery is damaged."""
