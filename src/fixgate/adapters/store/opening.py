"""Opening the store in SQLite: making it when it is not there, checking it when it is.

Here: open_store() and SqliteStore.
A store that cannot be used is left exactly as it was.
Not here: what the tables are; reading and writing.
"""

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path
from typing import Final

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.chain import genesis
from fixgate.adapters.store.errors import StoreOutdated, StoreUnusable
from fixgate.adapters.store.lock import StoreLock
from fixgate.adapters.store.reader import Reader
from fixgate.adapters.store.recall import StoreRecall
from fixgate.adapters.store.sqlite import APPLICATION_ID, connect_to_look, connect_writer, schema
from fixgate.adapters.store.sqlite_journal import SqliteJournal
from fixgate.adapters.store.store import Store
from fixgate.application.ports.clock import Clock
from fixgate.domain.ids import EPOCH_LENGTH, base36

__all__ = ["SqliteStore", "Store", "open_store"]

_MAGIC: Final = b"SQLite format 3\x00"
_HEADER_LENGTH: Final = 100
_PAGE_SIZE: Final = slice(16, 18)
_FORMAT: Final = slice(18, 20)
_WAL: Final = b"\x02\x02"
_USER_VERSION: Final = slice(60, 64)  # offsets of the SQLite file format, big-endian
_APPLICATION_ID: Final = slice(68, 72)


class SqliteStore(Store):
    """An open store in a file."""

    def __init__(self, path: Path, lock: StoreLock, reader: Reader, *, fence: int) -> None:
        super().__init__(path, lock, reader, fence=fence)
        self.path = path

    def new_reader(self) -> Reader:
        return Reader(self.path)

    def _make_journal(self, log_room_bytes: int) -> SqliteJournal:
        last_seq, last_hash = self.reader.last()
        try:
            return SqliteJournal(
                self.path,
                last_seq=last_seq,
                last_hash=last_hash or genesis(self.epoch),
                sessions=self.reader.session_rows(),
                log_room_bytes=log_room_bytes,
            )
        except (OSError, sqlite3.Error) as problem:
            raise StoreUnusable(self.path, f"cannot be written: {problem}") from problem

    def _make_recall(self) -> StoreRecall:
        return StoreRecall(self.path)


def open_store(path: Path, clock: Clock) -> SqliteStore:
    """The store in the database file ``path``; it is made if neither file nor folder are there.

    Raises:
        StoreUnusable: it cannot be written, is in use, is damaged, or is no store of this release.
    """
    make_folder(path.parent)
    lock = StoreLock(path)
    try:
        if not path.exists():
            _make(path, clock)
        check_current(path)
        _check_writable(path)
        look(path)
        return _taken(path, lock)
    except BaseException:
        lock.release()
        raise


def make_folder(folder: Path) -> None:
    """Make the data directory, or see that it can be used.

    Raises:
        StoreUnusable: it cannot.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise StoreUnusable(folder, f"cannot be made: {problem.strerror}") from problem
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreUnusable(folder, "cannot be written: Permission denied")


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


def check_header(path: Path) -> int:
    """Look at the file without SQLite, which would repair, create or convert things.

    Returns:
        Its schema version.

    Raises:
        StoreUnusable: it is no store, or damaged.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_LENGTH)
    except OSError as problem:
        raise StoreUnusable(path, f"cannot be read: {problem.strerror}") from problem
    if not header.startswith(_MAGIC) or len(header) < _HEADER_LENGTH:
        raise StoreUnusable(path, "is not a SQLite database")
    if int.from_bytes(header[_APPLICATION_ID]) != APPLICATION_ID:
        raise StoreUnusable(path, "is a SQLite database but not a journal of Fixgate")
    if header[_FORMAT] != _WAL:
        # SQLite would believe it, and throw away a log that is there.
        raise StoreUnusable(path, "is damaged: its header does not say that there is a log")
    _check_end(path, header)
    return int.from_bytes(header[_USER_VERSION])


def _check_end(path: Path, header: bytes) -> None:
    """SQLite takes what is missing of a last page for zeros, and writes to the file."""
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        return  # it has the pages that were being written
    page_bytes = int.from_bytes(header[_PAGE_SIZE])
    if page_bytes > 1 and path.stat().st_size % page_bytes:  # 1 stands for 65,536
        raise StoreUnusable(path, "is damaged: its last page is torn")


def _check_writable(path: Path) -> None:
    if not os.access(path, os.W_OK):
        raise StoreUnusable(path, "cannot be written: Permission denied")


def check_current(path: Path) -> None:
    """See that the file is a store of this release.

    Raises:
        StoreOutdated: of an earlier one.
        StoreUnusable: of a later one, or none at all.
    """
    found = check_header(path)
    if found < t.SCHEMA_VERSION:
        raise StoreOutdated(path, other_version(found))
    if found > t.SCHEMA_VERSION:
        raise StoreUnusable(path, other_version(found))


def other_version(found: int) -> str:
    """What is said of a store of another release."""
    if found < t.SCHEMA_VERSION:
        return f"has schema version {found}; run `fixgate db upgrade`"
    return f"has schema version {found}; this release reads version {t.SCHEMA_VERSION}"


def look(path: Path) -> None:
    """See that what a start needs is there, leaving no trace.

    Raises:
        StoreUnusable: it is not.
    """
    try:
        look = Reader(path, connect_to_look)
        try:
            look.check()
        finally:
            look.close()
    except sqlite3.Error as problem:
        raise StoreUnusable(path, f"cannot be used: {problem}") from problem


def _taken(path: Path, lock: StoreLock) -> SqliteStore:
    """The store, counted as taken once more."""
    try:
        fence = _next_fence(path)
        return SqliteStore(path, lock, Reader(path), fence=fence)
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
