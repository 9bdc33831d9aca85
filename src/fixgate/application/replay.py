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
from fixgate.application.step import connection_of, copies_of
from fixgate.application.throttling import judged
from fixgate.decide import decide
from fixgate.decide.reporting import report_of
from fixgate.domain import events as e
from fixgate.domain.frozen import value
from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import Input, Moment, Recalled
from fixgate.domain.reports import ExecutionReport, Report
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
        self.not_compared = 0  # messages of sessions that are not configured any more
        self._codec = codec
        self._owed: dict[SessionName, deque[Report]] = {}
        self._deciding: Iterator[e.Event] = iter(())
        self._settling = False
        self._adrift = False  # the input's events are not those recorded

    def settle(self, records: Iterable[Record]) -> None:
        """Decide the inputs that lead up to what is to be compared.

        A report is recorded some records after its event, so the first reports after a point in
        the middle of a journal belong to events before it. The first record must be an input, and
        the state what it was then.
        """
        self._settling = True
        for _ in self.differences(records):
            pass
        self._settling = False
        self.inputs = self.messages = self.not_compared = 0

    def differences(self, records: Iterable[Record]) -> Iterator[Difference]:
        """Every difference, in the order of the journal; none if all is as it was."""
        seq = 0
        for record in records:
            payload = record.payload
            if record.cause is None:
                yield from self._finish(record.seq - 1)
                self._begin(record)
            elif isinstance(payload, FixMessage):
                yield from self._finish(record.seq - 1)
                yield from self._sent(record, payload)
            else:
                yield from self._event(record)
            seq = record.seq
        yield from self._finish(seq)

    def _begin(self, record: Record) -> None:
        payload = record.payload
        if isinstance(payload, FixMessage):
            return  # for the record only
        self.inputs += 1
        moment = Moment(seq=record.seq, at_ns=record.at_ns)
        self.state.forget()
        given, recalled = self._input(record)
        seen = payload.seen if isinstance(payload, FixIn | VenueIn) else None
        self._deciding = decide(self.state, moment, given, recalled, seen)

    def _input(self, record: Record) -> tuple[Input, tuple[Recalled, ...]]:
        payload = record.payload
        if isinstance(payload, FixIn):
            assert record.session is not None  # noqa: S101 - narrows; a FixIn always has one
            text = payload.message.text if payload.text is None else payload.text
            command = self._codec.decode(record.session, text)
            rules = self.state.sessions.get(record.session)
            command = judged(command, payload.message, rules, payload.throttled)
            return command, payload.recalled
        if isinstance(payload, VenueIn):
            return payload.given, payload.recalled
        if isinstance(payload, SessionChanged):
            return connection_of(payload), ()
        given: Input = payload
        return given, ()

    def _event(self, record: Record) -> Iterator[Difference]:
        if not self._adrift:
            event = self._next()
            if event != record.payload:
                yield Difference(seq=record.seq, recorded=record.payload, replayed=event)
                self._deciding = iter(())
                self._adrift = True
        # Where the two differ, what was recorded is what happened.
        self._happen(record.payload)

    def _next(self) -> object:
        """The next event that today's code decides; None after the last; or why it cannot."""
        try:
            return next(self._deciding, None)
        except Exception as problem:  # noqa: BLE001 - that it fails is the difference
            return f"{type(problem).__name__}: {problem}"

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
        if report is None or (after is not None and after.part_of is not None):
            return
        self._owed.setdefault(report.session, deque()).append(report)
        if isinstance(report, ExecutionReport):
            for copy in copies_of(report, self.state):
                self._owed.setdefault(copy.session, deque()).append(copy)

    def _finish(self, seq: int) -> Iterator[Difference]:
        """An event that today's code decides beyond those recorded; it has not happened."""
        event = None if self._adrift else self._next()
        if event is not None:
            yield Difference(seq=seq, recorded=None, replayed=event)
        self._deciding = iter(())
        self._adrift = False

    def _sent(self, record: Record, message: FixMessage) -> Iterator[Difference]:
        if message.direction is not Direction.OUT or message.handling is not Handling.REPORT:
            return
        self.messages += 1
        owed = self._owed.get(record.session) if record.session is not None else None
        report = owed.popleft() if owed else None
        text = None if report is None else self._text(report, record, message)
        if text == message.text:
            return
        if report is not None and not self._codec.knows(report.session):
            self.not_compared += 1
            return
        if owed is not None and report is not None and self._settling:
            owed.appendleft(report)  # the message belongs to an event before the first record
        yield Difference(seq=record.seq, recorded=message.text, replayed=text)

    def _text(self, report: Report, record: Record, message: FixMessage) -> str | None:
        if not self._codec.knows(report.session):
            return None
        text = self._codec.encode(report, msg_seq_num=message.msg_seq_num, at_ns=record.at_ns)
        return text.encode().decode("latin-1")


def fold(state: State, records: Iterable[Record]) -> None:
    """Let recorded events happen again, without deciding anything.

    Of inputs only that they were there matters; their payloads need not be.

    Raises:
        InvariantBroken: the records do not follow from the state.
    """
    for record in records:
        if record.cause is None:
            state.forget()
        elif not isinstance(record.payload, FixMessage):
            evolve(state, record.payload)
