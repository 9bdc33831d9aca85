"""How a group of batches becomes durable in PostgreSQL, whatever happens to the connection.

Here: PostgresDurable, for the journal's thread. When the connection is lost it says so, connects
again for as long as it takes, looks whether the commit that it had no answer to has happened, and
if not makes it again. When the lease turns out to be another gateway's, it gives up for good.
Not here: the statement; what intake does meanwhile.
"""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from select import select
from threading import Event
from typing import Final

import psycopg

from fixgate.adapters.store.errors import JournalFailed, StoreLost, Unstorable
from fixgate.adapters.store.postgres import lease
from fixgate.adapters.store.postgres.address import PostgresAddress
from fixgate.adapters.store.postgres.connecting import (
    Connection,
    connect_writer,
    in_words,
    passes,
)
from fixgate.adapters.store.postgres.partitions import Partitions
from fixgate.adapters.store.postgres.statement import parameters, statement
from fixgate.adapters.store.rows import Rows
from fixgate.adapters.store.writing import WRITTEN

LOOK_S: Final = 0.2
"""While nothing is written: how often it is seen whether the connection still stands."""

_RETRY_S: Final = (0.1, 0.2, 0.5, 1.0)
_JOURNAL_WIDTH: Final = len(WRITTEN["journal"])
_AT_NS: Final = WRITTEN["journal"].index("at_ns")
_LAST: Final = "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"


def now_s() -> float:
    """A clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class PostgresDurable:
    """Implements Durable. ``tell`` takes what a thread has to say to the event loop."""

    idle_s: float | None = LOOK_S
    holds_nul = False

    def __init__(self, address: PostgresAddress, held: lease.Lease, *, lease_s: float) -> None:
        """Connect.

        Raises:
            psycopg.Error: that is not possible.
        """
        self.good_until_s = now_s()
        """Until then nobody else can have taken the lease, by this machine's clock."""
        self.asked_at_s: float | None = None
        """Since when an answer is waited for; None: none is."""
        self.away = False
        """Whether the connection is lost, and looked for."""
        self.interrupted: Callable[[str], None] = _nothing_said
        self.giving_up = Event()
        self._address = address
        self.fence = held.fence
        self._commits = held.commits
        self._staged: tuple[Rows, str, list[str]] | None = None
        self._tip: tuple[int, bytes] | None = None
        self._lease_s = lease_s
        self._partitions = Partitions()
        self._connection: Connection | None = connect_writer(address)

    def stage(self, rows: Rows) -> None:
        self._staged = (rows, *parameters(rows))

    def settle(self) -> bool:
        staged, self._staged = self._staged, None
        if staged is not None:
            self._write(*staged)
        return False

    def _write(self, rows: Rows, text: str, given: list[str]) -> None:
        times = rows.journal[_AT_NS::_JOURNAL_WIDTH]

        def attempt(connection: Connection) -> None:
            if times:
                self._partitions.ensure(connection, times)
            self._commit(connection, text, given)

        try:
            self._through(attempt, rows)
        except psycopg.DataError as problem:
            raise Unstorable(in_words(problem)) from problem
        if times:
            self._tip = (rows.last_seq, rows.last_hash)

    def tidy(self) -> None:
        """Nothing to do: partitions are made when their day comes."""

    def idle(self) -> None:
        """Renew the lease in time, and notice a connection that has ended."""
        if self.good_until_s - now_s() < self._lease_s * 2 / 3 or self._has_ended():
            self.renew()

    def renew(self) -> None:
        """Make sure that the lease is ours, and that it stays so for a while.

        Raises:
            StoreLost: it is not.
        """
        text = statement(())
        self._through(lambda connection: self._commit(connection, text, []), None)

    def abort(self) -> None:
        """End the connection under a statement that gets no answer. From any thread."""
        connection = self._connection
        if connection is not None:
            with suppress(OSError, psycopg.Error):
                own = socket.socket(fileno=connection.pgconn.socket)
                try:
                    own.shutdown(socket.SHUT_RDWR)
                finally:
                    own.detach()

    def close(self) -> None:
        with suppress(psycopg.Error):
            if self._connection is not None:
                lease.give_up(self._connection, self.fence)
                self._connection.close()

    def _through(self, attempt: Callable[[Connection], None], rows: Rows | None) -> None:
        """Make an attempt, again and again while the connection is what fails."""
        tries = 0
        while True:
            try:
                self.asked_at_s = now_s()
                if self._connection is None:
                    self._connection = connect_writer(self._address)
                    if self._has_happened(self._connection, rows):
                        self.away = False
                        return
                attempt(self._connection)
                self.away = False
            except psycopg.Error as problem:
                if not passes(problem):
                    raise
                self.away = True
                self.interrupted(in_words(problem))
                self._hang_up()
                self._pause(tries, problem)
                tries += 1
            else:
                return
            finally:
                self.asked_at_s = None

    def _commit(self, connection: Connection, text: str, given: list[str]) -> None:
        began_s = now_s()
        values = (self._lease_s, self.fence, self._commits, *given)
        if connection.execute(text, values, prepare=True).fetchone() is None:
            self._lost(connection)
        self._commits += 1
        self.good_until_s = began_s + self._lease_s

    def _has_happened(self, connection: Connection, rows: Rows | None) -> bool:
        """After a lost connection: whether the commit that was asked for has happened.

        Raises:
            StoreLost: another gateway has the lease.
            JournalFailed: the database is not as we left it.
        """
        began_s = now_s()
        found = lease.read(connection)
        if found.fence != self.fence:
            self._lost(connection)
        happened = found.commits == self._commits + 1
        if not happened and found.commits != self._commits:
            raise JournalFailed(f"{self._address}: durable commits are no longer there")
        expected = self._tip
        if happened and rows is not None and rows.journal:
            expected = (rows.last_seq, rows.last_hash)
        last = connection.execute(_LAST).fetchone()
        if expected is not None and last != expected:
            raise JournalFailed(f"{self._address}: does not end with record {expected[0]}")
        if happened:
            self._commits += 1
            self.good_until_s = max(self.good_until_s, began_s + min(found.left_s, self._lease_s))
        return happened

    def _lost(self, connection: Connection) -> None:
        found = lease.read(connection)
        if found.fence == self.fence:
            raise JournalFailed(f"{self._address}: was written to by somebody else")
        raise StoreLost(
            f"{self._address}: taken over by {found.holder}"
            f" (fence {found.fence}, ours was {self.fence})"
        )

    def _has_ended(self) -> bool:
        connection = self._connection
        if connection is None or connection.closed:
            return True
        with suppress(OSError, ValueError, psycopg.Error):
            readable, _, _ = select([connection.pgconn.socket], [], [], 0)
            return bool(readable)  # nothing was asked: it is the end, or the reason for it
        return True

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error, OSError):
                connection.close()

    def _pause(self, tries: int, problem: psycopg.Error) -> None:
        self.asked_at_s = None
        wait_s = _RETRY_S[min(tries, len(_RETRY_S) - 1)]
        if self.giving_up.wait(wait_s):
            raise JournalFailed(f"closed while the database was away: {in_words(problem)}")


def _nothing_said(_: str) -> None:
    return
