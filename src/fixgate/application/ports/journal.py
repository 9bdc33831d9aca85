"""The durable record.

Here: Batch, which is committed as one, Journal, which commits it, and what reads back: Recall
for orders, Sent for messages.
Not here: SQL, encoding, threads.
"""

from asyncio import Future
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from fixgate.application.ports.fix import FixMessage
from fixgate.domain.balance import Balance
from fixgate.domain.events import RoutingDecided
from fixgate.domain.frozen import value
from fixgate.domain.ids import ClOrdID, ExecID, OrderID, SessionName, VenueClOrdID, VenueName
from fixgate.domain.inputs import Recalled
from fixgate.domain.limits import LimitChange, LimitStep
from fixgate.domain.market import Seen
from fixgate.domain.order import Order, RefusedOrder
from fixgate.domain.position import Position, PositionChange
from fixgate.domain.positions import Key


@dataclass(slots=True)
class Record:
    """One row of the journal. ``payload`` is a frozen dataclass; its type gives the kind."""

    seq: int
    at_ns: int
    session: SessionName | None
    cause: int | None  # seq of the input that caused this; None for an input
    payload: Any


@value
class FixIn:
    """Journal payload of a delivered FIX message: the input itself."""

    message: FixMessage
    text: str | None = None  # as the engine took it, where that differs from message.text
    recalled: tuple[Recalled, ...] = ()
    throttled: str | None = None  # why it was too much, when the client sent too fast
    seen: Seen | None = None  # of the market, where it is decided by prices


@value
class VenueIn:
    """Journal payload of a venue input that needs more: an order which memory had forgotten, or
    what was seen of the market.
    """

    given: Any
    recalled: tuple[Recalled, ...]
    seen: Seen | None = None


@dataclass(slots=True)
class FixRow:
    """One row of the query table fix_messages; the text is in the journal under ``seq``."""

    seq: int
    at_ns: int
    session: SessionName | None
    direction: str
    msg_type: str
    msg_seq_num: int
    cl_ord_id: str | None = None
    order_id: OrderID | None = None
    symbol: str | None = None
    repeats: bool = False  # out: sent before under this number (PossDupFlag)


@dataclass(slots=True)
class ExecutionRow:
    """One row of the query table executions: an ExecutionReport that was decided."""

    exec_id: ExecID
    order_id: OrderID
    at_ns: int
    exec_type: str
    ord_status: str
    last_qty: str | None = None
    last_px: str | None = None
    trade_id: str | None = None
    leg: int = 0
    exec_ref_id: ExecID | None = None


@dataclass(slots=True)
class VenueCallRow:
    """One row of the query table venue_calls: an intent or an answer."""

    seq: int
    at_ns: int
    venue: VenueName
    venue_cl_ord_id: VenueClOrdID
    call: str
    outcome: str | None = None


@dataclass(slots=True)
class OperatorRow:
    """One row of the query table operator_actions: what a person did (control 29)."""

    seq: int
    at_ns: int
    person: str
    action: str
    subject: str
    detail: str
    reason: str


@dataclass(slots=True)
class AlertRow:
    """One row of the query table alerts: something that a person should look at."""

    seq: int
    at_ns: int
    subject: str
    text: str
    order_id: OrderID | None = None
    about: str = ""  # what it is about, where that is no order: a venue, a session
    times: int = 1  # how often it was raised; the table keeps the highest
    last_ns: int | None = None  # when it was raised again last


@dataclass(slots=True)
class PositionRow:
    """One row of the query table position_history: one step of one position."""

    seq: int  # of the event in the journal
    part: int  # a correction takes two steps: it is undone and done again
    at_ns: int
    cause: int
    change: PositionChange
    fee: Decimal | None = None
    fee_currency: str | None = None


@dataclass(slots=True)
class LimitRow:
    """One row of the table limits: a step that a change took."""

    seq: int
    at_ns: int
    step: LimitStep
    change: LimitChange


@dataclass(slots=True)
class RoutingRow:
    """One row of the query table routing_decisions."""

    seq: int  # of the event in the journal
    at_ns: int
    decided: RoutingDecided


@dataclass(slots=True)
class Batch:
    """What one commit makes durable: journal records, and the query tables' changes."""

    records: list[Record] = field(default_factory=list)
    orders: dict[OrderID, Order] = field(default_factory=dict)
    refused: list[RefusedOrder] = field(default_factory=list)
    names: list[tuple[SessionName, ClOrdID, OrderID]] = field(default_factory=list)
    executions: list[ExecutionRow] = field(default_factory=list)
    fix_messages: list[FixRow] = field(default_factory=list)
    venue_calls: list[VenueCallRow] = field(default_factory=list)
    last_in: dict[SessionName, int] = field(default_factory=dict)
    last_out: dict[SessionName, int] = field(default_factory=dict)
    connected: dict[SessionName, tuple[bool, str, int]] = field(default_factory=dict)
    cancel_after_ms: dict[SessionName, int | None] = field(default_factory=dict)
    operator_actions: list[OperatorRow] = field(default_factory=list)
    alerts: list[AlertRow] = field(default_factory=list)
    positions: dict[Key, Position] = field(default_factory=dict)
    position_history: list[PositionRow] = field(default_factory=list)
    balances: dict[tuple[VenueName, str], Balance] = field(default_factory=dict)
    limits: list[LimitRow] = field(default_factory=list)
    routing_decisions: list[RoutingRow] = field(default_factory=list)
    at_ns: int = 0


class Journal(Protocol):
    """Commits batches in the order given."""

    @property
    def last_seq(self) -> int:
        """The number of the last record; 0 in an empty journal."""
        ...

    def commit(self, batch: Batch) -> "Future[None]":
        """Make ``batch`` durable. Batches become durable in order.

        The future fails if it could not be made durable; then every later one fails too.
        """
        ...


class RecallUnavailable(Exception):  # noqa: N818 - it names a fact
    """The store cannot be read for now. What needs it waits until it is back."""


class SentPage(NamedTuple):
    """Some of the messages that were sent to a session."""

    reports: Sequence[tuple[int, str]]  # MsgSeqNum and text, ascending
    place: int | None  # where the next page begins; None: there are no more


class Sent(Protocol):
    """Reads back the application messages that were sent to a session, for a ResendRequest."""

    def position(self) -> int:
        """A place in the journal: whatever is decided from now on comes after it."""
        ...

    def page(
        self,
        session: SessionName,
        begin: int,
        last: int,
        *,
        place: int | None,
        since: int,
        count: int,
        until: int | None = None,
    ) -> "Future[SentPage]":
        """Read at most ``count`` messages with MsgSeqNum from ``begin`` to ``last``.

        place: None, or what the page before said.
        since: the position at which the numbers last began at 1; 0 if that was before this
        process, and is to be found in the journal.
        until: a position; what was decided after it is not looked at.
        Never blocks. The future fails if the journal cannot be read; with RecallUnavailable if
        it can be asked again later.
        """
        ...


class Recall(Protocol):
    """Reads back orders that memory forgot. Synchronous, and fast for a name never used.

    Look-ups raise RecallUnavailable while the store is away.
    """

    def by_cl_ord_id(self, session: SessionName, cl_ord_id: ClOrdID) -> Recalled | None:
        """The order or refused order that the name means, if any."""
        ...

    def by_order_id(self, order_id: OrderID) -> Recalled | None:
        """The order, if any."""
        ...

    def note(self, session: SessionName, cl_ord_id: ClOrdID) -> None:
        """Remember that the name is used; called once it is durable."""
        ...
