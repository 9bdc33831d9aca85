"""One order as Fixgate knows it.

Here: Instruction and Terms (what the client asked), Request (an open cancel or replace),
Execution, Order and RefusedOrder, and the quantities that follow from them.
Not here: how an order moves (lifecycle), who decides (decide), FIX syntax.
"""

from decimal import Decimal
from enum import Enum, unique
from typing import Final

from fixgate.domain.errors import require
from fixgate.domain.extras import Extras
from fixgate.domain.frozen import value
from fixgate.domain.ids import (
    ORDER_ID_LENGTH,
    ClOrdID,
    ExecID,
    OrderID,
    SessionName,
    TradeID,
    VenueClOrdID,
    VenueName,
    VenueOrderID,
    venue_cl_ord_id,
)
from fixgate.domain.lists import Membership
from fixgate.domain.rounding import ZERO, avg_px
from fixgate.domain.values import (
    CxlRejResponseTo,
    ExecType,
    OrdStatus,
    OrdType,
    RefusalReason,
    RestatementReason,
    Side,
    TimeInForce,
)

Echo = tuple[tuple[int, str], ...]
"""Fields a report repeats as the client sent them: (tag, value), ascending by tag.

The value of a repeating group's count has the group behind it, as in the message.
"""
SYMBOL: Final = 55
CLIENT_ID: Final = 109
NO_PARTY_IDS: Final = 453


@value
class Instruction:
    """What an order is about; never changes during its life."""

    session: SessionName
    venue: VenueName
    symbol: str  # unified; the client's own spelling of 55 is in ``echo``
    venue_symbol: str  # the venue's own
    side: Side
    account: str | None = None
    echo: Echo = ()
    # ExecInst (18) Q: canceled when the session's connection ends; H: not; None: as the session.
    on_disconnect: bool | None = None


@value
class Terms:
    """What the client may change with an OrderCancelReplaceRequest. Base-quantity units."""

    order_qty: Decimal
    ord_type: OrdType
    time_in_force: TimeInForce
    price: Decimal | None = None
    stop_px: Decimal | None = None
    expire_at_ns: int | None = None  # GTD: from ExpireTime (126) or the end of ExpireDate (432)
    post_only: bool = False  # ExecInst (18) contains 6, participate don't initiate
    extras: Extras | None = None  # None: a plain order


@unique
class RequestPhase(Enum):
    """How far an open request has come."""

    WAITING = "waiting"  # for its turn, or for the venue's acknowledgement of the order
    SENT = "sent"  # one call does it: a cancel, or a native replace
    CANCELING = "canceling"  # replace by cancel-then-new: the working leg is being canceled
    SUBMITTING = "submitting"  # replace by cancel-then-new: the next leg is being sent


@value
class Request:
    """An OrderCancelRequest (``terms`` is None) or OrderCancelReplaceRequest not yet answered."""

    cl_ord_id: ClOrdID
    terms: Terms | None = None
    echo: Echo = ()  # the replacing message's own echo fields
    phase: RequestPhase = RequestPhase.WAITING
    pended: bool = False  # the client was told Pending Cancel or Pending Replace
    doubtful: bool = False  # its call has no answer; the venue was asked what became of it
    attempts: int = 0  # calls that turned out not to have been carried out
    denial: str | None = None  # the venue refused it; what it says of the order is awaited
    mass: bool = False  # of an OrderMassCancelRequest: its ClOrdID does not become the order's
    # A replace of ours, under the order's own ClOrdID: its quantity follows that of another.
    own: bool = False

    @property
    def is_cancel(self) -> bool:
        """Whether it asks for a cancel."""
        return self.terms is None

    @property
    def response_to(self) -> CxlRejResponseTo:
        """Tag 434 of its refusal."""
        return CxlRejResponseTo.CANCEL if self.is_cancel else CxlRejResponseTo.REPLACE


@value
class Closing:
    """The venue ended a leg, but trades it counted have not reached us yet."""

    exec_type: ExecType
    leg_cum_qty: Decimal
    text: str | None = None
    restatement: RestatementReason | None = None


@value
class Withdrawal:
    """Our own cancel of an order that no client asked for: it lasts until the order is over."""

    text: str  # for the client, in Text (58)
    restatement: RestatementReason
    expires: bool = False  # because its time has come: the order ends expired
    sent: bool = False  # its call is out
    forced: bool = False  # by a person: at once, whatever else is under way
    attempts: int = 0  # calls that did not do it
    again_ns: int = 0  # not before then


@unique
class HoldPhase(Enum):
    """Where an order stands that waits with us for its price."""

    LISTED = "listed"  # it is at no venue yet: another order of its list comes first
    WAITING = "waiting"  # it is at no venue yet
    CALLED = "called"  # its price came; first, what else its list has at the venue must be over
    SENT = "sent"  # its price came; the venue has not answered yet
    WORKED = "worked"  # the venue has it


_AT_NO_VENUE: Final = (HoldPhase.LISTED, HoldPhase.WAITING, HoldPhase.CALLED)


@value
class Held:
    """What the gateway does for an order because its venue cannot."""

    phase: HoldPhase | None = None  # of a stop order that waits with us; None: it does not
    expire_at_ns: int | None = None  # we end it then


@value
class Execution:
    """One trade of an order, as last corrected; a quantity of zero: it was busted."""

    exec_id: ExecID
    trade_id: TradeID
    leg: int
    last_qty: Decimal
    last_px: Decimal


TERMINAL: Final = frozenset(
    {
        OrdStatus.FILLED,
        OrdStatus.CANCELED,
        OrdStatus.REJECTED,
        OrdStatus.EXPIRED,
        OrdStatus.DONE_FOR_DAY,
    }
)


@value
class Order:
    """An order that Fixgate accepted, and where it stands."""

    order_id: OrderID
    instruction: Instruction
    terms: Terms
    cl_ord_id: ClOrdID  # of the last accepted request
    stage: OrdStatus = OrdStatus.PENDING_NEW
    cum_qty: Decimal = ZERO
    notional: Decimal = ZERO  # sum of LastQty * LastPx, exact
    requests: tuple[Request, ...] = ()  # in the order they came
    leg: int = 0  # which venue order of ours is working
    leg_qty: Decimal = ZERO  # what that leg was sent for, or what the venue made of it
    leg_base_qty: Decimal = ZERO  # the part of CumQty that other legs have traded
    venue_order_id: VenueOrderID | None = None
    closing: Closing | None = None
    triggered: bool = False  # the working leg is a stop order that became active
    received_at_ns: int = 0  # when the client's order came
    # The reference price when it was taken, where a limit goes by its value; None: none does.
    valued_px: Decimal | None = None
    withdrawn: Withdrawal | None = None
    # A part of a routed order: the leg of that order it works for. No client hears of a part.
    part_of: VenueClOrdID | None = None
    held: Held | None = None  # None: its venue does everything
    member: Membership | None = None  # of a NewOrderList

    def __post_init__(self) -> None:
        """Check what holds for every order, whatever happened to it."""
        require(self.cum_qty >= ZERO, "CumQty below zero")
        if self.cum_qty > self.terms.order_qty:
            # FIX gives no status for an overfill; the gateway never causes one, a venue may.
            require(self.is_terminal, "CumQty above OrderQty of a working order")

    @property
    def is_terminal(self) -> bool:
        """Whether its stage is final."""
        return self.stage in TERMINAL

    @property
    def waits(self) -> bool:
        """Whether it is at no venue: we hold it until its price or its turn comes."""
        return self.held is not None and self.held.phase in _AT_NO_VENUE

    @property
    def is_listed(self) -> bool:
        """Whether it waits for another order of its list."""
        return self.held is not None and self.held.phase is HoldPhase.LISTED

    @property
    def awaits_price(self) -> bool:
        """Whether it waits with us for its price."""
        return self.held is not None and self.held.phase is HoldPhase.WAITING

    @property
    def is_called(self) -> bool:
        """Whether its price came, and it waits for others of its list to be over."""
        return self.held is not None and self.held.phase is HoldPhase.CALLED

    @property
    def protects(self) -> bool:
        """Whether it protects what another order has traded (20003, 20004)."""
        return self.member is not None and self.member.protects

    @property
    def has_gone_off(self) -> bool:
        """Whether it is a stop order that waited with us, and its price came.

        An order of a list may have waited for its turn only.
        """
        phase = None if self.held is None else self.held.phase
        if phase in (HoldPhase.SENT, HoldPhase.WORKED):
            return self.triggered or self.member is None
        return phase is HoldPhase.CALLED

    @property
    def is_unanswered(self) -> bool:
        """Whether it was sent to its venue, which has not said that it has it."""
        if self.stage is OrdStatus.PENDING_NEW:
            return True
        return self.held is not None and self.held.phase is HoldPhase.SENT and not self.is_terminal

    @property
    def is_over(self) -> bool:
        """Whether it is terminal and every request of the client's on it is answered."""
        return self.stage in TERMINAL and not self.requests

    @property
    def leaves_qty(self) -> Decimal:
        """LeavesQty (151): OrderQty - CumQty while it works, 0 once it is terminal."""
        return ZERO if self.is_terminal else self.terms.order_qty - self.cum_qty

    @property
    def avg_px(self) -> Decimal:
        """AvgPx (6), rounded only here."""
        return avg_px(self.notional, self.cum_qty)

    @property
    def ord_status(self) -> OrdStatus:
        """Tag 39. An open cancel or replace request outranks the stage (FIX Appendix D).

        Except after an end that nobody here asked for: the client must see that it is over.
        """
        if not self.requests or (self.is_terminal and self.stage is not OrdStatus.FILLED):
            return self.stage
        pended = [each for each in self.requests if each.pended]
        if any(each.is_cancel for each in pended):
            return OrdStatus.PENDING_CANCEL
        return OrdStatus.PENDING_REPLACE if pended else self.stage

    @property
    def leg_cum_qty(self) -> Decimal:
        """What the working leg has traded, as far as we know."""
        return self.cum_qty - self.leg_base_qty

    @property
    def awaits_trades(self) -> bool:
        """Whether the venue ended the working leg with trades that have not reached us."""
        return self.closing is not None and self.leg_cum_qty < self.closing.leg_cum_qty

    @property
    def venue_cl_ord_id(self) -> VenueClOrdID:
        """Our id of the working leg at the venue."""
        return venue_cl_ord_id(self.order_id, self.leg)

    @property
    def parties(self) -> frozenset[str]:
        """Whom it names: ClientID (109), and each PartyID (448) of its Parties (453)."""
        echo = dict(self.instruction.echo)
        named = [echo[CLIENT_ID]] if CLIENT_ID in echo else []
        members = (each.partition("=") for each in echo.get(NO_PARTY_IDS, "").split("\x01"))
        return frozenset((*named, *(value for tag, _, value in members if tag == "448")))

    @property
    def parent(self) -> OrderID | None:
        """The routed order that this is a part of."""
        return None if self.part_of is None else OrderID(self.part_of[:ORDER_ID_LENGTH])

    def request(self, cl_ord_id: ClOrdID) -> Request | None:
        """The open request with that ClOrdID."""
        return next((each for each in self.requests if each.cl_ord_id == cl_ord_id), None)


@value
class MassStatus:
    """Which answer to which OrderMassStatusRequest a report is."""

    req_id: str  # tag 584
    total: int  # tag 911
    last: bool  # tag 912


@value
class UsedID:
    """A ClOrdID that is used up by a request that is no order: a mass cancel."""

    session: SessionName
    cl_ord_id: ClOrdID
    order_id: OrderID  # ours for the request


@value
class RefusedOrder:
    """A NewOrderSingle that Fixgate refused. It never worked; its ClOrdID is used up."""

    order_id: OrderID
    session: SessionName
    cl_ord_id: ClOrdID
    reason: RefusalReason
    text: str
    echo: Echo = ()
    account: str | None = None
    side: Side | None = None  # None: as in ``echo``
    terms: Terms | None = None  # None: as in ``echo``
