"""What Fixgate tells a client, in the core's words.

Here: the four messages the core sends.
Not here: tags and versions (adapters/fix), which event leads to which report (decide/reporting).
"""

from decimal import Decimal

from fixgate.domain.events import Affected
from fixgate.domain.frozen import value
from fixgate.domain.ids import ClOrdID, ExecID, OrderID, SessionName, TradeID, VenueOrderID
from fixgate.domain.listings import Listings
from fixgate.domain.lists import ListOrderStatus, ListStatusType, Member
from fixgate.domain.order import Echo, MassStatus, Terms
from fixgate.domain.position import Position
from fixgate.domain.position_request import PositionRequest
from fixgate.domain.rounding import ZERO
from fixgate.domain.trades import RecordedTrade, TradeRequest
from fixgate.domain.values import (
    BusinessRejectReason,
    CxlRejResponseTo,
    ExecType,
    MassCancelRejectReason,
    OrdStatus,
    PosReqResult,
    RefusalReason,
    RestatementReason,
    Side,
    TradeRequestResult,
)


@value
class LastFill:
    """The trade an ExecutionReport is about."""

    last_qty: Decimal
    last_px: Decimal
    last_mkt: str
    trade_id: TradeID
    maker: bool | None = None
    leg: int = 0  # for the record; not on the wire


@value
class ExecutionReport:
    """35=8. ``side`` and ``terms`` are None where only the client's own words are known."""

    session: SessionName
    order_id: OrderID | None  # None: 37=NONE, the order is unknown
    exec_id: ExecID
    exec_type: ExecType
    ord_status: OrdStatus
    cl_ord_id: ClOrdID
    echo: Echo
    orig_cl_ord_id: ClOrdID | None = None
    account: str | None = None
    side: Side | None = None
    terms: Terms | None = None
    cum_qty: Decimal = ZERO
    leaves_qty: Decimal = ZERO
    avg_px: Decimal = ZERO
    last: LastFill | None = None
    refusal: RefusalReason | None = None
    restatement: RestatementReason | None = None
    exec_ref_id: ExecID | None = None
    venue_order_id: VenueOrderID | None = None
    ord_status_req_id: str | None = None
    working: bool | None = None  # WorkingIndicator (636), of orders that Fixgate holds or held
    text: str | None = None


@value
class MassStatusReport(ExecutionReport):
    """35=8 as an answer to an OrderMassStatusRequest."""

    mass_status: MassStatus


@value
class OrderMassCancelReport:
    """35=r."""

    session: SessionName
    cl_ord_id: ClOrdID
    order_id: OrderID  # ours for the request
    request_type: str
    echo: Echo
    affected: tuple[Affected, ...] = ()
    total: int = 0
    refusal: MassCancelRejectReason | None = None
    text: str | None = None


@value
class TradeRequestAck:
    """35=AQ."""

    session: SessionName
    request: TradeRequest
    result: TradeRequestResult
    total: int = 0
    text: str | None = None


@value
class TradeCaptureReport:
    """35=AE."""

    session: SessionName
    req_id: str
    trade: RecordedTrade
    total: int
    last: bool


@value
class RequestForPositionsAck:
    """35=AO."""

    session: SessionName
    request: PositionRequest
    rpt_id: ExecID
    result: PosReqResult
    total: int
    text: str | None = None


@value
class PositionReport:
    """35=AP."""

    session: SessionName
    req_id: str
    rpt_id: ExecID
    position: Position
    px: Decimal | None
    total: int
    subscribed: bool = False
    update: bool = False


@value
class SecurityList:
    """35=y."""

    session: SessionName
    part: Listings


@value
class SecurityDefinition:
    """35=d."""

    session: SessionName
    part: Listings


@value
class News:
    """35=B."""

    session: SessionName
    headline: str
    lines: tuple[str, ...]
    urgent: bool


@value
class ListStatus:
    """35=N."""

    session: SessionName
    list_id: str
    status_type: ListStatusType
    order_status: ListOrderStatus
    members: tuple[Member, ...]
    text: str | None = None


@value
class OrderCancelReject:
    """35=9."""

    session: SessionName
    order_id: OrderID | None
    cl_ord_id: ClOrdID
    orig_cl_ord_id: ClOrdID
    ord_status: OrdStatus
    response_to: CxlRejResponseTo
    refusal: RefusalReason
    account: str | None = None
    text: str | None = None


@value
class Reject:
    """35=3."""

    session: SessionName
    ref_seq_num: int
    ref_msg_type: str
    ref_tag_id: int
    reason: int
    text: str


@value
class BusinessMessageReject:
    """35=j."""

    session: SessionName
    ref_seq_num: int | None
    ref_msg_type: str
    reason: BusinessRejectReason
    text: str
    ref_id: str | None = None
    again: bool = False  # PossResend (97): it may have been said before


@value
class SentAgain:
    """A message that was promised under a number that is void now. Same ExecID, PossResend (97)."""

    session: SessionName
    text: str  # as it was promised


@value
class DropCopy:
    """An independent copy of a client's ExecutionReport (control 20). Same ExecID."""

    session: SessionName  # whose drop copy it is
    report: ExecutionReport  # as its client gets it


Report = (
    ExecutionReport
    | OrderCancelReject
    | OrderMassCancelReport
    | TradeRequestAck
    | TradeCaptureReport
    | RequestForPositionsAck
    | PositionReport
    | SecurityList
    | SecurityDefinition
    | News
    | ListStatus
    | Reject
    | BusinessMessageReject
    | SentAgain
    | DropCopy
)
