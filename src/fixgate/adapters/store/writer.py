"""The one writer of the journal.

Here: GroupJournal, which implements the port for any database. A thread of its own takes all
batches that wait and makes them durable in one transaction (group commit), in the order given. It
fails once: after that nothing is written any more, since memory is ahead of the disk for good.
SqliteJournal is the one for SQLite.
Not here: what rows look like, SQL text, the hash chain.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final, Protocol

from fixgate.adapters.store.checkpoint import Checkpointer, make_room
from fixgate.adapters.store.errors import JournalFailed, StoreLost, Unstorable
from fixgate.adapters.store.rows import Rows
from fixgate.adapters.store.sqlite import connect_writer, insert_rows
from fixgate.application.ports.journal import Batch
from fixgate.domain.ids import SessionName

WAITING_MAX: Final = 256
"""Batches not yet durable. The sequencer waits long before; one more fails, and all that follow."""

_FLUSH_MAX_S: Final = 30.0

Entry = tuple[Batch, "asyncio.Future[None]"]


class Durable(Protocol):
    """A database, as the writer thread uses it. Nobody else does, once that thread runs."""

    idle_s: float | None
    """How long without a batch until ``idle`` is called; None: never."""

    holds_nul: bool
    """Whether text may hold U+0000."""

    def write(self, rows: Rows) -> None:
        """Make rows durable in one transaction.

        Raises:
            UnicodeEncodeError, OverflowError, Unstorable: it cannot hold one of the values;
                nothing happened.
        """
        ...

    def after(self, payload_bytes: int) -> None:
        """The rows were durable and have been answered; time for what need not be waited for."""
        ...

    def idle(self) -> None:
        """Nothing was written for ``idle_s``."""
        ...

    def close(self) -> None:
        """The last call."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is told how the journal fares, on the event loop's thread."""

    interrupted: Callable[[str], None]
    """Nothing becomes durable for now; what was given waits, and nothing of it is lost."""
    resumed: Callable[[], None]
    """It goes on; what had waited is durable."""
    lost: Callable[[str], None]
    """Another gateway has the store: nothing more may leave this process."""


class GroupJournal:
    """Implements ``application.ports.journal.Journal``. Used from the event loop's thread only."""

    def __init__(
        self,
        durable: Durable,
        *,
        last_seq: int,
        last_hash: bytes,
        sessions: Mapping[SessionName, tuple[Any, ...]],
        waiting_max: int = WAITING_MAX,
    ) -> None:
        """Start the writer thread.

        Args:
            durable: the database.
            last_seq: the number of its last record.
            last_hash: that record's hash, or what the first record follows.
            sessions: the rows of ``sessions``.
            waiting_max: batches that may wait.
        """
        self.watch: Watch | None = None
        self._last_seq = last_seq
        self._waiting = 0
        self._waiting_max = waiting_max
        self._failure: JournalFailed | None = None
        self._queue: SimpleQueue[Entry | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        # What follows belongs to the writer thread once it runs.
        self._durable = durable
        self._tip = (last_seq, last_hash)
        self._sessions = dict(sessions)
        self._thread = Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def last_seq(self) -> int:
        """The number of the last durable record; 0 in an empty journal."""
        return self._last_seq

    @property
    def holds(self) -> bool:
        """Whether nobody else can have the store."""
        return True

    @property
    def waiting(self) -> int:
        """Batches given and not yet answered."""
        return self._waiting

    def commit(self, batch: Batch) -> "asyncio.Future[None]":
        """Make ``batch`` durable; it must not be changed any more.

        The future fails with JournalFailed if it could not be made durable.
        """
        future: asyncio.Future[None] = self._loop.create_future()
        if self._failure is None and self._waiting >= self._waiting_max:
            self._failure = JournalFailed(f"{self._waiting} batches wait for the disk")
        if self._failure is not None:
            future.set_exception(self._failure)
            return future
        self._waiting += 1
        self._queue.put((batch, future))
        return future

    async def close(self) -> None:
        """Let what waits become durable, then stop. Later commits fail."""
        if self._failure is None:
            self._failure = JournalFailed("the journal was closed")
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join, _FLUSH_MAX_S)
        await asyncio.sleep(0)  # lets the last futures be answered

    def _succeeded(self, group: Sequence[Entry], last_seq: int) -> None:
        self._last_seq = last_seq
        self._waiting -= len(group)
        for _, future in group:
            if not future.done():
                future.set_result(None)

    def _failed(self, group: Sequence[Entry], failure: JournalFailed) -> None:
        """The thread has ended with ``group``; nothing that came after it will be written."""
        self._failure = failure
        if isinstance(failure, StoreLost) and self.watch is not None:
            self.watch.lost(str(failure))
        for _, future in [*group, *_drained(self._queue)]:
            self._waiting -= 1
            if not future.done():
                future.set_exception(failure)

    # --- the writer thread ----------------------------------------------------------------

    def _run(self) -> None:
        last = False
        while not last:
            group: list[Entry] = []
            try:
                taken = _take(self._queue, self._durable.idle_s)
                if taken is None:
                    self._durable.idle()
                    continue
                group, last = taken
                if not group:
                    break
                payload_bytes = self._make_durable([batch for batch, _ in group])
                self._tell(self._succeeded, group, self._tip[0])
                group = []
                self._durable.after(payload_bytes)
            except JournalFailed as failure:
                self._tell(self._failed, group, failure)
                break
            except Exception as problem:  # noqa: BLE001 - whatever it is, it is not on the disk
                broken = JournalFailed(f"{type(problem).__name__}: {problem}")
                self._tell(self._failed, group, broken)
                break
        self._durable.close()

    def _tell(self, what: Callable[..., None], *arguments: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(what, *arguments)
        except RuntimeError:
            return  # the loop is closed: nobody waits for an answer any more

    def _make_durable(self, batches: Sequence[Batch]) -> int:
        rows = Rows(*self._tip, self._sessions)
        rows.fill(batches)
        try:
            self._durable.write(rows)
        except (UnicodeEncodeError, OverflowError, Unstorable):
            # Text that is no text, or a number with fifty digits: a peer must not stop us.
            rows.make_storable(holds_nul=self._durable.holds_nul)
            self._durable.write(rows)
        self._tip = (rows.last_seq, rows.last_hash)
        self._sessions.update(rows.session_rows())
        return rows.payload_bytes


class SqliteDurable:
    """Implements Durable for a file."""

    idle_s: float | None = None
    holds_nul = True

    def __init__(self, path: Path, log_room_bytes: int) -> None:
        """Open the database, which must exist.

        Raises:
            sqlite3.Error: it cannot be opened for writing.
            OSError: there is no room for the log.
        """
        self.connection = connect_writer(path)
        if log_room_bytes:
            make_room(path, log_room_bytes)
        self._checkpointer = Checkpointer(path, self.connection)

    def write(self, rows: Rows) -> None:
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            for table, flat in rows.tables():
                if flat:
                    insert_rows(connection, table, flat)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def after(self, payload_bytes: int) -> None:
        self._checkpointer.after_commit(payload_bytes)

    def idle(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        self._checkpointer.close()
        self.connection.close()


class SqliteJournal(GroupJournal):
    """The journal in a file."""

    def __init__(
        self,
        path: Path,
        *,
        last_seq: int,
        last_hash: bytes,
        sessions: Mapping[SessionName, tuple[Any, ...]],
        log_room_bytes: int = 0,
    ) -> None:
        """Open the database, which must exist, and start the writer thread.

        Args:
            path: the database.
            last_seq: the number of its last record.
            last_hash: that record's hash, or what the first record follows.
            sessions: the rows of ``sessions``.
            log_room_bytes: how much of the log to allocate beforehand.

        Raises:
            sqlite3.Error: it cannot be opened for writing.
            OSError: there is no room for the log.
        """
        durable = SqliteDurable(path, log_room_bytes)
        self._connection: sqlite3.Connection = durable.connection
        super().__init__(durable, last_seq=last_seq, last_hash=last_hash, sessions=sessions)


def _take(
    queue: "SimpleQueue[Entry | None]", idle_s: float | None
) -> tuple[list[Entry], bool] | None:
    """Wait for a batch, take all that are there, and tell whether they are the last.

    None: there was none for ``idle_s``.
    """
    group: list[Entry] = []
    try:
        entry = queue.get(timeout=idle_s)
    except Empty:
        return None
    while entry is not None:
        group.append(entry)
        try:
            entry = queue.get_nowait()
        except Empty:
            return group, False
    return group, True


def _drained(queue: "SimpleQueue[Entry | None]") -> list[Entry]:
    entries: list[Entry] = []
    while True:
        try:
            entry = queue.get_nowait()
        except Empty:
            return entries
        if entry is not None:
            entries.append(entry)
