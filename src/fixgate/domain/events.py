"""What Fixgate decided: facts, in the past tense, never altered.

Here: one frozen dataclass per kind of event, and Event, their union.
Not here: what caused them (inputs), what they do to an order (lifecycle).
"""

from decimal import Decimal

from fixgate.domain.balance import Balance, Differences, Suspicion
from fixgate.domain.frozen import value
from fixgate.domain.ids import (
    ClOrdID,
    ExecID,
    OrderID,
    SessionName,
    TradeID,
    VenueName,
    VenueOrderID,
)
from fixgate.domain.instruments import Instrument, VenueProfile
from fixgate.domain.limits import Dealt, LimitChange, LimitStep
from fixgate.domain.listings import Listings
from fixgate.domain.lists import ListOrderStatus, ListStatusType, Member
from fixgate.domain.market import Book
from fixgate.domain.operations import Kill
from fixgate.domain.order import (
    Closing,
    Echo,
    Execution,
    Held,
    MassStatus,
    Order,
    RefusedOrder,
    Request,
    Terms,
    UsedID,
    Withdrawal,
)
from fixgate.domain.position import Position
from fixgate.domain.position_request import PositionRequest
from fixgate.domain.routing import Choice, RoutingPolicy, VenueFees
from fixgate.domain.sessions import SessionRules
from fixgate.domain.trades import RecordedTrade, TradeRequest
from fixgate.domain.values import (
    BusinessRejectReason,
    CxlRejResponseTo,
    ExecType,
    MassCancelRejectReason,
    PosReqResult,
    RefusalReason,
    RestatementReason,
    TradeRequestResult,
)


@value
class OrderReceived:
    """An order passed our checks and is ours to work: Pending New."""

    order: Order
    exec_id: ExecID


@value
class OrderRefused:
    """A NewOrderSingle failed our checks; no venue hears of it."""

    refused: RefusedOrder
    exec_id: ExecID


@value
class DuplicateRefused:
    """A NewOrderSingle whose ClOrdID is taken (matrix F.1.a). The first order is untouched."""

    refused: RefusedOrder
    exec_id: ExecID


@value
class OrderRecalled:
    """An order that memory no longer held was loaded again, because an input names it."""

    order: Order | None = None
    refused: RefusedOrder | None = None
    executions: tuple[Execution, ...] = ()
    cl_ord_ids: tuple[ClOrdID, ...] = ()
    used: UsedID | None = None


@value
class OrderRouted:
    """The intent to submit leg ``leg`` of ``qty`` to the order's venue."""

    order_id: OrderID
    leg: int
    qty: Decimal
    terms: Terms  # the order's own, or those of the replace that this leg carries out


@value
class RoutingDecided:
    """What a leg of a routed order is divided into, and why; or why no venue can take it."""

    order_id: OrderID
    leg: int
    qty: Decimal
    policy: str
    choices: tuple[Choice, ...]  # of each venue, the chosen ones first
    books: tuple[Book, ...] = ()  # the side that it could trade with, as far as it was looked at
    refusal: str | None = None


@value
class OrderAcknowledged:
    """The venue works the order: New."""

    order_id: OrderID
    exec_id: ExecID
    venue_order_id: VenueOrderID | None


@value
class LegAcknowledged:
    """The venue works a later leg of the order; its replace completes with it."""

    order_id: OrderID
    venue_order_id: VenueOrderID | None


@value
class OrderRejected:
    """The venue refused the order, or the order never reached it."""

    order_id: OrderID
    exec_id: ExecID
    reason: RefusalReason
    text: str


@value
class Traded:
    """A trade at the venue. ``execution.exec_id`` is the report's ExecID."""

    order_id: OrderID
    execution: Execution
    fee: Decimal | None = None
    fee_currency: str | None = None
    maker: bool | None = None
    at_ns: int | None = None  # when we heard of it, where a limit goes by that (control 6)


@value
class TradeCorrected:
    """The venue changed the quantity or price of a trade it had reported (150=G)."""

    order_id: OrderID
    execution: Execution
    exec_ref_id: ExecID
    fee: Decimal | None = None  # taken with it, or below zero given back
    fee_currency: str | None = None


@value
class TradeBusted:
    """The venue took back a trade it had reported (150=H)."""

    order_id: OrderID
    trade_id: TradeID
    exec_id: ExecID
    exec_ref_id: ExecID
    fee: Decimal | None = None  # taken with it, or below zero given back
    fee_currency: str | None = None


@value
class RequestReceived:
    """A cancel or replace request joined the order's open requests."""

    order_id: OrderID
    request: Request


@value
class RequestPended:
    """The client is told that its request is being worked on: Pending Cancel or Replace."""

    order_id: OrderID
    cl_ord_id: ClOrdID
    exec_id: ExecID


@value
class CancelSent:
    """The intent to cancel the working leg, for a request or (``cl_ord_id`` None) our own."""

    order_id: OrderID
    cl_ord_id: ClOrdID | None


@value
class ReplaceSent:
    """The intent to change the working leg in one call to ``qty`` and ``terms``."""

    order_id: OrderID
    cl_ord_id: ClOrdID
    qty: Decimal  # of the leg, what it has traded included
    terms: Terms


@value
class RequestReturned:
    """The outcome of a request's call was settled as not done; it goes back to waiting."""

    order_id: OrderID
    cl_ord_id: ClOrdID


@value
class CancelDenied:
    """The venue refused a cancel of an order that we think works; it is asked why first.

    The same for a replace that was sent again, for its first try may have been carried out.
    """

    order_id: OrderID
    cl_ord_id: ClOrdID
    text: str


@value
class RequestRefused:
    """A request on a known order is answered with OrderCancelReject (9)."""

    order_id: OrderID
    cl_ord_id: ClOrdID
    response_to: CxlRejResponseTo
    reason: RefusalReason
    text: str
    at_once: bool = False  # it never was an open request; its ClOrdID may be another's


@value
class UnknownOrderRefused:
    """A request names an order we do not know: 9 with 37=NONE, 39=8, 102=1 (B.1.f)."""

    session: SessionName
    cl_ord_id: ClOrdID
    orig_cl_ord_id: ClOrdID
    response_to: CxlRejResponseTo
    refused: RefusedOrder | None = None  # it is known after all, but never worked


@value
class OrderReplaced:
    """A replace took effect; its ClOrdID is now the order's."""

    order_id: OrderID
    exec_id: ExecID
    cl_ord_id: ClOrdID
    terms: Terms
    venue_order_id: VenueOrderID | None = None
    held: Held | None = None  # what we do for it from now on


@value
class ClosingNoted:
    """The venue ended the leg, but its trades must reach us before we report the end."""

    order_id: OrderID
    closing: Closing


@value
class OrderClosed:
    """The order ended unfilled or part-filled: canceled, expired or done for the day."""

    order_id: OrderID
    exec_id: ExecID
    exec_type: ExecType
    cl_ord_id: ClOrdID | None = None  # of the cancel request that this answers
    restatement: RestatementReason | None = None
    text: str | None = None


@value
class OrderRestated:
    """The venue changed the order on its own (150=D)."""

    order_id: OrderID
    exec_id: ExecID
    terms: Terms
    restatement: RestatementReason
    text: str | None = None


@value
class OrderTriggered:
    """A stop order became active (150=L)."""

    order_id: OrderID
    exec_id: ExecID


@value
class OrderHeld:
    """A stop order waits with us for its price, because its venue has no such orders: New."""

    order_id: OrderID
    exec_id: ExecID


@value
class OrderCalled:
    """The price of a stop order came, which others of its list at the venue stand in the way of."""

    order_id: OrderID


@value
class StopMoved:
    """A trailing stop that we hold followed the market."""

    order_id: OrderID
    stop_px: Decimal


@value
class QuerySent:
    """The intent to ask the venue what became of the order's working leg."""

    order_id: OrderID
    cl_ord_id: ClOrdID | None = None  # the open request whose outcome is in doubt


@value
class OrderSettled:
    """An order that an earlier process left open is as the venue says it is."""

    order_id: OrderID


@value
class ReportOwedAgain:
    """A report goes out once more, because its number was reset before it was sent."""

    session: SessionName
    text: str


@value
class StatusReported:
    """The answer to an OrderStatusRequest on a known order (150=I)."""

    exec_id: ExecID
    order_id: OrderID | None = None
    refused: RefusedOrder | None = None
    ord_status_req_id: str | None = None


@value
class UnknownStatusReported:
    """The answer to an OrderStatusRequest on an unknown order (G.1.a)."""

    session: SessionName
    cl_ord_id: ClOrdID
    exec_id: ExecID
    echo: tuple[tuple[int, str], ...]
    ord_status_req_id: str | None = None


@value
class Affected:
    """An order that a mass cancel is about."""

    cl_ord_id: ClOrdID
    order_id: OrderID
    venue_order_id: VenueOrderID | None = None


@value
class MassCancelTaken:
    """Every order that an OrderMassCancelRequest is about is to be canceled (531 as 530)."""

    used: UsedID
    request_type: str
    total: int
    affected: tuple[Affected, ...]  # the first of them
    echo: Echo = ()


@value
class MassCancelRefused:
    """An OrderMassCancelRequest is not served (531=0); its ClOrdID stays free."""

    session: SessionName
    cl_ord_id: ClOrdID
    request_id: OrderID  # ours for the request
    request_type: str
    reason: MassCancelRejectReason
    text: str
    echo: Echo = ()


@value
class MassStatusReported:
    """One of the answers to an OrderMassStatusRequest."""

    order_id: OrderID
    exec_id: ExecID
    mass_status: MassStatus


@value
class EmptyMassStatusReported:
    """The answer to an OrderMassStatusRequest that no open order, or nothing at all, fits."""

    session: SessionName
    exec_id: ExecID
    mass_status: MassStatus
    reason: RefusalReason
    text: str
    echo: Echo = ()


@value
class PositionRequestAnswered:
    """A RequestForPositions is acknowledged or refused (AO)."""

    session: SessionName
    request: PositionRequest
    rpt_id: ExecID  # tag 721; it is unique as an ExecID is
    result: PosReqResult
    total: int = 0
    text: str | None = None


@value
class PositionShown:
    """A position is reported to who asked for it (AP)."""

    session: SessionName
    req_id: str
    rpt_id: ExecID
    position: Position
    px: Decimal | None  # what the market says it is worth; None: nothing is known
    total: int
    subscribed: bool = False  # more of it will follow
    update: bool = False  # it has changed, and nobody asked just now


@value
class PositionsSubscribed:
    """A client is told of these accounts' positions as they change."""

    request: PositionRequest
    accounts: tuple[str, ...]


@value
class PositionsUnsubscribed:
    """It is not any more."""

    session: SessionName
    req_id: str


@value
class PositionsTold:
    """How far a subscription was told, and when it is next told something at the earliest."""

    session: SessionName
    req_id: str
    through: int
    next_ns: int


@value
class PositionUpdatesTold:
    """Subscriptions were told what had changed."""

    told: tuple[PositionsTold, ...]


@value
class TradesWanted:
    """The intent to look up recorded trades; what is found comes as an input."""

    request: TradeRequest


@value
class TradeRequestAnswered:
    """A TradeCaptureReportRequest is acknowledged or refused (AQ)."""

    request: TradeRequest
    result: TradeRequestResult
    total: int = 0
    text: str | None = None


@value
class TradeReported:
    """One trade that was asked for (AE)."""

    session: SessionName
    req_id: str
    trade: RecordedTrade
    total: int
    last: bool


@value
class SecuritiesListed:
    """A part of the answer to a SecurityListRequest, or to a SecurityDefinitionRequest."""

    session: SessionName
    definitions: bool
    part: Listings


@value
class NewsTold:
    """A session is told of something that is about no order of its own (B)."""

    session: SessionName
    headline: str
    lines: tuple[str, ...]
    urgent: bool = False


@value
class SessionPresenceSet:
    """A client is logged on, or not."""

    session: SessionName
    present: bool


@value
class OrderReleased:
    """An order that waited for another of its list is sent to its venue, or waits for its price."""

    order_id: OrderID
    exec_id: ExecID
    held: Held


@value
class ListStatusReported:
    """What became of a list, or how it stands (N)."""

    session: SessionName
    list_id: str
    status_type: ListStatusType
    order_status: ListOrderStatus
    members: tuple[Member, ...]
    text: str | None = None


@value
class MessageRejected:
    """A message broke a field rule the engine does not check: Reject (3)."""

    session: SessionName
    ref_seq_num: int
    ref_msg_type: str
    ref_tag_id: int
    reason: int  # tag 373
    text: str


@value
class BusinessMessageRejected:
    """A message is understood but not served: BusinessMessageReject (j)."""

    session: SessionName
    ref_seq_num: int | None  # None: ``ref_id`` says which
    ref_msg_type: str
    reason: BusinessRejectReason
    text: str
    ref_id: str | None = None
    again: bool = False  # an earlier process may have said it: PossResend


@value
class AlertRaised:
    """Something a person should look at; changes no order."""

    subject: str
    text: str
    order_id: OrderID | None = None
    about: str = ""  # a venue, a session: the same again about it is no news for a while


@value
class BalancesSet:
    """What a venue account holds of these assets, by the venue's word."""

    venue: VenueName
    balances: tuple[Balance, ...]


@value
class DifferenceSuspected:
    """A venue's account is not as our trades say, or (None) it is again; nobody is told yet."""

    venue: VenueName
    subject: str  # an asset, or the unified symbol of a derivative
    suspicion: Suspicion | None


@value
class PositionReconciled:
    """The venue holds ``qty`` more (or less) than our trades say, and the venue is right."""

    venue: VenueName
    account: str | None
    symbol: str
    qty: Decimal
    px: Decimal


@value
class LimitsChanged:
    """A change of the limits has come so far."""

    step: LimitStep
    change: LimitChange
    day_ends_ns: int  # when what was traded today is counted from nothing again
    dealt: tuple[Dealt, ...] = ()
    again: bool = False  # said at a start, and on record already


@value
class DayBegan:
    """What was traded is counted from nothing, until then."""

    day_ends_ns: int


@value
class SessionPaused:
    """A session sends no more orders until a person releases it (control 6)."""

    session: SessionName
    text: str


@value
class PauseEnded:
    """A person released a session."""

    session: SessionName


@value
class StopBegan:
    """From here on new orders are not taken (380=4)."""

    text: str


@value
class GatewayStarted:
    """A new process took over: memory starts with the open orders only."""

    epoch: str
    open_orders: int
    kills: tuple[Kill, ...] = ()
    disabled: tuple[SessionName, ...] = ()
    paused: tuple[tuple[SessionName, str], ...] = ()
    refused: tuple[SessionName, ...] = ()


@value
class SessionsSet:
    """The client sessions and their rules, replacing the earlier ones."""

    sessions: tuple[SessionRules, ...]
    aliases: tuple[tuple[str, str], ...] = ()


@value
class VenueSet:
    """A venue's capability table."""

    profile: VenueProfile
    differences: Differences = Differences.ADOPT


@value
class RoutingSet:
    """The routing policies, the default first, and the fees, replacing the earlier ones."""

    policies: tuple[RoutingPolicy, ...]
    fees: tuple[VenueFees, ...] = ()


@value
class VenueHealthSet:
    """Whether routed orders may go to a venue, as far as its health is concerned."""

    venue: VenueName
    fit: bool
    text: str


@value
class PriceGapDetected:
    """One venue buys for more than another sells for, fees included."""

    symbol: str
    bid_venue: VenueName
    bid_px: Decimal
    offer_venue: VenueName
    offer_px: Decimal
    gain_bp: Decimal


@value
class InstrumentsSet:
    """Instruments of a venue, added or changed; ``removed`` holds unified symbols."""

    venue: VenueName
    instruments: tuple[Instrument, ...]
    removed: tuple[str, ...] = ()


@value
class VenueConnectionSet:
    """A venue can be reached, or not."""

    venue: VenueName
    up: bool
    text: str = ""


@value
class OperatorActed:
    """Who did what, and why (control 29)."""

    action: str
    subject: str
    detail: str
    person: str
    reason: str


@value
class CommandRefused:
    """A person's command cannot be carried out."""

    text: str


@value
class NumbersSet:
    """A session goes on from other sequence numbers; None: as they are."""

    session: SessionName
    next_sender: int | None
    next_target: int | None


@value
class KillSwitchSet:
    """A kill switch is on, or off again."""

    kill: Kill
    on: bool


@value
class SessionBarSet:
    """A session may not log on, or may again."""

    session: SessionName
    barred: bool


@value
class WithdrawalOrdered:
    """An order is to be canceled by us: nobody's request, and it lasts until the order is over."""

    order_id: OrderID
    withdrawal: Withdrawal


@value
class WithdrawalReturned:
    """The call did not do it; it is made again, not before ``again_ns``."""

    order_id: OrderID
    again_ns: int


@value
class CancelOnDisconnectSet:
    """Whether a session's open orders are canceled when its connection ends."""

    session: SessionName
    on: bool


@value
class SessionLeft:
    """A session's connection ended; what is to be canceled then is, at ``cancel_at_ns``."""

    session: SessionName
    cancel_at_ns: int


@value
class SessionReturned:
    """The session is back in time, or its time is up: nothing waits for it any more."""

    session: SessionName


Event = (
    OrderReceived
    | OrderRefused
    | DuplicateRefused
    | OrderRecalled
    | OrderRouted
    | RoutingDecided
    | OrderAcknowledged
    | LegAcknowledged
    | OrderRejected
    | Traded
    | TradeCorrected
    | TradeBusted
    | RequestReceived
    | RequestPended
    | CancelSent
    | ReplaceSent
    | RequestReturned
    | CancelDenied
    | RequestRefused
    | UnknownOrderRefused
    | OrderReplaced
    | ClosingNoted
    | OrderClosed
    | OrderRestated
    | OrderTriggered
    | OrderHeld
    | OrderCalled
    | StopMoved
    | QuerySent
    | OrderSettled
    | ReportOwedAgain
    | StatusReported
    | UnknownStatusReported
    | MassCancelTaken
    | MassCancelRefused
    | MassStatusReported
    | EmptyMassStatusReported
    | TradesWanted
    | PositionRequestAnswered
    | PositionShown
    | PositionsSubscribed
    | PositionsUnsubscribed
    | PositionUpdatesTold
    | TradeRequestAnswered
    | TradeReported
    | SecuritiesListed
    | NewsTold
    | OrderReleased
    | ListStatusReported
    | SessionPresenceSet
    | MessageRejected
    | BusinessMessageRejected
    | LimitsChanged
    | DayBegan
    | SessionPaused
    | PauseEnded
    | StopBegan
    | AlertRaised
    | BalancesSet
    | DifferenceSuspected
    | PositionReconciled
    | GatewayStarted
    | SessionsSet
    | VenueSet
    | RoutingSet
    | VenueHealthSet
    | PriceGapDetected
    | InstrumentsSet
    | VenueConnectionSet
    | OperatorActed
    | CommandRefused
    | NumbersSet
    | KillSwitchSet
    | SessionBarSet
    | WithdrawalOrdered
    | WithdrawalReturned
    | CancelOnDisconnectSet
    | SessionLeft
    | SessionReturned
)
