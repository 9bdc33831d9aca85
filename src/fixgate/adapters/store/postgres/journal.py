"""The journal in PostgreSQL, as the event loop sees it.

Here: PostgresJournal. It says when commits are interrupted and when they go on, ends a statement
that gets no answer, and answers no commit while the lease may have run out since, until it has
been renewed. So what a commit releases is released only while nobody else can have the store.
Not here: the work of the journal's thread (durable).
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fixgate.adapters.store.errors import JournalFailed
from fixgate.adapters.store.postgres.durable import PostgresDurable, now_s
from fixgate.adapters.store.postgres.waiting import Waiting
from fixgate.adapters.store.writer import Entry, GroupJournal
from fixgate.domain.ids import SessionName

SLOW_S: Final = 1.0
"""A commit without an answer for so long counts as an interruption."""

_TICK_S: Final = 0.25


class PostgresJournal(GroupJournal):
    """One writer, fenced by its lease."""

    def __init__(
        self,
        durable: PostgresDurable,
        *,
        last_seq: int,
        last_hash: bytes,
        sessions: Mapping[SessionName, tuple[Any, ...]],
        hung_s: float,
    ) -> None:
        """Start the thread that waits for the database.

        Args:
            durable: the database.
            last_seq: the number of its last record.
            last_hash: that record's hash, or what the first record follows.
            sessions: the rows of ``sessions``.
            hung_s: a statement without an answer for so long ends with its connection.
        """
        self._postgres = durable
        self._hung_s = hung_s
        self._unanswered: deque[tuple[Sequence[Entry], int]] = deque()
        self._interrupted = False
        self._waiting_for = Waiting(now_s(), every_s=_TICK_S)
        durable.interrupted = lambda why: self._tell(self._interrupt, why)
        super().__init__(durable, last_seq=last_seq, last_hash=last_hash, sessions=sessions)
        self._timer = self._loop.call_later(_TICK_S, self._tick)

    @property
    def holds(self) -> bool:
        """Whether nobody else can have the store, by the clock of this machine."""
        return now_s() < self._postgres.good_until_s

    async def close(self) -> None:
        """Let what waits become durable, unless the database is away; then stop."""
        self._timer.cancel()
        if self._interrupted:
            self._postgres.giving_up.set()
        await super().close()

    def _succeeded(self, group: Sequence[Entry], last_seq: int) -> None:
        self._unanswered.append((group, last_seq))
        if self.holds:
            self._answer()
        # Else this process slept, or the answer took long: somebody may have taken the store. The
        # writer renews the lease as soon as it has nothing else to do, or learns that it is lost.

    def _answer(self) -> None:
        while self._unanswered:
            group, last_seq = self._unanswered.popleft()
            super()._succeeded(group, last_seq)
        self._resume()

    def _failed(self, group: Sequence[Entry], failure: JournalFailed) -> None:
        held = [entry for waiting, _ in self._unanswered for entry in waiting]
        self._unanswered.clear()
        self._timer.cancel()
        super()._failed([*held, *group], failure)

    def _interrupt(self, why: str) -> None:
        if not self._interrupted and self._failure is None:
            self._interrupted = True
            if self.watch is not None:
                self.watch.interrupted(why)

    def _resume(self) -> None:
        if self._interrupted:
            self._interrupted = False
            if self.watch is not None:
                self.watch.resumed()

    def _tick(self) -> None:
        self._timer = self._loop.call_later(_TICK_S, self._tick)
        if self._unanswered and self.holds:
            self._answer()
        asked_at_s = self._postgres.asked_at_s
        waited_s = self._waiting_for.look(asked_at_s, now_s())
        if asked_at_s is not None:
            if waited_s > SLOW_S:
                self._interrupt(f"the database has not answered for {waited_s:.1f} s")
            if waited_s > self._hung_s:
                self._postgres.abort()
        elif self._interrupted and self.holds and not self._postgres.away:
            self._resume()  # nothing had waited
