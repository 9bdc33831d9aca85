"""Lists of orders: one cancels the other, one triggers the other, brackets.

Here: taking a list whole or not at all, what follows when one of its orders trades or ends, and
requests about a list as a whole. Each order of a list is an order like any other otherwise.
Not here: orders that follow what another trades (protecting); how an order of a list is taken and
released (listing).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from fixgate.decide.limits import new_day
from fixgate.decide.listing import cancel, release, resize, take
from fixgate.decide.new_order import admitted
from fixgate.decide.protecting import protect, unprotected
from fixgate.decide.stopping import not_taken
from fixgate.decide.turn import Turn
from fixgate.decide.withdrawing import withdraw
from fixgate.domain import events as e
from fixgate.domain.errors import Refusal
from fixgate.domain.frozen import changed
from fixgate.domain.ids import SessionName
from fixgate.domain.inputs import ListRequest, NewOrderList, NewOrderSingle
from fixgate.domain.lists import (
    Contingency,
    ListOrderStatus,
    ListStatusType,
    Member,
    Membership,
)
from fixgate.domain.order import Order, Withdrawal
from fixgate.domain.routing import SMART
from fixgate.domain.state import ListKey, State
from fixgate.domain.values import (
    BusinessRejectReason,
    OrdStatus,
    RestatementReason,
)
from fixgate.domain.values import RefusalReason as R
from fixgate.risk.admission import RiskApproved
from fixgate.risk.protection import first_name

CarryOut = Callable[[Iterator[e.Event]], Iterator[e.Event]]

_ALL_OR_NONE: Final = "Another order of the list was refused"
_ASKED: Final = Withdrawal(
    text="Canceled with its list, by ListCancelRequest", restatement=RestatementReason.OTHER
)


def new_list(turn: Turn, message: NewOrderList) -> Iterator[e.Event]:
    """All of its orders are taken, or none. Matrix F.1.b: of a known list, its status is told."""
    known = turn.state.members((message.session, message.list_id))
    if known and any(each.poss_resend for each in message.orders):
        yield _standing(message.session, message.list_id, known)
        return
    if turn.state.stopping is not None:
        yield not_taken(message, turn.state.stopping)
        return
    yield from new_day(turn)
    verdicts = [_verdict(turn, message, each) for each in message.orders]
    text = message.fault or _list_fault(turn.state, message, verdicts)
    approved = [each for each in verdicts if isinstance(each, RiskApproved)]
    if text is not None or len(approved) < len(verdicts):
        yield _refused(message, verdicts, text)
        return
    ids = tuple(turn.part_id() for _ in message.orders)
    yield e.ListStatusReported(
        session=message.session,
        list_id=message.list_id,
        status_type=ListStatusType.ACK,
        order_status=ListOrderStatus.RECEIVED,
        members=tuple(
            Member(
                cl_ord_id=each.cl_ord_id,
                ord_status=OrdStatus.PENDING_NEW,
                leaves_qty=verdict.terms.order_qty,
            )
            for each, verdict in zip(message.orders, approved, strict=True)
        ),
    )
    for seq, (each, verdict) in enumerate(zip(message.orders, approved, strict=True), 1):
        if message.contingency is not None:
            member = Membership(
                list_id=message.list_id, seq=seq, contingency=message.contingency, orders=ids
            )
            yield from take(turn, each.cl_ord_id, verdict, member)


def _verdict(turn: Turn, message: NewOrderList, each: NewOrderSingle) -> RiskApproved | Refusal:
    twice = sum(one.cl_ord_id == each.cl_ord_id for one in message.orders) > 1
    if twice or turn.state.knows(each.session, each.cl_ord_id):
        return Refusal(R.DUPLICATE_ORDER, f"ClOrdID (11) {each.cl_ord_id} was used before")
    extras = None if each.terms is None else each.terms.extras
    if extras is not None and extras.is_protected:
        text = f"{first_name(extras)} is for a single order: a list says itself what follows"
        return Refusal(R.UNSUPPORTED, text)
    return each.fault or admitted(turn, each)


def _list_fault(
    state: State, message: NewOrderList, verdicts: list[RiskApproved | Refusal]
) -> str | None:
    """What is wrong with the list as a whole."""
    if (message.session, message.list_id) in state.lists:
        return f"ListID (66) {message.list_id} was used before"
    orders = [each for each in verdicts if isinstance(each, RiskApproved)]
    places = {(each.instruction.venue, each.instruction.symbol) for each in orders}
    if len(places) > 1:
        return "The orders of a list must have one symbol and one venue"
    triggered = message.contingency is Contingency.ONE_TRIGGERS_OTHER
    if triggered and any(venue == SMART for venue, _ in places):
        return (
            "Orders that are triggered (1385=2) are not routed: what the first trades is at a venue"
        )
    most = orders[0].terms.order_qty if orders else None
    if triggered and most is not None and any(each.terms.order_qty > most for each in orders):
        return "OrderQty (38) of an order that is triggered is above that of the first"
    return None


def _refused(
    message: NewOrderList, verdicts: list[RiskApproved | Refusal], text: str | None
) -> e.ListStatusReported:
    """No order of it exists, and no ClOrdID is used up."""
    return e.ListStatusReported(
        session=message.session,
        list_id=message.list_id,
        status_type=ListStatusType.RESPONSE,
        order_status=ListOrderStatus.REJECT,
        members=tuple(
            Member(
                cl_ord_id=each.cl_ord_id,
                ord_status=OrdStatus.REJECTED,
                refusal=verdict
                if isinstance(verdict, Refusal)
                else Refusal(R.OTHER, text or _ALL_OR_NONE),
            )
            for each, verdict in zip(message.orders, verdicts, strict=True)
        ),
        text=text or _ALL_OR_NONE,
    )


# --- what one order of a list means for the others --------------------------------------


def linked(
    turn: Turn, deciding: Iterator[e.Event], carry_out: CarryOut | None = None
) -> Iterator[e.Event]:
    """The events of ``deciding``, and what follows from them for other orders of their lists.

    carry_out: has what follows carried out where it is about routed orders; None: there are none.
    """
    moved: dict[ListKey, None] = {}
    yield from _watched(turn, deciding, moved)
    while moved:
        key = next(iter(moved))
        del moved[key]
        following = _consequences(turn, key)
        yield from _watched(turn, carry_out(following) if carry_out else following, moved)


def _watched(
    turn: Turn, deciding: Iterator[e.Event], moved: dict[ListKey, None]
) -> Iterator[e.Event]:
    orders = turn.state.orders
    for event in deciding:
        yield event
        order = orders.get(getattr(event, "order_id", None))  # type: ignore[arg-type]
        if order is not None and order.member is not None:
            moved[order.instruction.session, order.member.list_id] = None
            yield from unprotected(order, event)
        elif isinstance(event, e.VenueConnectionSet) and event.up:
            moved |= dict.fromkeys(turn.state.lists)  # what waited for it


def _consequences(turn: Turn, key: ListKey) -> Iterator[e.Event]:
    """Nothing, once all that follows has been done."""
    members = turn.state.members(key)
    first = members[0].member if members else None
    if first is not None and first.follows:
        yield from protect(turn, members)
        return
    others = members
    if first is not None and first.triggers:
        others = members[1:]
        yield from _triggered(turn, members[0], others)
    ends = next((each for each in others if each.cum_qty), None)
    why = "traded"
    if ends is None:
        ends = next((each for each in members if each.stage is OrdStatus.REJECTED), None)
        why = "was rejected"
    if ends is None:
        return
    text = f"Canceled because {ends.cl_ord_id} of its list {why}"
    for each in others:
        if each.order_id != ends.order_id:
            yield from cancel(turn, each, text)


def _triggered(turn: Turn, first: Order, others: list[Order]) -> Iterator[e.Event]:
    """The first order is over: the others work for what it traded, or not at all."""
    if not first.is_terminal:
        return
    text = f"Canceled because {first.cl_ord_id} of its list ended without a trade"
    for each in others:
        if not each.is_listed or each.is_terminal:
            continue
        if first.cum_qty:
            fewer = min(each.terms.order_qty, first.cum_qty)
            yield from resize(turn, each, fewer, f"{first.cl_ord_id} of its list traded no more")
            yield from release(turn, turn.order(each.order_id))
        else:
            yield from cancel(turn, each, text)


# --- requests about a list ---------------------------------------------------------------


def list_request(turn: Turn, message: ListRequest) -> Iterator[e.Event]:
    """ListStatusRequest (M); ListCancelRequest (K)."""
    members = turn.state.members((message.session, message.list_id))
    if not members:
        yield e.BusinessMessageRejected(
            session=message.session,
            ref_seq_num=None,
            ref_msg_type="K" if message.cancels else "M",
            reason=BusinessRejectReason.UNKNOWN_ID,
            text=f"ListID (66) {message.list_id} is not that of a list with open orders",
            ref_id=message.list_id,
        )
        return
    status = _standing(message.session, message.list_id, members)
    working = [each for each in members if not each.is_terminal]
    if message.cancels and working:
        status = changed(status, order_status=ListOrderStatus.CANCELING)
    yield status
    for each in working if message.cancels else ():
        if turn.order(each.order_id).withdrawn is None:
            yield from withdraw(turn, each.order_id, _ASKED)


def _standing(session: SessionName, list_id: str, members: Sequence[Order]) -> e.ListStatusReported:
    over = all(each.is_terminal for each in members)
    return e.ListStatusReported(
        session=session,
        list_id=list_id,
        status_type=ListStatusType.RESPONSE,
        order_status=ListOrderStatus.ALL_DONE if over else ListOrderStatus.EXECUTING,
        members=tuple(_as_member(each) for each in members),
    )


def _as_member(order: Order) -> Member:
    left = order.terms.order_qty - order.cum_qty
    return Member(
        cl_ord_id=order.cl_ord_id,
        ord_status=order.ord_status,
        cum_qty=order.cum_qty,
        leaves_qty=order.leaves_qty,
        cxl_qty=left if order.is_terminal else left - order.leaves_qty,
        avg_px=order.avg_px,
        working=None if order.is_terminal else not order.waits,
    )
