"""Tags: words of the user on pictures, by which a search can be narrowed. They stay with a picture that moves."""

from collections.abc import Sequence
from pathlib import Path

from inkseek.errors import GalleryError
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.matching import matching_pictures

MAX_TAG = 100
"""Characters of a tag."""


def tag_pictures(gallery: Gallery, tag: str, patterns: Sequence[str | Path]) -> int:
    """Give pictures a tag in one commit.

    Args:
        gallery: opened for writing.
        tag: a line of text; spaces around it do not count.
        patterns: of pictures, as `matching_pictures` takes them.

    Returns:
        Number of pictures that did not have it.

    Raises:
        GalleryError: the tag is no line of text, or a pattern matches no picture; then nothing is tagged.
    """
    return _change(gallery, "INSERT OR IGNORE INTO tags (tag, picture) VALUES (?, ?)", tag, patterns)


def untag_pictures(gallery: Gallery, tag: str, patterns: Sequence[str | Path]) -> int:
    """Take a tag from pictures in one commit; see `tag_pictures`. Returns the number of pictures that had it."""
    return _change(gallery, "DELETE FROM tags WHERE tag = ? AND picture = ?", tag, patterns)


def _change(gallery: Gallery, query: str, tag: str, patterns: Sequence[str | Path]) -> int:
    tag = tag.strip()
    if not tag or len(tag) > MAX_TAG or not tag.isprintable():
        raise GalleryError(f"{tag!r} is no tag; give a word or a line of at most {MAX_TAG} printable characters")
    with gallery.transaction():
        rows = ((tag, picture_id) for picture_id in matching_pictures(gallery, patterns))
        return max(gallery.connection.executemany(query, rows).rowcount, 0)
