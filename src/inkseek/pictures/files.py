"""Opening a picture file itself, never what a symbolic link leads to."""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading; no symbolic link on the way to it is followed.

    The file that was opened is held against its path afterwards, so a link that is put in meanwhile is found too.

    Args:
        path: absolute, without `..`.

    Raises:
        OSError: there is no such file, it may not be read, it is a link or lies behind one (`ELOOP`), or it is no
            regular file (`EINVAL`).
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        opened = os.fstat(descriptor)
        if not stat.S_ISREG(opened.st_mode):
            raise OSError(errno.EINVAL, "no regular file", str(path))
        if os.path.realpath(path) != str(path) or not os.path.samestat(opened, os.lstat(path)):
            raise OSError(errno.ELOOP, "behind a symbolic link", str(path))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise
