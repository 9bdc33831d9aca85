"""Opening the store: making it when it is not there, checking it when it is.

Here: open_store() and Store, which holds the lock and hands out journal, reader and recall.
A store that cannot be used is left exactly as it was.
Not here: what the tables are; reading and writing.
"""

import os
import platform
import sqlite3
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.chain import genesis
from fixgate.adapters.store.errors import StoreUnusable
from fixgate.adapters.store.lock import StoreLock
from fixgate.adapters.store.reader import Reader
from fixgate.adapters.store.recall import StoreRecall
from fixgate.adapters.store.sent import SentMessages
from fixgate.adapters.store.sqlite import APPLICATION_ID, connect_to_look, connect_writer, schema
from fixgate.adapters.store.writer import SqliteJournal
from fixgate.application.ports.clock import Clock
from fixgate.domain.ids import EPOCH_LENGTH, base36

_MAGIC: Final = b"SQLite format 3\x00"
_HEADER_LENGTH: Final = 100
_FORMAT: Final = slice(18, 20)
_WAL: Final = b"\x02\x02"
_USER_VERSION: Final = slice(60, 64)  # offsets of the SQLite file format, big-endian
_APPLICATION_ID: Final = slice(68, 72)


class Store:
    """An open store. It is this process's alone until ``close``.

    ``fence`` grows by one each time that a process takes the store to run a gateway.
    """

    def __init__(self, path: Path, lock: StoreLock, reader: Reader, *, fence: int) -> None:
        self.path = path
        self.reader = reader
        self.fence = fence
        self.epoch = reader.meta("epoch")
        self._lock = lock
        self._journal: SqliteJournal | None = None
        self._recall: StoreRecall | None = None
        self._sent: SentMessages | None = None

    def journal(self, *, log_room_bytes: int = 0) -> SqliteJournal:
        """The journal, made at the first call, which must be made on the event loop's thread.

        Raises:
            StoreUnusable: there is no room on the disk for ``log_room_bytes`` of log.
        """
        if self._journal is None:
            last_seq, last_hash = self.reader.last()
            try:
                self._journal = SqliteJournal(
                    self.path,
                    last_seq=last_seq,
                    last_hash=last_hash or genesis(self.epoch),
                    sessions=self.reader.session_rows(),
                    log_room_bytes=log_room_bytes,
                )
            except (OSError, sqlite3.Error) as problem:
                raise StoreUnusable(self.path, f"cannot be written: {problem}") from problem
        return self._journal

    def recall(self) -> StoreRecall:
        """What reads back forgotten orders, made at the first call: up to a second or two."""
        if self._recall is None:
            self._recall = StoreRecall(self.path)
        return self._recall

    def sent(self, position: Callable[[], int]) -> SentMessages:
        """What reads back messages for a ResendRequest, made at the first call.

        position: the number of the last record decided.
        """
        if self._sent is None:
            self._sent = SentMessages(lambda: Reader(self.path), position)
        return self._sent

    async def close(self) -> None:
        """Let what waits become durable, close everything and give up the lock."""
        # The writer last: only a connection that may write can fold the log into the database.
        if self._recall is not None:
            self._recall.close()
        if self._sent is not None:
            self._sent.close()
        self.reader.close()
        if self._journal is not None:
            await self._journal.close()
        self._lock.release()


def open_store(path: Path, clock: Clock) -> Store:
    """The store in the database file ``path``; it is made if neither file nor folder are there.

    Raises:
        StoreUnusable: it cannot be written, is in use, is damaged, or is no store of this release.
    """
    folder = path.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise StoreUnusable(folder, f"cannot be made: {problem.strerror}") from problem
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreUnusable(folder, "cannot be written: Permission denied")
    lock = StoreLock(path)
    try:
        if not path.exists():
            _make(path, clock)
        _check_header(path)
        _look(path)
        return _taken(path, lock)
    except BaseException:
        lock.release()
        raise


def _make(path: Path, clock: Clock) -> None:
    """Make an empty store under another name, and give it its own when it is complete."""
    log = path.with_name(path.name + "-wal")
    if log.exists():
        raise StoreUnusable(log, f"is there without {path.name}, to which it belongs")
    unfinished = path.with_name(path.name + ".new")
    try:
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _write_schema(unfinished, clock.now_ns())
        unfinished.rename(path)
        _sync_folder(path.parent)
    except (OSError, sqlite3.Error) as problem:
        unfinished.unlink(missing_ok=True)
        raise StoreUnusable(path, f"cannot be made: {problem}") from problem


def _write_schema(path: Path, now_ns: int) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN")
        for statement in schema():
            connection.execute(statement)
        for name, value in _meta(now_ns).items():
            connection.execute("INSERT INTO meta(name, value) VALUES (?, ?)", (name, value))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
    finally:
        connection.close()


def _meta(now_ns: int) -> dict[str, str]:
    return {
        "schema_version": str(t.SCHEMA_VERSION),
        "epoch": base36(now_ns // 1_000_000_000, width=EPOCH_LENGTH)[-EPOCH_LENGTH:],
        "created_ns": str(now_ns),
        "versions": f"fixgate {version('fixgate')}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}",
    }


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check_header(path: Path) -> None:
    """Look at the file without SQLite, which would repair, create or convert things."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_LENGTH)
    except OSError as problem:
        raise StoreUnusable(path, f"cannot be read: {problem.strerror}") from problem
    if not header.startswith(_MAGIC) or len(header) < _HEADER_LENGTH:
        raise StoreUnusable(path, "is not a SQLite database")
    if int.from_bytes(header[_APPLICATION_ID]) != APPLICATION_ID:
        raise StoreUnusable(path, "is a SQLite database but not a journal of Fixgate")
    found = int.from_bytes(header[_USER_VERSION])
    if found != t.SCHEMA_VERSION:
        raise StoreUnusable(path, _other_version(found))
    if header[_FORMAT] != _WAL:
        # SQLite would believe it, and throw away a log that is there.
        raise StoreUnusable(path, "is damaged: its header does not say that there is a log")
    if not os.access(path, os.W_OK):
        raise StoreUnusable(path, "cannot be written: Permission denied")


def _other_version(found: int) -> str:
    if found < t.SCHEMA_VERSION:
        return f"has schema version {found}; run `fixgate db upgrade`"
    return f"has schema version {found}; this release reads version {t.SCHEMA_VERSION}"


def _look(path: Path) -> None:
    """See that what a start needs is there, leaving no trace."""
    try:
        look = Reader(path, connect_to_look)
        try:
            look.check()
        finally:
            look.close()
    except sqlite3.Error as problem:
        raise StoreUnusable(path, f"cannot be used: {problem}") from problem


def _taken(path: Path, lock: StoreLock) -> Store:
    """The store, counted as taken once more."""
    try:
        fence = _next_fence(path)
        return Store(path, lock, Reader(path), fence=fence)
    except sqlite3.Error as problem:
        raise StoreUnusable(path, f"cannot be used: {problem}") from problem


def _next_fence(path: Path) -> int:
    writer = connect_writer(path)
    try:
        (fence,) = writer.execute(
            "INSERT INTO meta(name, value) VALUES ('fence', '1') ON CONFLICT(name)"
            " DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING CAST(value AS INTEGER)"
        ).fetchone()
    finally:
        writer.close()
    return int(fence)
