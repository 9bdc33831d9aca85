"""What reaches Fixgate from outside, in the core's words.

Here: client commands (decoded FIX messages) and what venues and the process itself say.
Not here: raw FIX text, which is what the journal keeps of a client's message; venue syntax.
"""

from dataclasses import field
from decimal import Decimal
from enum import Enum, unique

from fixgate.domain.balance import Differences
from fixgate.domain.errors import Refusal
from fixgate.domain.frozen import value
from fixgate.domain.ids import (
    ClOrdID,
    OrderID,
    SessionName,
    TradeID,
    VenueClOrdID,
    VenueName,
    VenueOrderID,
)
from fixgate.domain.instruments import Instrument, VenueProfile
from fixgate.domain.limits import Dealt, LimitSet, StandingLimits
from fixgate.domain.lists import Contingency
from fixgate.domain.market import Quote
from fixgate.domain.operations import Coverage, Kill
from fixgate.domain.order import Echo, Execution, Order, RefusedOrder, Terms, UsedID
from fixgate.domain.position_request import PositionRequest
from fixgate.domain.routing import RoutingPolicy, VenueFees
from fixgate.domain.selection import Selection
from fixgate.domain.sessions import SessionRules
from fixgate.domain.trades import RecordedTrade, TradeRequest
from fixgate.domain.values import (
    BusinessRejectReason,
    ExecType,
    MassCancelRejectReason,
    RestatementReason,
    SecurityRequestResult,
    Side,
    TradeRequestResult,
    Value,
)


@value
class Moment:
    """An input's place in the total order, and when the edge received it."""

    seq: int
    at_ns: int  # UTC, nanoseconds since 1970


# --- what a client says -----------------------------------------------------------------


@value
class NewOrderSingle:
    """35=D. ``fault`` is what is wrong with its values; then the other fields may be empty."""

    session: SessionName
    cl_ord_id: ClOrdID
    symbol: str  # as the client wrote it
    side: Side | None
    terms: Terms | None
    echo: Echo
    account: str | None = None
    destination: str | None = None  # ExDestination (100), else SecurityExchange (207)
    poss_resend: bool = False
    on_disconnect: bool | None = None  # ExecInst (18) contains Q: True; H: False
    fault: Refusal | None = None


@value
class OrderCancelRequest:
    """35=F."""

    session: SessionName
    cl_ord_id: ClOrdID
    orig_cl_ord_id: ClOrdID
    symbol: str
    side: Side | None
    account: str | None = None
    poss_resend: bool = False


@value
class OrderCancelReplaceRequest:
    """35=G. ``keeps`` names the terms it does not carry; they stay as they are."""

    session: SessionName
    cl_ord_id: ClOrdID
    orig_cl_ord_id: ClOrdID
    symbol: str
    side: Side | None
    terms: Terms | None
    echo: Echo
    account: str | None = None
    keeps: frozenset[str] = frozenset()  # of "time_in_force", "post_only"
    on_disconnect: bool | None = None  # as in NewOrderSingle; it cannot be changed
    fault: Refusal | None = None
    destination: str | None = None  # as in NewOrderSingle; it cannot be changed
    poss_resend: bool = False


@value
class OrderStatusRequest:
    """35=H."""

    session: SessionName
    cl_ord_id: ClOrdID
    echo: Echo
    order_id: str | None = None  # tag 37, optional
    ord_status_req_id: str | None = None  # tag 790 (4.4)


@value
class OrderMassCancelRequest:
    """35=q."""

    session: SessionName
    cl_ord_id: ClOrdID
    request_type: str  # tag 530
    selection: Selection
    echo: Echo = ()
    fault: tuple[MassCancelRejectReason, str] | None = None  # why it is not served


@value
class OrderMassStatusRequest:
    """35=AF."""

    session: SessionName
    mass_status_req_id: str  # tag 584
    selection: Selection
    echo: Echo = ()
    fault: Refusal | None = None


@value
class RequestForPositions:
    """35=AN."""

    session: SessionName
    request: PositionRequest


@value
class TradeCaptureReportRequest:
    """35=AD."""

    session: SessionName
    request: TradeRequest
    fault: tuple[TradeRequestResult, str] | None = None  # why it is not served


@value
class SecurityRequest:
    """35=x, or with ``definitions`` 35=c. None: whatever it is."""

    session: SessionName
    req_id: str  # tag 320
    definitions: bool
    symbol: str | None = None
    derivatives: bool | None = None
    venue: VenueName | None = None
    fault: tuple[SecurityRequestResult, str] | None = None  # why it is not served


@value
class NewOrderList:
    """35=E. ``fault`` is what is wrong with the list as a whole."""

    session: SessionName
    list_id: str
    contingency: Contingency | None
    orders: tuple[NewOrderSingle, ...]
    fault: str | None = None


@value
class ListRequest:
    """35=M, ListStatusRequest; with ``cancels`` 35=K, ListCancelRequest."""

    session: SessionName
    list_id: str
    cancels: bool


@value
class BadMessage:
    """A message whose field the engine let pass but FIX forbids; answered with Reject (3)."""

    session: SessionName
    ref_seq_num: int
    ref_msg_type: str
    ref_tag_id: int
    reason: int  # tag 373
    text: str


@value
class UnservedMessage:
    """A valid message that we do not serve (now); answered with BusinessMessageReject (j)."""

    session: SessionName
    ref_seq_num: int
    ref_msg_type: str
    reason: BusinessRejectReason
    text: str
    ref_id: str | None = None


ClientCommand = (
    NewOrderSingle
    | OrderCancelRequest
    | OrderCancelReplaceRequest
    | OrderStatusRequest
    | OrderMassCancelRequest
    | OrderMassStatusRequest
    | TradeCaptureReportRequest
    | RequestForPositions
    | SecurityRequest
    | NewOrderList
    | ListRequest
    | BadMessage
    | UnservedMessage
)


@value
class Recalled:
    """An order that memory does not hold, attached by the edge to an input that names it."""

    order: Order | None = None
    refused: RefusedOrder | None = None
    executions: tuple[Execution, ...] = ()
    cl_ord_ids: tuple[ClOrdID, ...] = ()
    used: UsedID | None = None  # no order, but its ClOrdID is used up


# --- what a venue says ------------------------------------------------------------------


@unique
class VenueCall(Value):
    """Which of our calls an answer belongs to."""

    SUBMIT = "submit"
    CANCEL = "cancel"
    REPLACE = "replace"


@unique
class Outcome(Value):
    """What became of a call."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NOT_SENT = "not_sent"  # the venue was not reached; nothing can have happened there
    UNKNOWN = "unknown"  # sent, and no answer we can trust: ask, never send again


@value
class VenueAnswered:
    """A venue's answer to one of our calls. Trades are never in it; they come as VenueTraded."""

    venue: VenueName
    call: VenueCall
    venue_cl_ord_id: VenueClOrdID
    outcome: Outcome
    request: ClOrdID | None = None  # the client's request that the call was for
    venue_order_id: VenueOrderID | None = None
    # For an accepted cancel: what the leg had traded when it ended, by the venue's count.
    leg_cum_qty: Decimal | None = None
    text: str | None = None
    raw: str | None = None  # the answer as it came, for the record


@value
class VenueTraded:
    """One trade. The pair (venue, trade_id) is unique; a repeat changes nothing."""

    venue: VenueName
    venue_cl_ord_id: VenueClOrdID
    trade_id: TradeID
    last_qty: Decimal
    last_px: Decimal
    venue_order_id: VenueOrderID | None = None
    fee: Decimal | None = None
    fee_currency: str | None = None
    maker: bool | None = None
    at_ns: int | None = None  # the venue's time of the trade


@value
class VenueTradeCorrected:
    """The venue restates a trade; zero quantity means the trade is busted."""

    venue: VenueName
    venue_cl_ord_id: VenueClOrdID
    trade_id: TradeID
    last_qty: Decimal
    last_px: Decimal
    fee: Decimal | None = None  # taken with it, or below zero given back; None: it does not say
    fee_currency: str | None = None


@value
class VenueClosed:
    """The venue ended a leg: exec_type is CANCELED, EXPIRED, DONE_FOR_DAY or REJECTED."""

    venue: VenueName
    venue_cl_ord_id: VenueClOrdID
    exec_type: ExecType
    leg_cum_qty: Decimal
    restatement: RestatementReason | None = None
    text: str | None = None


@value
class VenueRestated:
    """The venue works a leg with other values than we asked; None: unchanged."""

    venue: VenueName
    venue_cl_ord_id: VenueClOrdID
    leg_qty: Decimal | None = None
    price: Decimal | None = None
    restatement: RestatementReason = RestatementReason.OTHER
    text: str | None = None


@value
class VenueTriggered:
    """A stop order became active at the venue."""

    venue: VenueName
    venue_cl_ord_id: VenueClOrdID


@unique
class LegState(Enum):
    """What a venue says of a leg when asked."""

    WORKING = "working"
    CLOSED = "closed"  # ended: see exec_type and leg_cum_qty
    NOT_FOUND = "not_found"  # certain: the venue never had it


@value
class VenueLegReported:
    """The settled answer to a query. The trades it implies were sent as VenueTraded before."""

    venue: VenueName
    venue_cl_ord_id: VenueClOrdID
    state: LegState
    venue_order_id: VenueOrderID | None = None
    leg_cum_qty: Decimal = field(default=Decimal(0))
    leg_qty: Decimal | None = None  # what the venue works, executed part included
    price: Decimal | None = None
    exec_type: ExecType | None = None  # when closed: FILLED is TRADE, else as in VenueClosed
    text: str | None = None
    raw: str | None = None


@value
class VenueConnection:
    """A venue came up or went down."""

    venue: VenueName
    up: bool
    text: str = ""


@value
class VenueDenied:
    """The venue refuses our key, our signature, or what the key may do."""

    venue: VenueName
    text: str


@value
class InstrumentsLoaded:
    """Instruments of a venue that are new or changed, and unified symbols that are gone."""

    venue: VenueName
    instruments: tuple[Instrument, ...]
    removed: tuple[str, ...] = ()


@value
class BalancesReported:
    """All that a venue account holds; an asset that is not in it is not held."""

    venue: VenueName
    asked_at_ns: int
    balances: tuple[tuple[str, Decimal, Decimal], ...] = ()  # asset, free, locked
    fault: str | None = None  # why the venue did not say; then nothing else counts


@value
class PositionsReported:
    """All open positions in derivatives of a venue account; one that is not in it is flat."""

    venue: VenueName
    asked_at_ns: int
    # Unified symbol, signed base quantity, average entry price.
    positions: tuple[tuple[str, Decimal, Decimal], ...] = ()
    fault: str | None = None  # as in BalancesReported


VenueInput = (
    VenueAnswered
    | VenueTraded
    | VenueTradeCorrected
    | VenueClosed
    | VenueRestated
    | VenueTriggered
    | VenueLegReported
    | VenueConnection
    | VenueDenied
    | InstrumentsLoaded
    | BalancesReported
    | PositionsReported
)


# --- what the process itself says -------------------------------------------------------


@value
class Started:
    """A process took over. Memory begins with ``open_orders`` and nothing else."""

    epoch: str
    open_orders: tuple[OrderID, ...]
    version: str
    fingerprint: str  # SHA-256 over configuration and dictionaries (control 30)
    kills: tuple[Kill, ...] = ()  # kill switches that an earlier process left on
    disabled: tuple[SessionName, ...] = ()  # sessions that may not log on
    paused: tuple[tuple[SessionName, str], ...] = ()  # sessions that wait for a person, and why
    # Sessions that the earlier process answered with 380=4 when its journal had failed.
    refused: tuple[SessionName, ...] = ()


@value
class SessionsConfigured:
    """The client sessions and the symbol aliases in force from here on."""

    sessions: tuple[SessionRules, ...]
    aliases: tuple[tuple[str, str], ...] = ()


@value
class VenueConfigured:
    """A venue's capability table in force from here on."""

    profile: VenueProfile
    differences: Differences = Differences.ADOPT  # what is done with those of its account


@value
class RoutingConfigured:
    """The routing policies, the default first, and the fees in force from here on."""

    policies: tuple[RoutingPolicy, ...]
    fees: tuple[VenueFees, ...] = ()


@value
class VenueHealthChanged:
    """A venue became unfit for routed orders, or is fit again; measured at the edge."""

    venue: VenueName
    fit: bool
    text: str  # by what it was judged


@value
class PriceGapFound:
    """One venue buys for more than another sells for, fees included; measured at the edge."""

    symbol: str  # unified
    bid_venue: VenueName
    bid_px: Decimal
    offer_venue: VenueName
    offer_px: Decimal
    gain_bp: Decimal  # what is left of it after both fees


@value
class LimitsConfigured:
    """What the files say of limits at a start, and what stood when the process before ended."""

    limits: LimitSet
    effective_ns: int | None = None  # as the files say
    standing: StandingLimits = field(default_factory=StandingLimits)
    dealt: tuple[Dealt, ...] = ()


@value
class SessionConnection:
    """A client logged on, or its connection ended."""

    session: SessionName
    connected: bool
    # Whether its open orders are to be canceled when the connection ends; None: not known.
    cancel_on_disconnect: bool | None = None


@value
class Stopping:
    """The gateway is about to stop in an orderly way: it takes no new orders from here on."""

    text: str  # for clients
    cancels: bool = False  # open orders too, and not only what comes


@value
class Ticked:
    """Time went by. Given only while something waits for it."""


@value
class PricesSeen:
    """Prices that move or set off a stop order that we hold. Given only when they do."""

    quotes: tuple[Quote, ...]


@value
class PositionsDue:
    """Somebody is to be told of positions that changed. Given only when somebody is."""

    quotes: tuple[Quote, ...] = ()  # what they are worth


# --- what operations say ----------------------------------------------------------------


@value
class KillSwitchTurned:
    """Cancel every open order that is covered, and refuse new ones until it is off again."""

    coverage: Coverage
    on: bool
    person: str
    reason: str


@value
class CancelAllOrdered:
    """Cancel every open order that is covered, once."""

    coverage: Coverage
    person: str
    reason: str


@value
class SessionBarred:
    """A session may not log on, or may again."""

    session: SessionName
    barred: bool
    person: str
    reason: str


@value
class OrderQueried:
    """Ask the venue again what became of an order."""

    order_id: OrderID
    person: str
    reason: str


@value
class OrderForceCanceled:
    """Cancel an order at its venue whatever else is under way."""

    order_id: OrderID
    person: str
    reason: str


@unique
class Resolution(Enum):
    """What a person knows to have become of an order."""

    CANCELED = "canceled"
    REJECTED = "rejected"
    FILLED = "filled"  # by last_qty at last_px; what is left is canceled


@value
class OrderResolved:
    """An order is over because a person says so, having asked the venue."""

    order_id: OrderID
    resolution: Resolution
    person: str
    reason: str
    last_qty: Decimal | None = None
    last_px: Decimal | None = None


@value
class NumbersReset:
    """A session goes on from other sequence numbers; None: as they are."""

    session: SessionName
    next_sender: int | None
    next_target: int | None
    detail: str
    person: str
    reason: str


@value
class Noticed:
    """Something at the edge that a person should look at: a venue that is down, a late journal."""

    subject: str
    about: str
    text: str


@value
class ClockChecked:
    """How far this machine's clock may be off, by its own system (control 31)."""

    offset_us: int | None  # from the reference; None: it has none
    error_us: int | None  # the most that the offset may be off
    stepped_us: int  # by how much it was put forward or back within the last second
    offset_max_us: int  # beyond this it is an alert

    @property
    def is_off(self) -> bool:
        """Whether somebody must be told."""
        return max(abs(self.offset_us or 0), abs(self.stepped_us)) > self.offset_max_us


@value
class StuckFound:
    """Orders whose state has been uncertain for too long; each is found once."""

    orders: tuple[tuple[OrderID, str], ...]  # and what is uncertain


@value
class LimitsGiven:
    """A person wants other limits."""

    limits: LimitSet
    effective_ns: int | None  # not before then
    person: str
    reason: str
    dealt: tuple[Dealt, ...] = ()


@value
class LimitsAgreed:
    """A second person agrees to the limits that wait for one."""

    person: str
    reason: str


@value
class LimitsDropped:
    """The limits that wait for a person or for their time are not wanted any more."""

    person: str
    reason: str


@value
class SessionReleased:
    """A session that was paused may send orders again (control 6)."""

    session: SessionName
    person: str
    reason: str


@value
class OperatorNoted:
    """A person did something that the core has no part in."""

    action: str
    subject: str
    detail: str
    person: str
    reason: str


OperatorCommand = (
    KillSwitchTurned
    | CancelAllOrdered
    | SessionBarred
    | OrderQueried
    | OrderForceCanceled
    | OrderResolved
    | NumbersReset
    | LimitsGiven
    | LimitsAgreed
    | LimitsDropped
    | SessionReleased
    | OperatorNoted
)


@value
class TradesFound:
    """Some of the recorded trades that were asked for, or why none are told."""

    request: TradeRequest
    total: int = 0  # all that fit
    first: int = 0  # how many were told before
    trades: tuple[RecordedTrade, ...] = ()
    failure: str | None = None


@value
class MessageNotTaken:
    """A message that an earlier process refused (380=4), and that its client sends again."""

    session: SessionName
    ref_seq_num: int
    ref_msg_type: str
    ref_id: str | None = None


@value
class ReportsMissed:
    """Reports that a client never got and cannot ask for: its numbers began again at 1."""

    session: SessionName
    texts: tuple[str, ...]  # FIX messages; the core passes them on and does not look into them


Input = (
    ClientCommand
    | VenueInput
    | Started
    | SessionsConfigured
    | VenueConfigured
    | RoutingConfigured
    | VenueHealthChanged
    | PriceGapFound
    | LimitsConfigured
    | SessionConnection
    | Stopping
    | Ticked
    | PricesSeen
    | PositionsDue
    | OperatorCommand
    | StuckFound
    | Noticed
    | ClockChecked
    | TradesFound
    | MessageNotTaken
    | ReportsMissed
)
