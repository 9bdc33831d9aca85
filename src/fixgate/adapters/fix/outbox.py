"""Keeps the order of the wire equal to the order of the sequence numbers.

Here: Outbox, with the reservations in flight and what waits behind them. Not here: the engine,
sockets. Decision 0005 says why numbers are reserved before a commit.
"""

from bisect import bisect_left
from collections import deque
from operator import attrgetter
from typing import Final, NamedTuple

from fixgate.application.ports.fix import Handling
from fixgate.domain.errors import require

_number: Final = attrgetter("msg_seq_num")


class Outgoing(NamedTuple):
    """One message of ours on its way to the socket."""

    msg_seq_num: int
    text: str
    handling: Handling


class Reservation(NamedTuple):
    """Numbers promised to reports that are being committed."""

    first: int
    size: int


class Outbox:
    """What of one session may be written now, and what waits."""

    def __init__(self) -> None:
        self._in_flight: deque[Reservation] = deque()
        self._waiting: list[Outgoing] = []
        self._waiting_bytes = 0
        self._resending = False

    @property
    def in_flight(self) -> bool:
        """Whether reports with reserved numbers are still being committed."""
        return bool(self._in_flight)

    @property
    def passes(self) -> bool:
        """Whether the next messages may be written at once, without an offer."""
        return not (self._in_flight or self._waiting or self._resending)

    @property
    def waiting_bytes(self) -> int:
        """How much waits, in characters."""
        return self._waiting_bytes

    def reserve(self, first: int, count: int) -> None:
        """Messages numbered ``first`` and above wait until this is released."""
        self._in_flight.append(Reservation(first, count))

    def oldest(self) -> Reservation:
        """The reservation whose turn it is; ends it. The caller offers its reports next."""
        require(bool(self._in_flight), "reports were released that had no numbers reserved")
        return self._in_flight.popleft()

    def offer(self, message: Outgoing) -> None:
        """Add a message; ``freed`` says when it may be written."""
        self._waiting.append(message)
        self._waiting_bytes += len(message.text)

    def freed(self) -> list[Outgoing]:
        """What may be written now, in order of MsgSeqNum; the rest goes on waiting."""
        if not self._waiting or self._resending:
            return []
        self._waiting.sort(key=_number)
        if not self._in_flight:
            return self._take(len(self._waiting))
        return self._take(bisect_left(self._waiting, self._in_flight[0].first, key=_number))

    def begin_resend(self) -> None:
        """From now on only repetitions pass, so that a client hears old before new."""
        self._resending = True

    def end_resend(self) -> None:
        """The range is done; call ``freed`` next."""
        self._resending = False

    def drain(self) -> list[Outgoing]:
        """Everything that waits, because the connection ends after it."""
        self._resending = False
        self._waiting.sort(key=_number)
        return self._take(len(self._waiting))

    def abandon(self) -> None:
        """The commits in flight have failed: their numbers stay unused."""
        self._in_flight.clear()

    def _take(self, count: int) -> list[Outgoing]:
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        self._waiting_bytes = sum([len(each.text) for each in self._waiting])
        return taken
