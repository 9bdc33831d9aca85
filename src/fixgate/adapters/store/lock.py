"""One process for one journal.

Here: StoreLock, a locked file beside the database with the number of the process in it.
Not here: the database's own locks, which allow two writers in turn.
"""

import fcntl
import os
from pathlib import Path
from typing import Final

from fixgate.adapters.store.errors import StoreInUse, StoreUnusable

LOCK_NAME: Final = "journal.lock"


class StoreLock:
    """Held from ``__init__`` to ``release``, or until the process ends, however it ends.

    The file stays: removing it would let two processes lock two files of the same name.
    """

    def __init__(self, database: Path) -> None:
        """Take the lock.

        Raises:
            StoreInUse: another process holds it.
            StoreUnusable: the folder is not writable.
        """
        path = database.with_name(LOCK_NAME)
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise StoreUnusable(path, f"cannot be written: {problem.strerror}") from problem
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            holder = os.read(self._file, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise StoreInUse(database, f"is in use by process {holder}") from problem
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let another process have it."""
        os.ftruncate(self._file, 0)
        os.close(self._file)
