"""Taking pictures out of a gallery by path, folder or glob; the files themselves stay."""

from collections.abc import Sequence
from pathlib import Path

from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.matching import matching_pictures, path_test
from inkseek.retrieval.noted_folders import forget_folders


def remove_pictures(gallery: Gallery, patterns: Sequence[str | Path]) -> int:
    """Remove pictures from a gallery in one commit; their ids are never given again.

    A picture whose file still lies in an indexed folder comes back with the next `inkseek index` of that folder, unless
    it is excluded there. An indexed folder that is removed as a whole is no indexed folder any more.

    Args:
        gallery: an open gallery.
        patterns: of pictures, as `matching_pictures` takes them.

    Returns:
        Number of pictures removed, bad ones too.

    Raises:
        GalleryError: a pattern matches no picture of the gallery; then nothing is removed.
    """
    with gallery.transaction():
        removed = gallery.remove(matching_pictures(gallery, patterns))
        for pattern in patterns:
            forget_folders(gallery, path_test(str(pattern)))
        return removed
