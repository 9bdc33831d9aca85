"""What one session sends: reports under promised numbers, and the engine's own messages.

Here: Sender, the only caller of the engine that makes it send. It keeps the engine's next number
above every reservation while the engine may speak, and writes in the order of the numbers.
Not here: what comes from the client (client_session), sockets (connection).
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from fixgate.adapters.fix.engine import EngineSession, Taken
from fixgate.adapters.fix.fields import tell, value_of, wire_bytes, with_values
from fixgate.adapters.fix.outbox import Outbox, Outgoing
from fixgate.adapters.fix.recorder import Recorder
from fixgate.adapters.fix.tags import utc_timestamp
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.fix import Handling
from fixgate.domain.errors import InvariantBroken, require

_NS: Final = 1_000_000_000
_FEW: Final = 3
LATE: Final = "released late: SendingTime is the time of the release"


class Wire(Protocol):
    """The connection, as a session uses it."""

    peer: str
    address: str

    def write(self, data: bytes) -> None:
        """Send; never blocks."""
        ...

    def buffered(self) -> int:
        """How many bytes the client has not taken yet."""
        ...

    def close(self) -> None:
        """End the connection after what is buffered has gone out."""
        ...

    def abort(self) -> None:
        """End the connection now."""
        ...

    def has_more(self) -> bool:
        """Whether something the client sent has not been taken yet."""
        ...

    def wake(self) -> None:
        """What this connection waited for has happened."""
        ...


class Sender:
    """The outgoing half of one session. ``wire`` is None while no client is connected."""

    def __init__(
        self, engine: EngineSession, record: Recorder, clock: Clock, *, late_after_s: float
    ) -> None:
        self._engine = engine
        self._record = record
        self._clock = clock
        self._late_after_ns = int(late_after_s * _NS)
        self._outbox = Outbox()
        self._next_free = 0  # the next number, while reservations are in flight
        self.wire: Wire | None = None

    @property
    def in_flight(self) -> bool:
        """Whether reports with reserved numbers are still being committed."""
        return self._outbox.in_flight

    def waiting_bytes(self) -> int:
        """How much the client has not taken, and how much waits for its turn."""
        buffered = 0 if self.wire is None else self.wire.buffered()
        return buffered + self._outbox.waiting_bytes

    def reserve(self, count: int) -> int:
        """Promise ``count`` outgoing numbers; the first."""
        require(count >= 0, "a negative number of reports")
        first = self._next_free if self._outbox.in_flight else self._engine.next_sender
        self._next_free = first + count
        self._outbox.reserve(first, count)
        return first

    def turn(self, call: Callable[[], Taken]) -> Taken:
        """Let the engine do something; what it sends gets numbers above every reservation."""
        if not self._outbox.in_flight:
            return call()
        if self._engine.next_sender != self._next_free:
            self._engine.next_sender = self._next_free
        taken = call()
        self._next_free = self._engine.next_sender
        return taken

    def release(self, reports: Sequence[tuple[int, str]]) -> None:
        """Send the reports of the oldest reservation.

        Raises:
            SessionStoreFailed: the engine could not store one; it and what follows is not written.
            InvariantBroken: a number was not promised, or the engine would send something else
                than what was journaled; likewise.

        """
        first, count = self._outbox.oldest()
        late_before = utc_timestamp(self._clock.now_ns() - self._late_after_ns)
        ready: list[Outgoing] = []
        few = len(reports) <= _FEW
        for number, text in reports:
            require(first <= number < first + count, f"MsgSeqNum {number} was not reserved")
            came_out = self._send(number, text, late_before)
            ready += self._outbox.offer(Outgoing(number, came_out, Handling.REPORT, repeats=False))
            if few:  # one write each: the first need not wait until the last is stored
                self.write(ready)
                ready = []
        if not self._outbox.in_flight:
            self._end_of_flight()
        self.write(ready + self._outbox.freed())

    def abandon(self) -> None:
        """The commits in flight have failed: their numbers stay unused for ever."""
        if self._outbox.in_flight:
            self._outbox.abandon()
            self._end_of_flight()
            self.write(self._outbox.freed())

    def send_own(self, text: str) -> None:
        """Send an application message of the door's own making under the next number."""
        require(not self._outbox.in_flight, "the door speaks only when nothing is in flight")
        number = self._engine.next_sender
        came_out = self._engine.send(text, None)
        self.write(self._outbox.offer(Outgoing(number, came_out, Handling.ENGINE, repeats=False)))

    def pass_on(self, texts: Sequence[str]) -> None:
        """Write what the engine sent in a turn, as far as its turn has come."""
        ready: list[Outgoing] = []
        for text in texts:
            repeats = "\x0143=Y\x01" in text
            handling = Handling.RESENT if repeats else Handling.ENGINE
            ready += self._outbox.offer(Outgoing(tell(text)[1], text, handling, repeats=repeats))
        self.write(ready)

    def hold_new(self) -> None:
        """From now on only repetitions of old messages go out."""
        self._outbox.begin_resend()

    def release_new(self) -> None:
        """New messages go out again."""
        self._outbox.end_resend()
        self.write(self._outbox.freed())

    def flush_all(self) -> None:
        """The connection is about to end: what waits goes out now, gaps or not."""
        self.write(self._outbox.drain())

    def connection_lost(self) -> None:
        """Nobody is there: the engine's store has what the next connection will ask for."""
        self.wire = None
        self._outbox.drain()

    def write(self, messages: Sequence[Outgoing]) -> None:
        """To the socket and to the record; nowhere if nobody is connected."""
        if self.wire is None or not messages:
            return
        self.wire.write(b"".join([wire_bytes(each.text) for each in messages]))
        for each in messages:
            if each.handling is not Handling.REPORT:  # those are journaled before they are sent
                self._record.outgoing(each.text, each.handling)

    def _end_of_flight(self) -> None:
        if self._engine.next_sender != self._next_free:
            self._engine.next_sender = self._next_free

    def _send(self, number: int, text: str, late_before: str) -> str:
        engine = self._engine
        if engine.next_sender != number:
            engine.next_sender = number
        sending_time = value_of(text, 52)
        # A client refuses a SendingTime too far from its clock, so an old one is not kept.
        if sending_time is None or sending_time < late_before:
            return self._send_late(text, sending_time)
        came_out = engine.send(text, sending_time)
        if came_out != text:
            raise InvariantBroken(f"the engine made {came_out!r} of {text!r}")
        return came_out

    def _send_late(self, text: str, sending_time: str | None) -> str:
        came_out = self._engine.send(text, None)
        if sending_time is None or with_values(came_out, {52: sending_time}) != text:
            raise InvariantBroken(f"the engine made {came_out!r} of {text!r}")
        self._record.outgoing(came_out, Handling.REPORT, reason=LATE)
        return came_out
