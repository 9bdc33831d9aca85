"""The one writer of the journal.

Here: SqliteJournal, which implements the port. A thread of its own takes all batches that wait
and makes them durable in one transaction (group commit), in the order given. It fails once:
after that nothing is written any more, since memory is ahead of the disk for good.
Not here: what rows look like, SQL text, the hash chain.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final

from fixgate.adapters.store.checkpoint import Checkpointer, make_room
from fixgate.adapters.store.errors import JournalFailed
from fixgate.adapters.store.rows import Rows
from fixgate.adapters.store.sqlite import connect_writer, insert_rows
from fixgate.application.ports.journal import Batch
from fixgate.domain.ids import SessionName

WAITING_MAX: Final = 256
"""Batches not yet durable. The sequencer waits long before; one more fails, and all that follow."""

_FLUSH_MAX_S: Final = 30.0

_Entry = tuple[Batch, "asyncio.Future[None]"]


class SqliteJournal:
    """Implements ``application.ports.journal.Journal``. Used from the event loop's thread only."""

    def __init__(
        self,
        path: Path,
        *,
        last_seq: int,
        last_hash: bytes,
        sessions: Mapping[SessionName, tuple[Any, ...]],
        log_room_bytes: int = 0,
        waiting_max: int = WAITING_MAX,
    ) -> None:
        """Open the database, which must exist, and start the writer thread.

        Args:
            path: the database.
            last_seq: the number of its last record.
            last_hash: that record's hash, or what the first record follows.
            sessions: the rows of ``sessions``.
            log_room_bytes: how much of the log to allocate beforehand.
            waiting_max: batches that may wait.

        Raises:
            sqlite3.Error: it cannot be opened for writing.
            OSError: there is no room for the log.
        """
        self._last_seq = last_seq
        self._waiting = 0
        self._waiting_max = waiting_max
        self._failure: str | None = None
        self._queue: SimpleQueue[_Entry | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        # What follows belongs to the writer thread once it runs.
        self._connection = connect_writer(path)
        if log_room_bytes:
            make_room(path, log_room_bytes)
        self._checkpointer = Checkpointer(path, self._connection)
        self._tip = (last_seq, last_hash)
        self._sessions = dict(sessions)
        self._thread = Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def last_seq(self) -> int:
        """The number of the last durable record; 0 in an empty journal."""
        return self._last_seq

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
            self._failure = f"{self._waiting} batches wait for the disk"
        if self._failure is not None:
            future.set_exception(JournalFailed(self._failure))
            return future
        self._waiting += 1
        self._queue.put((batch, future))
        return future

    async def close(self) -> None:
        """Let what waits become durable, then stop. Later commits fail."""
        if self._failure is None:
            self._failure = "the journal was closed"
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join, _FLUSH_MAX_S)
        await asyncio.sleep(0)  # lets the last futures be answered

    def _succeeded(self, group: Sequence[_Entry], last_seq: int) -> None:
        self._last_seq = last_seq
        self._waiting -= len(group)
        for _, future in group:
            if not future.done():
                future.set_result(None)

    def _failed(self, group: Sequence[_Entry], failure: str) -> None:
        """The thread has ended with ``group``; nothing that came after it will be written."""
        self._failure = failure
        for _, future in [*group, *_drained(self._queue)]:
            self._waiting -= 1
            if not future.done():
                future.set_exception(JournalFailed(failure))

    # --- the writer thread ----------------------------------------------------------------

    def _run(self) -> None:
        last = False
        while not last:
            group, last = _take(self._queue)
            try:
                payload_bytes = self._make_durable([batch for batch, _ in group])
                self._tell(self._succeeded, group, self._tip[0])
                group = []
                self._checkpointer.after_commit(payload_bytes)
            except Exception as problem:  # noqa: BLE001 - whatever it is, it is not on the disk
                self._tell(self._failed, group, f"{type(problem).__name__}: {problem}")
                break
        self._checkpointer.close()
        self._connection.close()

    def _tell(self, what: Callable[..., None], *arguments: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(what, *arguments)
        except RuntimeError:
            return  # the loop is closed: nobody waits for an answer any more

    def _make_durable(self, batches: Sequence[Batch]) -> int:
        rows = Rows(*self._tip, self._sessions)
        rows.fill(batches)
        try:
            self._transaction(rows)
        except (UnicodeEncodeError, OverflowError):
            # Text that is no text, or a number with fifty digits: a peer must not stop us.
            rows.make_storable()
            self._transaction(rows)
        self._tip = (rows.last_seq, rows.last_hash)
        self._sessions.update(rows.session_rows())
        return rows.payload_bytes

    def _transaction(self, rows: Rows) -> None:
        connection = self._connection
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


def _take(queue: "SimpleQueue[_Entry | None]") -> tuple[list[_Entry], bool]:
    """Wait for a batch, take all that are there, and tell whether they are the last."""
    group: list[_Entry] = []
    entry = queue.get()
    while entry is not None:
        group.append(entry)
        try:
            entry = queue.get_nowait()
        except Empty:
            return group, False
    return group, True


def _drained(queue: "SimpleQueue[_Entry | None]") -> list[_Entry]:
    entries: list[_Entry] = []
    while True:
        try:
            entry = queue.get_nowait()
        except Empty:
            return entries
        if entry is not None:
            entries.append(entry)
