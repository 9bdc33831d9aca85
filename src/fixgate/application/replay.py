"""Deciding the journal's inputs again, and comparing with what it says was decided.

Here: Replay. From an empty state, the same inputs must give the same events and the same FIX
messages, byte for byte.
Not here: reading the journal (the store).
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from fixgate.application.ports.codec import Codec
from fixgate.application.ports.fix import Direction, FixMessage, Handling, SessionChanged
from fixgate.application.ports.journal import FixIn, Record, VenueIn
from fixgate.application.step import connection_of
from fixgate.application.throttling import throttled
from fixgate.decide import decide
from fixgate.decide.reporting import report_of
from fixgate.domain import events as e
from fixgate.domain.frozen import value
from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import Input, Moment, Recalled
from fixgate.domain.reports import Report
from fixgate.domain.state import State, evolve


@value
class Difference:
    """A place where today's code and the journal do not agree."""

    seq: int
    recorded: Any
    replayed: Any


class Replay:
    """Feeds records to today's code, in order."""

    def __init__(self, state: State, codec: Codec) -> None:
        self.state = state
        self.inputs = 0
        self.messages = 0
        self._codec = codec
        self._owed: dict[SessionName, deque[Report]] = {}
        self._deciding: Iterator[e.Event] = iter(())

    def differences(self, records: Iterable[Record]) -> Iterator[Difference]:
        """Every difference, in the order of the journal; none if all is as it was."""
        for record in records:
            payload = record.payload
            if record.cause is None:
                yield from self._finish(record.seq)
                self._begin(record)
            elif isinstance(payload, FixMessage):
                yield from self._finish(record.seq)
                yield from self._sent(record, payload)
            else:
                yield from self._event(record)
        yield from self._finish(0)

    def _begin(self, record: Record) -> None:
        payload = record.payload
        if isinstance(payload, FixMessage):
            return  # for the record only
        self.inputs += 1
        moment = Moment(seq=record.seq, at_ns=record.at_ns)
        self.state.forget()
        given, recalled = self._input(record)
        self._deciding = decide(self.state, moment, given, recalled)

    def _input(self, record: Record) -> tuple[Input, tuple[Recalled, ...]]:
        payload = record.payload
        if isinstance(payload, FixIn):
            assert record.session is not None  # noqa: S101 - narrows; a FixIn always has one
            text = payload.message.text if payload.text is None else payload.text
            command = self._codec.decode(record.session, text)
            return throttled(command, payload.throttled), payload.recalled
        if isinstance(payload, VenueIn):
            return payload.given, payload.recalled
        if isinstance(payload, SessionChanged):
            return connection_of(payload), ()
        given: Input = payload
        return given, ()

    def _event(self, record: Record) -> Iterator[Difference]:
        event = next(self._deciding, None)
        if event != record.payload:
            yield Difference(seq=record.seq, recorded=record.payload, replayed=event)
        if event is not None:
            self._happen(event)

    def _happen(self, event: e.Event) -> None:
        order_id = event.order.order_id if isinstance(event, e.OrderReceived) else None
        order_id = order_id or getattr(event, "order_id", None)
        orders = self.state.orders
        before = orders.get(order_id) if order_id else None
        evolve(self.state, event)
        after = orders.get(order_id) if order_id else None
        session = after.instruction.session if after is not None else None
        rules = self.state.sessions.get(session) if session is not None else None
        report = report_of(event, before, after, rules)
        if report is not None:
            self._owed.setdefault(report.session, deque()).append(report)

    def _finish(self, seq: int) -> Iterator[Difference]:
        """Events that today's code decides beyond those recorded."""
        for event in self._deciding:
            yield Difference(seq=seq, recorded=None, replayed=event)
            self._happen(event)

    def _sent(self, record: Record, message: FixMessage) -> Iterator[Difference]:
        if message.direction is not Direction.OUT or message.handling is not Handling.REPORT:
            return
        self.messages += 1
        owed = self._owed.get(record.session) if record.session is not None else None
        text = None
        if owed:
            text = self._codec.encode(
                owed.popleft(), msg_seq_num=message.msg_seq_num, at_ns=record.at_ns
            )
            text = text.encode().decode("latin-1")
        if text != message.text:
            yield Difference(seq=record.seq, recorded=message.text, replayed=text)
