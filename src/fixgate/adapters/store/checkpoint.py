"""Copying the log into the database without holding up commits.

Here: Checkpointer. When the log is long, a thread of its own with its own connection copies most
of it while commits go on. What was added meanwhile is little, and is copied between two commits,
after the first has been answered; then the log starts again at its beginning.
Not here: commits.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Final

from fixgate.adapters.store.sqlite import connect_checkpointer

LONG_BYTES: Final = 32 * 1024 * 1024
"""The log is copied when it grew by about this much. It grows on while it is being copied."""

LOG_ROOM_BYTES: Final = 40 * 1024 * 1024
"""Room for the log between two copies, so that commits overwrite blocks and never add any."""

_CHECKPOINT: Final = "PRAGMA wal_checkpoint(PASSIVE)"
_PIECE: Final = 1024 * 1024
# Each commit writes the last page of every table and index once more, and new pages for what it
# adds: payloads, and about as much again in the query tables and unused parts of pages.
_COMMIT_BYTES: Final = 60_000
_PAYLOAD_FACTOR: Final = 3


def make_room(path: Path, room_bytes: int) -> None:
    """Write zeros behind the log's end, up to ``room_bytes``.

    A commit that makes a file longer waits for the file system's own journal as well, which costs
    as much again. SQLite takes a frame only if its salts and checksums fit those before it, so
    zeros behind the last frame are nothing to it.
    """
    log = os.open(path.with_name(path.name + "-wal"), os.O_WRONLY | os.O_CLOEXEC)
    try:
        end = os.fstat(log).st_size
        while end < room_bytes:
            end += os.pwrite(log, bytes(min(room_bytes - end, _PIECE)), end)
        os.fsync(log)
    finally:
        os.close(log)


class Checkpointer:
    """Keeps the log short. Used from the journal's thread only."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._behind = connect_checkpointer(path)
        self._grown = 0
        self._wanted = Event()
        self._copied = Event()
        self._copying = False
        self._closing = False
        self._thread = Thread(target=self._run, name="checkpoint", daemon=True)
        self._thread.start()

    def grown(self, payload_bytes: int) -> bool:
        """Count what a commit added, and begin a copy in time; whether one is to ``finish`` now."""
        self._grown += _COMMIT_BYTES + _PAYLOAD_FACTOR * payload_bytes
        if self._copying:
            return self._copied.is_set()
        if self._grown >= LONG_BYTES:
            self._copying = True
            self._copied.clear()
            self._wanted.set()
        return False

    def finish(self) -> None:
        """Copy the rest, which was added while the thread copied."""
        self._copying = False
        self._copy(self._connection)
        self._grown = 0

    def close(self) -> None:
        """End the thread, after the copy that may be under way."""
        self._closing = True
        self._wanted.set()
        self._thread.join()
        self._behind.close()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._closing:
                return
            self._copy(self._behind)
            self._copied.set()

    @staticmethod
    def _copy(connection: sqlite3.Connection) -> None:
        # A disk that is full or gone shows at the next commit; the log holds everything.
        with suppress(sqlite3.Error):
            connection.execute(_CHECKPOINT).fetchall()
