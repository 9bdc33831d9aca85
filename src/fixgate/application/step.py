"""Deciding one item of the inbox: the journal records, the rows, the reports, the venue calls.

Here: Stepper. Same state, same items: same records and same reports, to the byte.
Not here: commits, sequence numbers of sessions (sequencer); decisions (decide).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, get_args

from fixgate.application.alarms import Repeats
from fixgate.application.inbox import Asked, Given, Item, Mark
from fixgate.application.ports.codec import Codec
from fixgate.application.ports.fix import (
    Direction,
    FixDelivered,
    FixMessage,
    FixNoted,
    FixUntaken,
    Handling,
    ReportsUndelivered,
    SessionChanged,
)
from fixgate.application.ports.journal import (
    Batch,
    ExecutionRow,
    FixIn,
    FixRow,
    LimitRow,
    OperatorRow,
    PositionRow,
    Recall,
    Record,
    RoutingRow,
    VenueCallRow,
    VenueIn,
)
from fixgate.application.ports.market import Market
from fixgate.application.recalling import recalled_for
from fixgate.application.seeing import VenuesMarket, seen_by_parts, seen_for
from fixgate.application.throttling import judged
from fixgate.decide import decide
from fixgate.decide.reporting import report_of
from fixgate.domain import events as e
from fixgate.domain.frozen import maker
from fixgate.domain.ids import ClOrdID, OrderID, SessionName
from fixgate.domain.inputs import (
    Input,
    MessageNotTaken,
    Moment,
    Recalled,
    ReportsMissed,
    SessionConnection,
    VenueAnswered,
)
from fixgate.domain.market import Seen
from fixgate.domain.order import Order
from fixgate.domain.reports import (
    DropCopy,
    ExecutionReport,
    OrderCancelReject,
    OrderMassCancelReport,
    Report,
    SentAgain,
    TradeCaptureReport,
)
from fixgate.domain.rounding import to_wire
from fixgate.domain.routing import SMART
from fixgate.domain.state import State, evolve
from fixgate.domain.trades import TradeRequest
from fixgate.domain.values import ExecType

Intent = e.OrderRouted | e.CancelSent | e.ReplaceSent | e.QuerySent
_INTENTS: Final = (e.OrderRouted, e.CancelSent, e.ReplaceSent, e.QuerySent)
_NAMING: Final = frozenset(
    {e.OrderReceived, e.OrderRefused, e.MassCancelTaken, e.OrderReplaced, e.OrderClosed}
)
_MOVES: Final = frozenset(
    {e.Traded, e.TradeCorrected, e.TradeBusted, e.PositionReconciled, e.BalancesSet}
)
Unreported = (
    e.AlertRaised
    | e.OperatorActed
    | e.NumbersSet
    | e.TradesWanted
    | e.LimitsChanged
    | e.RoutingDecided
)
_UNREPORTED: Final = get_args(Unreported)
# A report that was released late is noted as it went out; what was promised is in the journal.
_NEVER_RESENT: Final = frozenset((Handling.RESENT, Handling.REPORT, Handling.DIGEST))
_TAKES_NUMBERS: Final = frozenset((Handling.ENGINE, Handling.DIGEST))
_ABOUT_ORDERS: Final = (ExecutionReport, OrderCancelReject, OrderMassCancelReport)
_VERDICTS: Final = frozenset({ExecType.NEW, ExecType.REJECTED})
_RESET: Final = "\x01141=Y\x01"  # ResetSeqNumFlag
_CALLS: Final = {
    e.OrderRouted: "submit",
    e.CancelSent: "cancel",
    e.ReplaceSent: "replace",
    e.QuerySent: "query",
}

_record: Final = maker(Record)
_fix_in: Final = maker(FixIn)
_fix_row: Final = maker(FixRow)
_venue_call_row: Final = maker(VenueCallRow)
_execution: Final = maker(ExecutionRow)
_moment: Final = maker(Moment)


@dataclass(slots=True)
class Owed:
    """A report decided in this batch, and the input it answers."""

    report: Report
    cause: int
    at_ns: int


_owed: Final = maker(Owed)


@dataclass(slots=True)
class Steps:
    """What a batch of items came to."""

    batch: Batch = field(default_factory=Batch)
    owed: dict[SessionName, list[Owed]] = field(default_factory=dict)
    intents: list[tuple[Intent, Order, int]] = field(default_factory=list)
    alerts: list[tuple[e.AlertRaised, int]] = field(default_factory=list)
    delivered: list[FixDelivered] = field(default_factory=list)
    answers: list[tuple[Asked, tuple[e.Event, ...]]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    trades_wanted: list[TradeRequest] = field(default_factory=list)
    stuck: bool = False  # an item needs an order that cannot be recalled for now


class Stepper:
    """Takes items one after the other; owns the state and the journal's numbering."""

    def __init__(
        self,
        state: State,
        codec: Codec,
        recall: Recall,
        *,
        last_seq: int,
        market: Market | None = None,
        alert_again_ns: int = 0,
    ) -> None:
        self.state = state
        self.last_seq = last_seq
        # Per session, the highest outgoing MsgSeqNum of this process that is in a batch.
        self.last_out: dict[SessionName, int] = {}
        self._codec = codec
        self._recall = recall
        self._market = market or VenuesMarket({})
        self._repeats = Repeats(alert_again_ns)
        # How many orders of each session were taken (NEW) and refused (REJECTED).
        self.verdicts: dict[tuple[SessionName, ExecType], int] = {}

    def take(self, item: Item, into: Steps) -> None:
        """Decide one item and add what came of it to ``into``."""
        match item:
            case FixDelivered():
                self._fix(item, into)
            case Given():
                self._given(item, into)
            case FixNoted():
                self._noted(item, into)
            case SessionChanged():
                self._changed(item, into)
            case FixUntaken():
                self._untaken(item, into)
            case ReportsUndelivered():
                given = ReportsMissed(session=item.session, texts=item.texts)
                self._given(Given(at_ns=item.at_ns, given=given), into)
            case Asked():
                self._asked(item, into)
            case Mark():
                into.marks.append(item)

    def _record(
        self,
        into: Steps,
        at_ns: int,
        payload: object,
        session: SessionName | None = None,
        cause: int | None = None,
    ) -> int:
        seq = self.last_seq = self.last_seq + 1
        batch = into.batch
        batch.records.append(_record(seq, at_ns, session, cause, payload))
        batch.at_ns = at_ns
        return seq

    def _fix(self, item: FixDelivered, into: Steps) -> None:
        command = judged(
            self._codec.decode(item.session, item.text),
            item.message,
            self.state.sessions.get(item.session),
            item.throttled,
        )
        self.state.forget()
        recalled = recalled_for(command, self.state, self._recall)
        seen = seen_for(command, self.state, self._market)
        message = item.message
        text = None if item.text == message.text else item.text
        seq = self._record(
            into,
            item.at_ns,
            _fix_in(
                message=message,
                text=text,
                recalled=recalled,
                throttled=item.throttled,
                seen=seen,
            ),
            session=item.session,
        )
        into.batch.fix_messages.append(
            _fix_row(
                seq,
                item.at_ns,
                item.session,
                message.direction.value,
                message.msg_type,
                message.msg_seq_num,
                getattr(command, "cl_ord_id", None),
                None,
                getattr(command, "symbol", None),
            )
        )
        into.batch.last_in[item.session] = item.last_in
        into.delivered.append(item)
        self._decide(_moment(seq=seq, at_ns=item.at_ns), command, recalled, into, seen=seen)

    def _given(self, item: Given, into: Steps) -> None:
        given = item.given
        self.state.forget()
        recalled = recalled_for(given, self.state, self._recall)
        seen = None
        if self.state.parts:
            seen = seen_by_parts(given, self.state, recalled, self._market)
        plain = not recalled and seen is None
        payload = given if plain else VenueIn(given=given, recalled=recalled, seen=seen)
        seq = self._record(into, item.at_ns, payload)
        if isinstance(given, VenueAnswered):
            into.batch.venue_calls.append(answer_row(seq, item.at_ns, given))
        self._decide(_moment(seq=seq, at_ns=item.at_ns), given, recalled, into, seen=seen)

    def _changed(self, item: SessionChanged, into: Steps) -> None:
        seq = self._record(into, item.at_ns, item, session=item.session)
        into.batch.connected[item.session] = (item.connected, item.peer, item.at_ns)
        moment = _moment(seq=seq, at_ns=item.at_ns)
        self._decide(moment, connection_of(item), (), into)
        rules = self.state.sessions.get(item.session)
        cancels = rules is not None and item.session in self.state.cancels
        into.batch.cancel_after_ms[item.session] = (
            rules.cancel_grace_ms if rules is not None and cancels else None
        )

    def _asked(self, item: Asked, into: Steps) -> None:
        self.state.forget()
        seq = self._record(into, item.at_ns, item.given)
        events: list[e.Event] = []
        self._decide(_moment(seq=seq, at_ns=item.at_ns), item.given, (), into, events)
        into.answers.append((item, tuple(events)))

    def _noted(self, item: FixNoted, into: Steps) -> None:
        message = item.message
        seq = self._record(into, item.at_ns, message, session=item.session)
        into.batch.fix_messages.append(
            _fix_row(
                seq,
                item.at_ns,
                item.session,
                message.direction.value,
                message.msg_type,
                message.msg_seq_num,
                repeats=message.handling in _NEVER_RESENT,
            )
        )
        if item.session is None:
            return
        if item.last_in is not None:
            into.batch.last_in[item.session] = item.last_in
        if message.direction is Direction.OUT and message.handling in _TAKES_NUMBERS:
            self._numbered(item.session, message, into)

    def _untaken(self, item: FixUntaken, into: Steps) -> None:
        """It counts as received, and is refused once more."""
        at_ns, session, message = item.at_ns, item.session, item.message
        number = message.msg_seq_num
        self._noted(FixNoted(at_ns=at_ns, session=session, message=message, last_in=number), into)
        given = MessageNotTaken(
            session=session,
            ref_seq_num=number,
            ref_msg_type=message.msg_type,
            ref_id=item.ref_id,
        )
        self._given(Given(at_ns=at_ns, given=given), into)

    def _numbered(self, session: SessionName, message: FixMessage, into: Steps) -> None:
        """The session layer's own messages use up numbers too.

        Its notes may be late: reports with higher numbers may have been promised before.
        """
        number = message.msg_seq_num
        reset = message.msg_type == "A" and _RESET in message.text  # it begins again at 1
        if reset or number > self.last_out.get(session, 0):
            into.batch.last_out[session] = self.last_out[session] = number

    def _decide(
        self,
        moment: Moment,
        given: Input,
        recalled: tuple[Recalled, ...],
        into: Steps,
        events: list[e.Event] | None = None,
        *,
        seen: Seen | None = None,
    ) -> None:
        for event in decide(self.state, moment, given, recalled, seen):
            self._happen(event, moment, into)
            if events is not None:
                events.append(event)

    def again(self, record: Record, into: Steps) -> None:
        """Let a recorded event happen again: the rows that it made."""
        self.last_seq = record.seq - 1
        cause = record.seq if record.cause is None else record.cause
        self._happen(record.payload, _moment(seq=cause, at_ns=record.at_ns), into)

    def _happen(self, event: e.Event, moment: Moment, into: Steps) -> None:
        """Let the event happen in memory; note its record, its rows and what it owes."""
        orders = self.state.orders
        order_id = _order_id(event)
        before = orders.get(order_id) if order_id is not None else None
        evolve(self.state, event)
        after = orders.get(order_id) if order_id is not None else None
        batch = into.batch
        session = _session(event) if after is None else after.instruction.session
        self._record(into, moment.at_ns, event, session, moment.seq)
        if after is not None and after is not before:
            batch.orders[after.order_id] = after
        if type(event) in _NAMING:
            _names(event, after, batch)
        if type(event) in _MOVES:
            self._moved(event, moment, batch)
        if isinstance(event, _INTENTS) and after is not None:
            if after.instruction.venue == SMART:
                return  # the core carries it out itself, by what follows
            into.intents.append((event, after, moment.at_ns))
            batch.venue_calls.append(
                _venue_call_row(
                    self.last_seq,
                    moment.at_ns,
                    after.instruction.venue,
                    after.venue_cl_ord_id,
                    _CALLS[type(event)],
                    None,
                )
            )
        elif isinstance(event, _UNREPORTED):
            self._note(event, moment, into)
        else:
            rules = self.state.sessions.get(session) if session is not None else None
            report = report_of(event, before, after, rules)
            if report is not None:
                part = after is not None and after.part_of is not None
                self._reported(report, moment, into, part=part)

    def _reported(self, report: Report, moment: Moment, into: Steps, *, part: bool) -> None:
        """A report for the client and the record; of a part of a routed order for the record."""
        if not part:
            self._owe(report, moment, into)
        if isinstance(report, ExecutionReport):
            if report.exec_type in _VERDICTS and not part:
                key = (report.session, report.exec_type)
                self.verdicts[key] = self.verdicts.get(key, 0) + 1
            into.batch.executions.append(_execution_row(report, moment.at_ns))
            if self.state.copies and not part:
                for copy in copies_of(report, self.state):
                    self._owe(copy, moment, into)

    def _moved(self, event: e.Event, moment: Moment, batch: Batch) -> None:
        """The rows of the positions or balances that the event changed."""
        if isinstance(event, e.BalancesSet):
            batch.balances.update({(each.venue, each.asset): each for each in event.balances})
            return
        fee, currency = getattr(event, "fee", None), getattr(event, "fee_currency", None)
        changes = self.state.positions.changes
        for part, change in enumerate(changes):
            after = change.after
            if part < len(changes) - 1:  # of a correction, which is two steps: the fee is last
                row = PositionRow(self.last_seq, part, moment.at_ns, moment.seq, change, None, None)
            else:
                row = PositionRow(
                    self.last_seq, part, moment.at_ns, moment.seq, change, fee, currency
                )
            batch.positions[after.venue, after.account, after.symbol] = after
            batch.position_history.append(row)

    def _note(self, event: Unreported, moment: Moment, into: Steps) -> None:
        """What no client hears of."""
        batch = into.batch
        match event:
            case e.AlertRaised():
                row = self._repeats.row(self.last_seq, moment.at_ns, event)
                batch.alerts.append(row)
                if row.times == 1:
                    into.alerts.append((event, moment.at_ns))
            case e.OperatorActed():
                batch.operator_actions.append(_operator_row(event, moment))
            case e.NumbersSet():
                self._renumbered(event, into)
            case e.TradesWanted():
                into.trades_wanted.append(event.request)
            case e.LimitsChanged():
                if not event.again:
                    batch.limits.append(
                        LimitRow(self.last_seq, moment.at_ns, event.step, event.change)
                    )
            case e.RoutingDecided():
                batch.routing_decisions.append(RoutingRow(self.last_seq, moment.at_ns, event))

    def _renumbered(self, event: e.NumbersSet, into: Steps) -> None:
        if event.next_sender is not None:
            last_out = event.next_sender - 1
            into.batch.last_out[event.session] = self.last_out[event.session] = last_out
        if event.next_target is not None:
            into.batch.last_in[event.session] = event.next_target - 1

    def _owe(self, report: Report, moment: Moment, into: Steps) -> None:
        into.owed.setdefault(report.session, []).append(_owed(report, moment.seq, moment.at_ns))


def copies_of(report: ExecutionReport, state: State) -> list[DropCopy]:
    """The drop copies of a report."""
    to = state.copies.get(report.session, ())
    return [DropCopy(session=each, report=report) for each in to]


def connection_of(item: SessionChanged) -> SessionConnection:
    """What the core hears of a session's connection."""
    return SessionConnection(
        session=item.session,
        connected=item.connected,
        cancel_on_disconnect=item.cancel_on_disconnect,
    )


def answer_row(seq: int, at_ns: int, answer: VenueAnswered) -> VenueCallRow:
    """The venue_calls row of a venue's answer."""
    return _venue_call_row(
        seq, at_ns, answer.venue, answer.venue_cl_ord_id, answer.call.value, answer.outcome.value
    )


def _operator_row(event: e.OperatorActed, moment: Moment) -> OperatorRow:
    return OperatorRow(
        seq=moment.seq,
        at_ns=moment.at_ns,
        person=event.person,
        action=event.action,
        subject=event.subject,
        detail=event.detail,
        reason=event.reason,
    )


def _order_id(event: e.Event) -> OrderID | None:
    order_id: OrderID | None = getattr(event, "order_id", None)
    if order_id is None and isinstance(event, e.OrderReceived):
        return event.order.order_id
    return order_id


def _session(event: e.Event) -> SessionName | None:
    """The session of an event that is about no order in memory."""
    if isinstance(event, e.MassCancelTaken):
        return event.used.session
    if isinstance(event, e.OrderRefused | e.DuplicateRefused):
        return event.refused.session
    return getattr(event, "session", None)


def _names(event: e.Event, after: Order | None, batch: Batch) -> None:
    """ClOrdIDs that are used up for good, and refused orders."""
    match event:
        case e.OrderReceived():
            order = event.order
            if order.part_of is None:
                batch.names.append((order.instruction.session, order.cl_ord_id, order.order_id))
        case e.OrderRefused():
            refused = event.refused
            batch.refused.append(refused)
            batch.names.append((refused.session, refused.cl_ord_id, refused.order_id))
        case e.MassCancelTaken():
            used = event.used
            batch.names.append((used.session, used.cl_ord_id, used.order_id))
        case e.OrderReplaced() | e.OrderClosed():
            # That of a mass cancel is not the order's.
            if after is not None and event.cl_ord_id == after.cl_ord_id:
                session = after.instruction.session
                batch.names.append((session, event.cl_ord_id, after.order_id))
        case _:
            pass


def _execution_row(report: ExecutionReport, at_ns: int) -> ExecutionRow:
    last = report.last
    return _execution(
        exec_id=report.exec_id,
        order_id=report.order_id or OrderID("NONE"),
        at_ns=at_ns,
        exec_type=report.exec_type.value,
        ord_status=report.ord_status.value,
        last_qty=to_wire(last.last_qty) if last else None,
        last_px=to_wire(last.last_px) if last else None,
        trade_id=last.trade_id if last else None,
        leg=last.leg if last else 0,
        exec_ref_id=report.exec_ref_id,
    )


def sent_row(seq: int, owed: Owed, msg_type: str, msg_seq_num: int) -> FixRow:
    """The fix_messages row of a report."""
    report = owed.report
    row = _fix_row(seq, owed.at_ns, report.session, "out", msg_type, msg_seq_num)
    if isinstance(report, DropCopy):
        report = report.report
    if isinstance(report, _ABOUT_ORDERS):
        row.cl_ord_id = report.cl_ord_id
        row.order_id = report.order_id
    elif isinstance(report, TradeCaptureReport):
        row.cl_ord_id, row.order_id = report.trade.cl_ord_id, report.trade.order_id
    elif isinstance(report, SentAgain):
        row.cl_ord_id = ClOrdID(_said(report.text, 11)) or None
        row.order_id = OrderID(_said(report.text, 37).removesuffix("NONE")) or None
    return row


def _said(text: str, tag: int) -> str:
    """What a message says in a field; nothing where it has none."""
    return text.partition(f"\x01{tag}=")[2].partition("\x01")[0]


def all_steps(stepper: Stepper, items: Iterable[Item]) -> Steps:
    """Decide a batch of items."""
    steps = Steps()
    for item in items:
        stepper.take(item, steps)
    return steps
