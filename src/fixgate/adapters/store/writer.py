"""How batches become durable, one group after the other.

Here: GroupJournal, which implements the port for any database. When nothing is on its way to the
disk, all batches that wait are given to the database together, on the event loop's thread; then a
thread of its own waits for the disk (group commit), in the order given (docs/decisions/0030). It
fails once: after that nothing is written any more, since memory is ahead of the disk for good.
Not here: what rows look like, SQL text, the hash chain, any one database.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final, Protocol

from fixgate.adapters.store.errors import JournalFailed, StoreLost, Unstorable
from fixgate.adapters.store.rows import Rows
from fixgate.application.ports.journal import Batch
from fixgate.domain.ids import SessionName

WAITING_MAX: Final = 256
"""Batches not yet durable. The sequencer waits long before; one more fails, and all that follow."""

_FLUSH_MAX_S: Final = 30.0

Entry = tuple[Batch, "asyncio.Future[None]"]


class Durable(Protocol):
    """A database, as the journal uses it: one group of rows after the other.

    ``stage`` is called on the event loop's thread while no group is under way; once the journal's
    thread runs, everything else is called there.
    """

    idle_s: float | None
    """How long without rows until ``idle`` is called; None: never."""

    holds_nul: bool
    """Whether text may hold U+0000."""

    def stage(self, rows: Rows) -> None:
        """Take rows, without waiting for anybody.

        Raises:
            UnicodeEncodeError, OverflowError, Unstorable: it cannot hold one of the values;
                nothing happened.
        """
        ...

    def settle(self) -> bool:
        """Make the rows that were staged durable, in one transaction; whether to ``tidy`` next.

        Raises:
            UnicodeEncodeError, OverflowError, Unstorable: as ``stage``.
        """
        ...

    def tidy(self) -> None:
        """The rows have been answered; time for what nobody waits for."""
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
        """Start the thread that waits for the disk.

        Args:
            durable: the database.
            last_seq: the number of its last record.
            last_hash: that record's hash, or what the first record follows.
            sessions: the rows of ``sessions``.
            waiting_max: batches that may wait.
        """
        self.watch: Watch | None = None
        self._durable = durable
        self._last_seq = last_seq
        self._tip = (last_seq, last_hash)  # what was staged ends with it
        self._sessions = dict(sessions)
        self._waiting = 0
        self._waiting_max = waiting_max
        self._next: list[Entry] = []  # not staged yet
        self._under_way = False
        self._at_rest = asyncio.Event()  # nothing is under way, and nothing waits to be
        self._at_rest.set()
        self._failure: JournalFailed | None = None
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[tuple[Sequence[Entry], Rows] | None] = SimpleQueue()
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
        self._next.append((batch, future))
        if not self._under_way:
            self._stage()
        return future

    async def close(self) -> None:
        """Let what waits become durable, then stop. Later commits fail."""
        if self._failure is None:
            self._failure = JournalFailed("the journal was closed")
        with suppress(TimeoutError):
            async with asyncio.timeout(_FLUSH_MAX_S):
                await self._at_rest.wait()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join, _FLUSH_MAX_S)
        await asyncio.sleep(0)  # lets the last futures be answered

    def _stage(self) -> None:
        """Give what waits to the database, and let the thread wait for the disk."""
        self._under_way = True
        self._at_rest.clear()
        group, self._next = self._next, []
        rows = Rows(*self._tip, self._sessions)
        try:
            rows.fill([batch for batch, _ in group])
            try:
                self._durable.stage(rows)
            except (UnicodeEncodeError, OverflowError, Unstorable):
                self._stage_storable(rows)
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is not on the disk
            self._failed(group, _failure_of(problem))
            self._queue.put(None)
            return
        self._tip = (rows.last_seq, rows.last_hash)
        self._sessions.update(rows.session_rows())
        self._queue.put((group, rows))

    def _stage_storable(self, rows: Rows) -> None:
        """Text that is no text, or a number with fifty digits: a peer must not stop us."""
        rows.make_storable(holds_nul=self._durable.holds_nul)
        self._durable.stage(rows)

    def _settled(self, group: Sequence[Entry], last_seq: int) -> None:
        """A group is durable, and the thread is free."""
        self._succeeded(group, last_seq)
        self._loop.call_soon(self._go_on)  # what the answers release goes out first

    def _go_on(self) -> None:
        """The thread is free."""
        self._under_way = False
        if self._next:
            self._stage()
        else:
            self._at_rest.set()

    def _succeeded(self, group: Sequence[Entry], last_seq: int) -> None:
        self._last_seq = last_seq
        self._waiting -= len(group)
        for _, future in group:
            if not future.done():
                future.set_result(None)

    def _failed(self, group: Sequence[Entry], failure: JournalFailed) -> None:
        """The thread ends with ``group``; nothing that came after it will be written."""
        self._failure = failure
        if isinstance(failure, StoreLost) and self.watch is not None:
            self.watch.lost(str(failure))
        for _, future in [*group, *_drained(self._queue), *self._next]:
            self._waiting -= 1
            if not future.done():
                future.set_exception(failure)
        self._next = []
        self._at_rest.set()

    # --- the thread -----------------------------------------------------------------------

    def _run(self) -> None:
        group: Sequence[Entry] = ()
        try:
            while True:
                try:
                    given = self._queue.get(timeout=self._durable.idle_s)
                except Empty:
                    self._durable.idle()
                    continue
                if given is None:
                    break
                group, rows = given
                if self._settle(rows):
                    self._tell(self._succeeded, group, rows.last_seq)
                    group = ()
                    self._durable.tidy()
                    self._tell(self._go_on)
                else:
                    self._tell(self._settled, group, rows.last_seq)
                    group = ()
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is not on the disk
            self._tell(self._failed, group, _failure_of(problem))
        self._durable.close()

    def _settle(self, rows: Rows) -> bool:
        try:
            return self._durable.settle()
        except (UnicodeEncodeError, OverflowError, Unstorable):
            self._stage_storable(rows)
            return self._durable.settle()

    def _tell(self, what: Callable[..., None], *arguments: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(what, *arguments)
        except RuntimeError:
            return  # the loop is closed: nobody waits for an answer any more


def _failure_of(problem: Exception) -> JournalFailed:
    if isinstance(problem, JournalFailed):
        return problem
    return JournalFailed(f"{type(problem).__name__}: {problem}")


def _drained(queue: "SimpleQueue[tuple[Sequence[Entry], Rows] | None]") -> list[Entry]:
    entries: list[Entry] = []
    while True:
        try:
            given = queue.get_nowait()
        except Empty:
            return entries
        if given is not None:
            entries += given[0]
