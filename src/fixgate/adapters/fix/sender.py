"""What one session sends: reports under promised numbers, and the engine's own messages.

Here: Sender, the only caller of the engine that makes it speak. It keeps the engine's next number
above every reservation while the engine may speak, writes that number down before the message is
sent, and writes to the client in the order of the numbers.
Not here: what comes from the client (client_session), sockets (connection), repeating (resend).
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from fixgate.adapters.fix.engine import EngineSession, Taken
from fixgate.adapters.fix.fields import tell, wire_bytes, with_values
from fixgate.adapters.fix.numbers import NumbersFile
from fixgate.adapters.fix.outbox import Outbox, Outgoing
from fixgate.adapters.fix.recorder import Recorder
from fixgate.adapters.fix.tags import utc_timestamp
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.fix import Handling
from fixgate.domain.errors import require

_NS: Final = 1_000_000_000
_AHEAD: Final = 1_000
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
        self,
        engine: EngineSession,
        numbers: NumbersFile,
        record: Recorder,
        clock: Clock,
        *,
        late_after_s: float,
        written: int,
    ) -> None:
        self._engine = engine
        self._numbers = numbers
        self._record = record
        self._clock = clock
        self._late_after_ns = int(late_after_s * _NS)
        self._outbox = Outbox()
        self._next_free = 0  # the next number, while reservations are in flight
        # Up to here everything was written to a connection; above it, if ``missed``, not all.
        self._written = self._kept_written = written
        self._missed = written + 1 < engine.next_sender
        self._kept_sender = engine.next_sender  # what the file says comes next
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
        """Let the engine do something; what it sends gets numbers above every reservation.

        Raises:
            SessionStoreFailed: the numbers it used up could not be written down.

        """
        in_flight = self._outbox.in_flight
        if in_flight:
            self._engine.next_sender = self._next_free
        taken = call()
        if taken.spoke:
            self._keep_numbers()
        if in_flight:
            self._next_free = self._engine.next_sender
        return taken

    @property
    def next_number(self) -> int:
        """The number of the next message that is not promised yet."""
        return self._next_free if self._outbox.in_flight else self._engine.next_sender

    def set_next(self, number: int) -> None:
        """Go on from ``number``."""
        require(not self._outbox.in_flight, "numbers are set while reports are being committed")
        if number < self._engine.next_sender or not self._missed:
            self._written, self._missed = number - 1, False
        self._engine.next_sender = number
        self._keep_numbers()

    def reset(self) -> Taken:
        """Log out if logged on, and begin again from 1 on both sides."""
        require(not self._outbox.in_flight, "a reset while reports are being committed")
        self.numbers_begin()
        taken = self._engine.reset()
        self._keep_numbers()
        return taken

    def unwritten(self) -> tuple[int, int] | None:
        """The first and last number of what was never written to a connection, if anything was."""
        return (self._written + 1, self._engine.next_sender - 1) if self._missed else None

    def numbers_begin(self) -> None:
        """The numbers begin again at 1; what was never written is the caller's to send again."""
        self._written, self._missed = 0, False

    def caught_up(self, begin: int, last: int) -> None:
        """A client has had the numbers from ``begin`` to ``last`` repeated."""
        if self._missed and begin <= self._written + 1:
            self._written, self._missed = max(self._written, last), False

    def tick(self) -> None:
        """Once a second: write down how far the client was written to."""
        if self._written != self._kept_written:
            self._keep_numbers()

    def release(self, reports: Sequence[tuple[int, str]], *, heard: bool = True) -> None:
        """Send the reports of the oldest reservation. Nobody there: the journal has them.

        Args:
            reports: MsgSeqNum and complete message of each.
            heard: False while a client is connected whose Logon is not answered yet.

        Raises:
            InvariantBroken: a number was not promised.

        """
        first, count = self._outbox.oldest()
        if reports:
            promised = first <= reports[0][0] and reports[-1][0] < first + count
            require(promised, f"MsgSeqNum {reports[0][0]} to {reports[-1][0]} were not reserved")
        if not self._outbox.in_flight:
            self._end_of_flight()
        if self.wire is None or not heard:
            self._missed = self._missed or bool(reports)
            return
        made = self._in_time(reports)
        if self._outbox.passes:
            self.write(made)
            return
        for each in made:
            self._outbox.offer(each)
        self.write(self._outbox.freed())

    def abandon(self) -> None:
        """The commits in flight have failed: their numbers stay unused for ever."""
        if self._outbox.in_flight:
            self._outbox.abandon()
            self._end_of_flight()
            self.write(self._outbox.freed())

    def send_past(self, count: int, make: Callable[[int], Sequence[bytes]]) -> None:
        """Send messages that are in no commit and need not be kept, under the next numbers.

        make: the messages, given the number of the first. Raises as ``turn``.
        """
        require(not self._outbox.in_flight, "messages past the core while reports are committed")
        first = self._engine.next_sender
        self._engine.next_sender = first + count
        if first + count > self._kept_sender:
            # Not for each of them: a killed process then begins a little too high.
            self._kept_sender = first + count + _AHEAD
            self._numbers.write(self._kept_sender, self._written)
        if self.wire is not None:
            self.wire.write(b"".join(make(first)))
            if not self._missed:
                self._written = first + count - 1

    def queue(self, texts: Sequence[str]) -> None:
        """Keep what the engine sent in a turn until the next ``pass_on``, whoever's that is."""
        for text in texts:
            self._outbox.offer(Outgoing(tell(text)[1], text, Handling.ENGINE))

    def pass_on(self, texts: Sequence[str]) -> None:
        """Write what the engine sent in a turn, as far as its turn has come."""
        self.queue(texts)
        self.write(self._outbox.freed())

    def repeat(self, texts: Sequence[str]) -> None:
        """Write repetitions of old messages, which have no place among the new."""
        self._write([Outgoing(0, each, Handling.RESENT) for each in texts])

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
        """Nobody is there: the journal has what the next connection will ask for."""
        self.wire = None
        self._missed = bool(self._outbox.drain()) or self._missed
        self._keep_numbers()

    def close(self) -> None:
        """Write down the last number for good."""
        self._numbers.close(self._engine.next_sender, self._written)

    def write(self, messages: Sequence[Outgoing]) -> None:
        """New messages, in the order of their numbers; nowhere if nobody is connected."""
        if self.wire is None or not messages:
            return
        self._write(messages)
        if not self._missed:
            self._written = messages[-1].msg_seq_num

    def _write(self, messages: Sequence[Outgoing]) -> None:
        """To the socket and to the record."""
        if self.wire is None or not messages:
            return
        self.wire.write(wire_bytes("".join([each.text for each in messages])))
        for each in messages:
            if each.handling is not Handling.REPORT:  # those are journaled before they are sent
                self._record.outgoing(each.text, each.handling)

    def _keep_numbers(self) -> None:
        self._numbers.write(self._engine.next_sender, self._written)
        self._kept_sender, self._kept_written = self._engine.next_sender, self._written

    def _end_of_flight(self) -> None:
        self._engine.next_sender = self._next_free

    def _in_time(self, reports: Sequence[tuple[int, str]]) -> list[Outgoing]:
        """A client refuses a SendingTime too far from its clock, so an old one is not kept."""
        late_before = utc_timestamp(self._clock.now_ns() - self._late_after_ns)
        made = []
        for number, text in reports:
            sent_at = text.find("\x0152=") + 4
            if text[sent_at : text.index("\x01", sent_at)] < late_before:
                made.append(Outgoing(number, self._late(text), Handling.REPORT))
            else:
                made.append(Outgoing(number, text, Handling.REPORT))
        return made

    def _late(self, text: str) -> str:
        restamped = with_values(text, {52: utc_timestamp(self._clock.now_ns())})
        self._record.outgoing(restamped, Handling.REPORT, reason=LATE)
        return restamped
