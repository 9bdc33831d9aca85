"""Where the control socket is.

Here: bind() and connect() for a path of any length: the kernel takes 107 bytes, a data directory
may lie deeper than that, so both go by way of an open handle of the folder.
Not here: what is said over it.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PATH_BYTES_MAX: Final = 107  # sun_path, and its final zero


@contextmanager
def _reachable(path: Path) -> Iterator[str]:
    """A name of ``path`` that is short enough."""
    if len(os.fsencode(path)) <= _PATH_BYTES_MAX:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def connect(path: Path, *, timeout_s: float) -> socket.socket:
    """A connection to whoever listens at ``path``.

    Raises:
        OSError: nobody does.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.settimeout(timeout_s)
        with _reachable(path) as name:
            made.connect(name)
    except BaseException:
        made.close()
        raise
    return made


def bind(path: Path) -> socket.socket:
    """A socket at ``path``, for this user only. One that nobody listens at any more is replaced.

    Raises:
        OSError: it cannot be made, or somebody listens there.
    """
    try:
        connect(path, timeout_s=1.0).close()
    except (FileNotFoundError, ConnectionRefusedError):
        path.unlink(missing_ok=True)
    else:
        raise OSError(f"another gateway listens at {path}")
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The mode must be right from the first moment: between bind and chmod anybody could connect.
    before = os.umask(0o177)
    try:
        with _reachable(path) as name:
            made.bind(name)
    except BaseException:
        made.close()
        raise
    finally:
        os.umask(before)
    return made
