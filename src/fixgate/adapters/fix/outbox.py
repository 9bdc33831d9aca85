"""Keeps the order of the wire equal to the order of the sequence numbers.

Here: Outbox, with the reservations in flight and what waits behind them. Not here: the engine,
sockets. Decision 0005 says why numbers are reserved before a commit.
"""

from collections import deque
from typing import NamedTuple

from fixgate.application.ports.fix import Handling
from fixgate.domain.errors import require


class Outgoing(NamedTuple):
    """One message of ours on its way to the socket."""

    msg_seq_num: int
    text: str
    handling: Handling
    repeats: bool  # PossDupFlag: belongs to numbers that are already used


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

    def offer(self, message: Outgoing) -> list[Outgoing]:
        """What may be written now: the message itself, or nothing while it has to wait."""
        if message.repeats or self._may_pass(message.msg_seq_num):
            return [message]
        self._waiting.append(message)
        self._waiting_bytes += len(message.text)
        return []

    def freed(self) -> list[Outgoing]:
        """What waited and may be written now, in order of MsgSeqNum."""
        if not self._waiting:
            return []
        self._waiting.sort(key=lambda each: each.msg_seq_num)
        passing = [each for each in self._waiting if self._may_pass(each.msg_seq_num)]
        self._waiting = self._waiting[len(passing) :]
        self._waiting_bytes = sum(len(each.text) for each in self._waiting)
        return passing

    def begin_resend(self) -> None:
        """From now on only repetitions pass, so that a client hears old before new."""
        self._resending = True

    def end_resend(self) -> None:
        """The range is done; call ``freed`` next."""
        self._resending = False

    def drain(self) -> list[Outgoing]:
        """Everything that waits, because the engine wants the connection closed after it."""
        self._resending = False
        drained, self._waiting, self._waiting_bytes = self._waiting, [], 0
        return drained

    def abandon(self) -> None:
        """The commits in flight have failed: their numbers stay unused."""
        self._in_flight.clear()

    def _may_pass(self, msg_seq_num: int) -> bool:
        if self._resending:
            return False
        return not self._in_flight or msg_seq_num < self._in_flight[0].first
